"""What to offer instead of a time that is taken. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from kommutator.domain.salon.booking import Refused, Start
from kommutator.store.salon_bookings import Held

OFFERED = 5
LOOKED_DAYS = 7
"""How far ahead alternatives are looked for."""

TIME_TAKEN = frozenset({Refused.TAKEN, Refused.NOBODY, Refused.OVERLAP})
"""Refusals that another time may cure."""


def without_held(starts: Iterable[Start], held: Sequence[Held]) -> list[Start]:
    """Starts that no wish on its way stands against."""
    return [start for start in starts if not any(_clash(start, one) for one in held)]


def nearest(starts: Iterable[Start], wanted: datetime, staff_id: int) -> list[Start]:
    """Some starts close to the wanted one, in time's order; the wanted employee's come first.

    One start per moment: whoever cares for the employee finds theirs, everybody else any.
    """
    ranked = sorted(
        starts,
        key=lambda start: (
            abs(start.starts_at - wanted) + timedelta(hours=2) * (start.staff_id != staff_id),
            start.starts_at,
            start.staff_id,
        ),
    )
    chosen: dict[datetime, Start] = {}
    for start in ranked:
        chosen.setdefault(start.starts_at, start)
        if len(chosen) == OFFERED:
            break
    return sorted(chosen.values(), key=lambda start: start.starts_at)


def _clash(start: Start, held: Held) -> bool:
    ends_at = start.starts_at + timedelta(seconds=start.seance_s)
    return (
        start.staff_id == held.staff_id
        and start.starts_at < held.ends_at
        and ends_at > held.starts_at
    )
