"""One reminder for all visits of a day: which of their messages goes out, and what it names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from kommutator.domain.connection import Account
from kommutator.domain.remind.plan import to_come, together
from kommutator.domain.salon.facts import Visit
from kommutator.flows.outreach.ports import Drop, Later
from kommutator.flows.remind.plan import once
from kommutator.flows.salon.shelf import SalonShelf
from kommutator.kit.clock import Clock

if TYPE_CHECKING:
    from kommutator.store.outreach import OutreachRow
    from kommutator.store.unit import Unit

TOGETHER: Final = "told_together"
_LOOK_AGAIN: Final = timedelta(minutes=1)


class TellTogether:
    """The first visit whose own message still waits speaks for all; the others wait for it.

    Only what a message named is left out afterwards: if the first one is taken back meanwhile,
    the next one speaks.
    """

    def __init__(self, shelf: SalonShelf, *, clock: Clock) -> None:
        self._shelf = shelf
        self._clock = clock

    async def __call__(
        self, unit: Unit, row: OutreachRow, account: Account, visit: Visit
    ) -> Sequence[Visit] | Drop | Later:
        """What this row is to name, in order of time."""
        that_day = await self._that_day(unit, account, visit)
        told = await unit.questions.named(
            account.enterprise, account.connection_id, [one.id for one in that_day],
            kind=row.kind.value, other_than=row.id,
        )  # fmt: skip
        if (visit.id, visit.starts_at) in told:
            return Drop(TOGETHER)
        left = [one for one in that_day if (one.id, one.starts_at) not in told]
        named = together(visit, left, row.kind)
        keys = {one.id: once(account.connection_id, one, row.kind) for one in named}
        waiting = await unit.outreach.queued(account.enterprise, list(keys.values()))
        first = next(one for one in named if one.id == visit.id or keys[one.id] in waiting)
        if first.id == visit.id:
            return named
        return Later(max(waiting[keys[first.id]], self._clock.now()) + _LOOK_AGAIN)

    async def _that_day(self, unit: Unit, account: Account, visit: Visit) -> Sequence[Visit]:
        """All visits of this client on that day that are still to come."""
        assert visit.client_phone is not None
        mine = await unit.salon_visits.of_phone(
            account.enterprise, account.connection_id, visit.client_phone, limit=50
        )
        now, day = await self._shelf.now(account), visit.starts_at.date()
        coming = [one for one in mine if to_come(one) and one.starts_at > now]
        found = {one.id: one for one in coming if one.starts_at.date() == day}
        return list({**found, visit.id: visit}.values())
