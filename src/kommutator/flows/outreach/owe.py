"""Wanting messages sent: queued in the caller's transaction, each once for ever."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from kommutator.domain.outreach.hours import Hours, placed
from kommutator.domain.outreach.settings import read_settings
from kommutator.domain.outreach.wanted import REMINDERS, Wanted
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.outreach.recall import recall
from kommutator.kit.clock import Clock

if TYPE_CHECKING:
    from kommutator.store.unit import Unit


class Outreach:
    """What other stories use."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock

    async def owe(
        self, unit: Unit, wanted: Sequence[Wanted], *, again: Collection[str] = ()
    ) -> None:
        """Queue these. What was wanted before under the same `once` stays as it is.

        A reminder whose moment lies in quiet hours gets another one here; if there is none it is
        kept as dropped, with the reason.

        Args:
            again: what was taken back for one of these reasons, before it left, is queued anew.
        """
        known: dict[UUID, tuple[Hours, str]] = {}
        for one in wanted:
            due_at, dropped = one.due_at, None
            if one.kind in REMINDERS:
                if one.salon not in known:
                    known[one.salon] = await _hours(unit, one.enterprise, one.salon)
                moment = self._moment(one, *known[one.salon])
                due_at = moment or one.due_at
                dropped = None if moment else "quiet_hours"
            made = await unit.outreach.add(
                one.enterprise, one, due_at=due_at, now=self._clock.now(), dropped=dropped
            )
            if made is None and again and dropped is None:
                await unit.outreach.revive(one.enterprise, one, due_at=due_at, reasons=again)

    async def drop(self, unit: Unit, enterprise: EnterpriseNumber, about: str, reason: str) -> int:
        """Take back what has not left about something, such as "visit:123"; returns how many.

        `reason`: slug `outreach.reason.<slug>`.
        """
        now = self._clock.now()
        pending = await unit.outreach_tries.pending(enterprise, about=about)
        await recall(unit, pending, now, reason)
        return await unit.outreach.drop(enterprise, about=about, reason=reason, at=now)

    def _moment(self, one: Wanted, hours: Hours, zone_name: str) -> datetime | None:
        return placed(
            one.due_at,
            one.not_after,
            hours,
            zone_name,
            now=self._clock.now(),
            jitter=_spread(one.once),
        )


async def _hours(unit: Unit, number: EnterpriseNumber, salon: UUID) -> tuple[Hours, str]:
    """When people may be written to, and by whose clock."""
    enterprise = await unit.enterprises.get(number)
    zone_name = await zone_of(unit, number, salon, enterprise.time_zone)
    return read_settings(enterprise.settings).hours, zone_name


async def zone_of(unit: Unit, enterprise: EnterpriseNumber, salon: UUID, fallback: str) -> str:
    """The salon's, as its copy has it; else the enterprise's."""
    kept = await unit.salons.get(enterprise, salon)
    return fallback if kept is None else kept.salon.time_zone


def _spread(once: str) -> float:
    """[0, 1), always the same for the same message."""
    return int.from_bytes(hashlib.sha256(once.encode()).digest()[:4]) / 2**32
