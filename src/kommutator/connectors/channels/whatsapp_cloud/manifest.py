"""Facts about the vendor, as data.

Source: developers.facebook.com, WhatsApp Business Platform: "Throughput", "Messages", "Webhooks",
"Message templates" (read in 2026), and contract messaging §1.7.
"""

from __future__ import annotations

import re
from typing import Final

LONGEST: Final = 4096  # characters of a text message
NUMBER_PER_SECOND: Final = 73.0  # 80 are allowed in any second, and answers bunch on their way
NUMBER_AT_ONCE: Final = 2
PAIR_PER_SECOND: Final = 1 / 6.0
PAIR_AT_ONCE: Final = 3  # more are let through at once, but held against the next minutes
CONCURRENCY: Final = 16
FIELDS: Final = ("messages", "smb_message_echoes")
USER_ID: Final = re.compile(r"[A-Z]{2}\.[A-Za-z0-9.]{1,130}")
"""Somebody who goes by a username and shows no phone; everybody else is named by digits."""
OBJECT_ID: Final = re.compile(r"[0-9]{5,32}")

TIMEOUT_S: Final = 10.0
SENDING_S: Final = 30.0  # one attempt: a long text goes in several messages
PAUSE_S: Final = 5.0  # after a refusal for pace; doubled for each one after another
LONGEST_PAUSE_S: Final = 600.0
PAGE: Final = 100
