"""Facts about the vendor, as data.

Sources: [D] the vendor's developer documentation, [K] Kommo's mirror of it, [R] a note of 2026
that quotes the live pages, [I#n] an issue of the official SDK.
"""

from __future__ import annotations

import re
from typing import Final

# --- hosts [D, K] --------------------------------------------------------------------------
HOSTS: Final = re.compile(r"[a-z0-9-]+\.(?:amocrm\.ru|amocrm\.com|kommo\.com)")
AUTHORIZE: Final = "https://www.amocrm.ru/oauth"
"""The consent screen; accounts of Kommo have it at www.kommo.com."""

# --- limits --------------------------------------------------------------------------------
PER_SECOND: Final = 7.0  # per integration and account [D]
ACCOUNT_PER_SECOND: Final = 50.0  # per account, all integrations together [R]
KOMMO_HOSTS: Final = (".kommo.com", ".amocrm.com")  # limits per IP address [K]
PACE: Final = 7.07
"""What the budget is told. The store takes 95 % of it: 6.7165 a second, 148.9 ms apart, so the
eighth request leaves 1,042 ms after the first, and no second holds eight of them unless the first
was 42 ms later on its way than the eighth; who leaves late says so and delays the others. Still
0.959 of what the vendor allows."""
LATE_MS: Final = 15.0
"""A request that left so long after its turn (a connection was made first) delays the others."""
ACCOUNT_PACE: Final = 47.0
ACCOUNT_AT_ONCE: Final = 2
PAUSE_S: Final = 60.0  # after a 429 that names no pause; doubled for each one after another
LONGEST_PAUSE_S: Final = 900.0
BLOCKED_S: Final = 300.0  # between two probes of an account that is blocked for its limits
CONCURRENCY: Final = 4  # requests at once per account
LIST_SHARE: Final = 0.2  # of the pace, for reading whole lists beside the calls

# --- sizes [D, K] --------------------------------------------------------------------------
PAGE: Final = 250
EVENTS_PAGE: Final = 100
EVENT_ENTITIES: Final = 10  # ids in one filter of /events
BATCH: Final = 50  # recommended
MAX_BATCH: Final = 250
MAX_PAGES: Final = 4000  # a list that never ends is the vendor's bug, not a reason to hang

# --- words [D] -----------------------------------------------------------------------------
WON: Final = 142  # the same ids in every pipeline
LOST: Final = 143
INCOMING_TYPE: Final = 1  # of a stage: the tray
COMPARED: Final = 10  # digits, from the end, by which the vendor takes two numbers for one
UNFOUND: Final = 263  # error of an item of /calls whose number nobody has
TASK_CALL: Final = 1
ACCESS_S: Final = 86_400
DISPOSABLE_S: Final = 30 * 60

OAUTH_TIMEOUT_S: Final = 15.0  # below the lock of whoever refreshes
TIMEOUT_S: Final = 10.0
BULK_TIMEOUT_S: Final = 30.0

HOOK_SETTINGS: Final = (
    "add_lead",
    "update_lead",
    "status_lead",
    "responsible_lead",
)
"""What requirement 003 subscribes; more by the connection's setting."""
COPY_SETTINGS: Final = (
    "delete_lead",
    "restore_lead",
    "add_contact",
    "update_contact",
    "delete_contact",
    "restore_contact",
    "responsible_contact",
    "add_company",
    "update_company",
    "delete_company",
    "restore_company",
    "responsible_company",
)
"""What keeps the local copy fresh."""
