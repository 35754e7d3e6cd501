"""Names of time zones, as people and vendors write them."""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

_FALLBACK = "Europe/Moscow"


def is_zone(name: str) -> bool:
    """Whether the IANA database has a zone of this name."""
    return name in zone_names()


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """All of them."""
    # Reading the database walks some 600 files: once per process, not once per request.
    return frozenset(available_timezones())


def zone(name: str) -> ZoneInfo:
    """The zone; an unknown name must not take pages down, so Moscow's stands in for it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(_FALLBACK)
