"""Facts about the vendor, as data. Source: Avito's OpenAPI, "Мессенджер" and "Авторизация"."""

from __future__ import annotations

from typing import Final

LONGEST: Final = 1000  # characters of a message
PER_MINUTE: Final = 60.0  # until the vendor's header tells; the numbers are not published
MOST_PER_MINUTE: Final = 3000.0  # what a header may tell us at most
BURST: Final = 2
CONCURRENCY: Final = 2
PAGE: Final = 100
UNREAD_PAGES: Final = 3  # of chats looked through in one poll

TOKEN_S: Final = 86_400.0
TOKEN_MARGIN_S: Final = 300.0  # renewed so long before its end
TIMEOUT_S: Final = 10.0
SENDING_S: Final = 30.0  # one attempt: a long text goes in several messages
PAUSE_S: Final = 10.0  # after a 429 that names no pause; doubled for each one after another
LONGEST_PAUSE_S: Final = 600.0
EMPTY_S: Final = 5.0  # how long nothing leaves when the vendor says that nothing is left
