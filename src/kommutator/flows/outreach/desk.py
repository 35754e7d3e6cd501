"""Unasked messages for people and integrators: rules, the log, the kill switch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from kommutator.domain.connection import CHANNELS, ConnectionKind
from kommutator.domain.outreach.hours import day_began
from kommutator.domain.outreach.ladder import Caps, caps_on, day_of
from kommutator.domain.outreach.settings import (
    KEY,
    OutreachSettings,
    checked_settings,
    dump_settings,
    read_settings,
)
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Permission
from kommutator.flows.outreach.consents import Consents
from kommutator.flows.outreach.recall import recall
from kommutator.kit.clock import Clock
from kommutator.kit.errors import NotFound
from kommutator.store.enterprises import Enterprise
from kommutator.store.outreach import OutreachRow
from kommutator.store.outreach_pauses import Pause, PauseEverywhere
from kommutator.store.outreach_tries import TryRow

if TYPE_CHECKING:
    from kommutator.store.database import Database
    from kommutator.store.unit import Unit


@dataclass(frozen=True, slots=True)
class Logged:
    """A message and every messenger that it was given to."""

    row: OutreachRow
    tries: Sequence[TryRow]


@dataclass(frozen=True, slots=True)
class NumberStanding:
    """What a linked number did today, and may do, unasked; see `domain/outreach/ladder.py`."""

    connection_id: UUID
    name: str
    phone: str | None
    linked_day: int
    sent: int
    per_day: int
    new: int
    new_per_day: int


@dataclass(frozen=True, slots=True)
class Standing:
    """The rules, what is paused now, and how far each linked number's allowance goes."""

    settings: OutreachSettings
    pauses: Sequence[Pause]
    numbers: Sequence[NumberStanding]


class OutreachDesk:
    """The service behind the API, the console and the command line."""

    def __init__(self, db: Database, consents: Consents, *, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self.consents = consents

    async def standing(self, enterprise: EnterpriseNumber) -> Standing:
        async with self._db.unit() as unit:
            tenant = await unit.enterprises.get(enterprise)
            settings = read_settings(tenant.settings)
            pauses = await unit.outreach_pauses.of(enterprise)
            numbers = await self._numbers(unit, tenant, settings.caps)
        return Standing(settings, pauses, numbers)

    async def _numbers(
        self, unit: Unit, tenant: Enterprise, caps: Caps
    ) -> Sequence[NumberStanding]:
        now, zone_name = self._clock.now(), tenant.time_zone
        linked = {
            one.id: one
            for one in await unit.connections.list(tenant.number)
            if one.kind is ConnectionKind.WHATSAPP
        }
        stand = await unit.outreach_ways.standing(
            tenant.number, linked, day_began=day_began(now, zone_name)
        )
        found = []
        for connection_id, record in linked.items():
            number = stand[connection_id]
            day = day_of(number.linked_at, now, zone_name)
            today = caps_on(day, caps)
            found.append(
                NumberStanding(
                    connection_id,
                    record.name,
                    f"+{record.account_key}" if record.account_key else None,
                    day,
                    number.sent,
                    today.per_day,
                    number.new,
                    today.new_per_day,
                )
            )
        return found

    async def save(
        self, actor: Actor, enterprise: EnterpriseNumber, given: Mapping[str, Any]
    ) -> Standing:
        """What is not given becomes the default. Raises InvalidInput: see `checked_settings`."""
        actor.demand(Permission.CONFIGURE, enterprise)
        settings = checked_settings(given)
        async with self._db.unit() as unit:
            await unit.enterprises.update(enterprise, settings={KEY: dump_settings(settings)})
            await unit.audit.add(
                enterprise, actor=actor.name, action="outreach.settings", detail={"on": settings.on}
            )
        return await self.standing(enterprise)

    async def log(
        self,
        enterprise: EnterpriseNumber,
        *,
        before: int | None = None,
        state: str | None = None,
        phone: str | None = None,
        limit: int = 50,
    ) -> Sequence[Logged]:
        """Newest first."""
        async with self._db.unit() as unit:
            rows = await unit.outreach.page(
                enterprise, before=before, state=state, phone=phone, limit=limit
            )
            tries = await unit.outreach_tries.of(enterprise, [row.id for row in rows])
        return [Logged(row, tries.get(row.id, ())) for row in rows]

    async def pause(
        self, actor: Actor, enterprise: EnterpriseNumber, connection_id: UUID | None = None
    ) -> Standing:
        """Nothing unasked leaves any more, by this number or at all; what is owed is taken back.

        Raises NotFound: `connection_not_found`.
        """
        actor.demand(Permission.CONFIGURE, enterprise)
        now = self._clock.now()
        async with self._db.unit() as unit:
            await _check(unit, enterprise, connection_id)
            paused = await unit.outreach_pauses.pause(
                enterprise, connection_id, reason="by_hand", by=actor.name, at=now
            )
            pending = await unit.outreach_tries.pending(enterprise, connection_id)
            await recall(unit, pending, now, "paused")
            if paused:
                await _audit(unit, actor, enterprise, "outreach.pause", connection_id)
        return await self.standing(enterprise)

    async def resume(
        self, actor: Actor, enterprise: EnterpriseNumber, connection_id: UUID | None = None
    ) -> Standing:
        """Raises NotFound: `connection_not_found`."""
        actor.demand(Permission.CONFIGURE, enterprise)
        async with self._db.unit() as unit:
            await _check(unit, enterprise, connection_id)
            at = self._clock.now()
            if await unit.outreach_pauses.resume(enterprise, connection_id, at=at):
                await _audit(unit, actor, enterprise, "outreach.resume", connection_id)
        return await self.standing(enterprise)

    async def pause_everywhere(self, by: str) -> int:
        """For whoever runs the house: stop all of it; returns how many were taken back."""
        now = self._clock.now()
        async with self._db.unit() as unit:
            await unit.outreach_pauses.pause_everywhere(by=by, at=now)
            return await recall(unit, await unit.outreach_tries.pending_everywhere(), now, "paused")

    async def resume_everywhere(self) -> None:
        """What single enterprises paused stays paused."""
        async with self._db.unit() as unit:
            await unit.outreach_pauses.resume_everywhere(at=self._clock.now())

    async def pauses_everywhere(self) -> Sequence[PauseEverywhere]:
        async with self._db.single() as unit:
            return await unit.outreach_pauses.list_everywhere()

    async def waiting_everywhere(self) -> Mapping[str, int]:
        """How many wait, by kind."""
        async with self._db.single() as unit:
            return dict(await unit.outreach.waiting_everywhere())


async def _check(unit: Unit, enterprise: EnterpriseNumber, connection_id: UUID | None) -> None:
    if connection_id is None:
        return
    stored = await unit.connections.get(enterprise, connection_id)
    if stored.kind not in CHANNELS:
        raise NotFound("connection_not_found")


async def _audit(
    unit: Unit,
    actor: Actor,
    enterprise: EnterpriseNumber,
    action: str,
    connection_id: UUID | None,
) -> None:
    target = None if connection_id is None else str(connection_id)
    await unit.audit.add(enterprise, actor=actor.name, action=action, target=target)
