"""How much a linked WhatsApp number may write unasked, from its first day on. Pure.

Contract messaging §5: a fresh link begins with 20 a day and grows over two weeks; people who never
wrote are counted apart, 15 to 40 of them a day have been reported as enough for a restriction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from kommutator.kit.zones import zone

SPACING_S: Final = (30.0, 60.0)
"""Between two unasked messages of one number; anew for each, within these."""

_DAY, _ALL, _NEW = 0, 1, 2
LADDER: Final = (
    # from day, messages, of these to people who never wrote
    (0, 20, 3),
    (1, 25, 4),
    (2, 30, 5),
    (3, 40, 6),
    (5, 55, 7),
    (7, 75, 8),
    (10, 110, 10),
    (12, 150, 12),
)
GROWN_UP: Final = 14
"""Days after which only the tenant's own caps hold."""


class Caps(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A day's messages of one number, and of these to people who never wrote."""

    per_day: int = 200
    new_per_day: int = 12


@dataclass(frozen=True, slots=True)
class Used:
    """What a number wrote unasked today."""

    sent: int = 0
    new: int = 0


def caps_on(day: int, caps: Caps) -> Caps:
    """What holds on this day since the number was linked, counted from 0."""
    if day >= GROWN_UP:
        return caps
    step = [one for one in LADDER if one[_DAY] <= max(0, day)][-1]
    return Caps(min(step[_ALL], caps.per_day), min(step[_NEW], caps.new_per_day))


def day_of(linked_at: datetime, now: datetime, zone_name: str) -> int:
    """Days since a number was linked, by the calendar there; 0 on the first."""
    there = zone(zone_name)
    return (now.astimezone(there).date() - linked_at.astimezone(there).date()).days


def exceeded(used: Used, caps: Caps, *, is_new: bool) -> str | None:
    """Why one more is too many today, slug; None: it is not."""
    if used.sent >= caps.per_day:
        return "day_cap"
    return "new_cap" if is_new and used.new >= caps.new_per_day else None


def spacing_s(jitter: float) -> float:
    """Seconds until the next one. `jitter`: [0, 1)."""
    least, most = SPACING_S
    return least + (most - least) * jitter
