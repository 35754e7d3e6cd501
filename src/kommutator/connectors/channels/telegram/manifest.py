"""Facts about the vendor, as data. Source: core.telegram.org/bots/api and /bots/faq."""

from __future__ import annotations

import re
from typing import Final

TOKEN: Final = re.compile(r"([0-9]{5,15}):[A-Za-z0-9_-]{30,60}")
"""The number before the colon is the bot's id."""

BOT_PER_SECOND: Final = 28.0  # about 30 allowed over all chats
CHAT_PER_SECOND: Final = 1.0
CHAT_AT_ONCE: Final = 2  # "short bursts" are let through
GROUP_PER_SECOND: Final = 20 / 60
CONCURRENCY: Final = 8  # different chats at once
LONGEST: Final = 4096  # characters of a message
UPDATES: Final = ("message", "my_chat_member")
UPDATES_AT_ONCE: Final = 100
WEBHOOK_CONNECTIONS: Final = 20

TIMEOUT_S: Final = 10.0
SENDING_S: Final = 30.0  # one attempt: a long text goes in several messages, a second apart
PAUSE_S: Final = 5.0  # after a 429 that names no pause; doubled for each one after another
LONGEST_PAUSE_S: Final = 300.0
