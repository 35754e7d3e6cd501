"""Facts about the vendor, as data.

Sources: [RD] the vendor's developer site, [AP] its blueprint, [AL] Altegio's pages, [SA] its
support articles, [L] public clients that ran against the live API.
"""

from __future__ import annotations

from typing import Final

# --- addresses [RD, AL] --------------------------------------------------------------------
API: Final = "https://api.yclients.com/api/v1"
MARKETPLACE: Final = "https://api.yclients.com/marketplace"  # without /api/v1
ACCEPT: Final = "application/vnd.yclients.v2+json"

# --- limits: "200 requests per minute or 5 per second per IP" [RD, AL] ----------------------
PER_SECOND: Final = 5.0
PER_MINUTE: Final = 200
SECOND_PACE: Final = 5.05
"""What the budget is told. The store takes 95 % of it: 4.7975 a second, 208.4 ms apart, so the
sixth request leaves 1,042 ms after the first, and no second holds six of them unless the first
was 42 ms later on its way than the sixth. 0.959 of what the vendor allows."""
MINUTE_PACE: Final = 3.3158
MINUTE_AT_ONCE: Final = 9
"""Likewise: 3.15 a second and nine more after a quiet time, 198 in any minute at most, 189 in
each under load."""
BACKGROUND_PACE: Final = 2.0
"""For copying whole salons: 60 % of a minute's allowance, the rest is for people who wait."""
LIST_SHARE: Final = 0.2  # of the pace, for reading whole lists of people beside the calls
LATE_MS: Final = 15.0
"""A request that left so long after its turn (a connection was made first) delays the others."""
PAUSE_S: Final = 15.0
"""After a 429 that names no pause; doubled for each one after another. What the vendor really
does is nowhere written; a quarter of the longer of its two windows."""
LONGEST_PAUSE_S: Final = 300.0

# --- sizes ---------------------------------------------------------------------------------
RECORDS_PAGE: Final = 200  # samples show 50, [AP] says 300 works
CLIENTS_PAGE: Final = 200  # of clients/search [RD]
SALONS_PAGE: Final = 1000  # of the marketplace's list [RD]
CALLS_PAGE: Final = 1000  # of voip/integration/calls [RD]
MOST_HOOKS: Final = 10  # unique addresses of one salon [AP]
MAX_PAGES: Final = 1000  # a list that never ends is the vendor's bug, not a reason to hang

TIMEOUT_S: Final = 10.0
BULK_TIMEOUT_S: Final = 30.0
CONCURRENCY: Final = 4  # requests at once per salon

# --- words ---------------------------------------------------------------------------------
HOOK_KINDS: Final = ("salon", "service_category", "service", "master", "client", "record")
"""What we subscribe; Altegio has `schedule` on top."""
HOOK_KINDS_ALTEGIO: Final = ("schedule",)
VENDOR_HOSTS: Final = ("yclients.com", "alteg.io")
"""With their subdomains: who may be told our partner token."""
