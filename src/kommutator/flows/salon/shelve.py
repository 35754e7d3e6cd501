"""Putting visits into the copy, and telling whoever wants to hear what became of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from kommutator.domain.connection import Account
from kommutator.domain.salon.changes import VisitChange
from kommutator.domain.salon.copy import Part, change_of
from kommutator.domain.salon.facts import Visit
from kommutator.flows.salon.news import HearVisits
from kommutator.flows.salon.source import local
from kommutator.kit.errors import NotFound
from kommutator.store.unit import Unit

NOTICES_COME_IN = timedelta(minutes=2)
"""A change that is older, and of which nobody told, is one whose notice was lost."""


@dataclass(frozen=True, slots=True)
class Shelved:
    """What became of some visits.

    Attributes:
        changes: what people would notice.
        unheard: rows that differ though nobody had told of them in time.
    """

    changes: Sequence[VisitChange]
    unheard: int


class ShelveVisits:
    """The only one who writes visits: so each difference is seen, and told once.

    `hearers` are called in the order given, inside the transaction that keeps the visits.
    """

    def __init__(self, hearers: Sequence[HearVisits]) -> None:
        self._hearers = tuple(hearers)

    async def __call__(
        self,
        unit: Unit,
        account: Account,
        visits: Sequence[Visit],
        *,
        gone: Collection[int] = (),
        read_at: datetime,
    ) -> Shelved:
        """Keep what was asked for at `read_at`; of those `gone` the vendor knows nothing more.

        Raises NotFound: `salon_not_read`: nothing is known of the salon yet.
        """
        enterprise, connection_id = account.enterprise, account.connection_id
        await unit.salons.lock(enterprise, connection_id)
        kept = await unit.salons.get(enterprise, connection_id)
        if kept is None:
            raise NotFound("salon_not_read")
        told = {visit.id: replace(visit, token=None) for visit in visits}
        known = await unit.salon_visits.some(enterprise, connection_id, [*told, *gone])
        told |= {
            one: replace(known[one].visit, deleted=True)
            for one in gone
            if one in known and one not in told
        }
        newer = [
            visit
            for one, visit in sorted(told.items())
            if one not in known or known[one].read_at <= read_at
        ]
        before = {one.id: known[one.id].visit for one in newer if one.id in known}
        await unit.salon_visits.save(enterprise, connection_id, newer, read_at=read_at)
        await unit.salon_days.recount(
            enterprise, connection_id, _touched([*newer, *before.values()])
        )
        differ = [visit for visit in newer if before.get(visit.id) != _seen(visit)]
        if differ:
            unit.visits_changed(connection_id)
        pending = await unit.salon_wanted.among(
            enterprise, connection_id, Part.VISITS, [visit.id for visit in differ]
        )
        now = local(read_at, kept.salon)
        found = (
            change_of(before.get(visit.id), visit, kept.state, at=read_at, local=now)
            for visit in differ
        )
        changes = [change for change in found if change is not None]
        if changes:
            for hear in self._hearers:
                await hear(unit, account, kept.salon, changes)
        old = read_at - NOTICES_COME_IN
        late = [
            visit
            for visit in differ
            if visit.id not in pending and (visit.changed_at is None or visit.changed_at < old)
        ]
        return Shelved(changes, len(late))


def _seen(visit: Visit) -> Visit:
    """As the copy gives it back."""
    return replace(visit, raw={}, starts_at=visit.starts_at.replace(tzinfo=None))


def _touched(visits: Sequence[Visit]) -> set[tuple[date, int]]:
    """(day, employee) whose busy hours may be others now."""
    touched: set[tuple[date, int]] = set()
    for visit in visits:
        last = visit.starts_at + timedelta(seconds=max(visit.seance_s + visit.break_s - 1, 0))
        for days in range((last.date() - visit.starts_at.date()).days + 1):
            touched.add((visit.starts_at.date() + timedelta(days=days), visit.staff_id))
    return touched
