"""Sending what is due: one row at a time, asked again just before, by one process of all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

import structlog

from kommutator.domain.chats import ChatNews
from kommutator.domain.connection import ConnectionKind
from kommutator.domain.message_templates import filled
from kommutator.domain.outcome import Budget
from kommutator.domain.outreach.choice import Option
from kommutator.domain.outreach.ladder import spacing_s
from kommutator.domain.outreach.wanted import OutreachKind, OutreachState
from kommutator.domain.template_message import MessageTemplate
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.chats.speak import Saying, speak
from kommutator.flows.outreach.consents import met
from kommutator.flows.outreach.look import SPACING, Stop, leaves_until, look_at
from kommutator.flows.outreach.ports import Drop, Later, Place, Recheck, Send, SentHearer
from kommutator.kit.clock import Clock
from kommutator.store.outreach import OutreachRow
from kommutator.store.outreach_ways import spacing_key

if TYPE_CHECKING:
    from kommutator.store.database import Database
    from kommutator.store.unit import Unit

_log = structlog.get_logger(__name__)
_TROUBLED: Final = timedelta(minutes=1)
LEASE_S: Final = 60.0
OF_EACH, AT_ONCE = 5, 100
_TENANTS_AT_ONCE: Final = 4


class SendDue:
    """Any number of processes may do rounds.

    Args:
        rechecks: by kind; a kind without one is sent as it was wanted.
        jitter: [0, 1), anew for each call.
        spacing: seconds between two unasked messages of one number, from a jitter.
        on: False: this process sends nothing.
    """

    def __init__(
        self,
        db: Database,
        *,
        rechecks: Mapping[OutreachKind, Recheck],
        sent: Sequence[SentHearer],
        clock: Clock,
        jitter: Callable[[], float],
        spacing: Callable[[float], float] = spacing_s,
        on: bool = True,
    ) -> None:
        self._db = db
        self._rechecks = rechecks
        self._sent = sent
        self._clock = clock
        self._jitter = jitter
        self._spacing = spacing
        self._on = on

    async def round(self, owner: UUID) -> Sequence[tuple[OutreachKind, str]]:
        """Look at what is due; returns what became of each: its kind, and a word for it."""
        if not self._on:
            return []
        async with self._db.single() as unit:
            rows = await unit.outreach.claim_everywhere(
                owner, self._clock.now(), lease_s=LEASE_S, of_each=OF_EACH, limit=AT_ONCE
            )
        tenants: dict[EnterpriseNumber, list[OutreachRow]] = {}
        for row in rows:
            tenants.setdefault(row.enterprise, []).append(row)
        few = asyncio.Semaphore(_TENANTS_AT_ONCE)
        looks = (self._tenant(mine, owner, few) for mine in tenants.values())
        return [one for results in await asyncio.gather(*looks) for one in results]

    async def _tenant(
        self, rows: Sequence[OutreachRow], owner: UUID, few: asyncio.Semaphore
    ) -> Sequence[tuple[OutreachKind, str]]:
        """One after the other: they draw on the same numbers."""
        async with few:
            return [(row.kind, await self._guarded(row, owner)) for row in rows]

    async def _guarded(self, row: OutreachRow, owner: UUID) -> str:
        """A row that cannot be looked at holds up no other."""
        try:
            return await self._one(row, owner)
        except Exception as error:  # noqa: BLE001  the database or a vendor was away: ask again
            _log.warning("outreach.row_failed", outreach=row.id, error=repr(error))
        async with self._db.single() as unit:
            at = self._clock.now() + _TROUBLED
            await unit.outreach.postpone(row.enterprise, row.id, at, "troubled")
        return "troubled"

    async def _one(self, row: OutreachRow, owner: UUID) -> str:
        """Look, ask whoever wanted it, and look again with the tenant's other rows locked out."""
        async with self._db.unit() as unit:
            held = await unit.outreach.held(row.enterprise, row.id, owner)
            if held is None:
                return "taken_back"
            look = await look_at(unit, held, self._clock.now())
            if isinstance(look, Stop):
                return await self._stop(unit, held, look)
        verdict = await self._asked(row)
        async with self._db.unit() as unit:
            await unit.outreach.lock(row.enterprise)
            held = await unit.outreach.held(row.enterprise, row.id, owner)
            if held is None:
                return "taken_back"
            if isinstance(verdict, Stop):
                return await self._stop(unit, held, verdict)
            look = await self._reserved(unit, held)
            if isinstance(look, Stop):
                return await self._stop(unit, held, look)
            return await self._send(unit, held, look, verdict)

    async def _asked(self, row: OutreachRow) -> Send | Stop:
        asked = self._rechecks.get(row.kind)
        if asked is None:
            return Send()
        async with self._db.unit() as unit:
            verdict = await asked(unit, row)
        match verdict:
            case Drop(reason):
                return Stop(OutreachState.DROPPED, reason, self._clock.now())
            case Later(at, reason):
                return Stop(None, reason, at)
        return verdict

    async def _reserved(self, unit: Unit, row: OutreachRow) -> Option | Stop:
        """A way, and a moment of its number that is nobody else's."""
        now = self._clock.now()
        look = await look_at(unit, row, now)
        if isinstance(look, Stop) or look.kind is not ConnectionKind.WHATSAPP:
            return look
        rate = 1 / self._spacing(self._jitter())
        budget = Budget(spacing_key(look.connection_id), rate)
        draw = await unit.budgets.take_everywhere([budget], horizon=0.0)
        return look if draw.granted else Stop(None, SPACING, now + timedelta(seconds=draw.wait))

    async def _stop(self, unit: Unit, row: OutreachRow, stop: Stop) -> str:
        if stop.state is None:
            at = max(stop.at, self._clock.now() + timedelta(seconds=1))
            if stop.reason == SPACING:  # those who wait for one number do not all ask at once
                at += timedelta(seconds=self._jitter() * self._spacing(self._jitter()))
            await unit.outreach.postpone(row.enterprise, row.id, at, stop.reason)
            return stop.reason or "later"
        await unit.outreach.settle(row.enterprise, row.id, stop.state, stop.reason, stop.at)
        return stop.state.value

    async def _send(self, unit: Unit, row: OutreachRow, way: Option, said: Send) -> str:
        now, text = self._clock.now(), said.text or row.text
        if not way.opened and await self._opened(unit, row, way, now):
            return OutreachState.DROPPED.value
        tried = await unit.outreach_tries.add(
            row.enterprise, row.id, way.connection_id, kind=way.kind.value, chat_id=way.chat_id,
            is_new=way.is_new, at=now,
        )  # fmt: skip
        saying = Saying(
            way.connection_id,
            way.kind,
            way.chat_id,
            text,
            once=f"outreach:{row.id}:{tried}",
            about=row.about,
            not_after=await leaves_until(unit, row, now),
            said_by="bot",
            template=_template(row, way, text, now),
        )
        (owed,) = await speak(unit, row.enterprise, [saying])
        await unit.outreach_tries.owed(row.enterprise, tried, owed)
        await unit.outreach.owed(row.enterprise, row.id, text)
        place = Place(way.connection_id, way.kind, way.chat_id)
        for hear in self._sent:
            await hear(unit, row, place, said.about or (row.about,))
        return "owed"

    async def _opened(self, unit: Unit, row: OutreachRow, way: Option, now: datetime) -> bool:
        """The chat, before its first message; True: its person turns out to want none."""
        chat = ChatNews(way.chat_id, title=row.client_name, phone=row.phone)
        kept = await unit.chats.keep(row.enterprise, way.connection_id, chat)
        where = (row.enterprise, way.connection_id, kept.chat_id)
        return kept.met and await met(unit, *where, now)


def _template(row: OutreachRow, way: Option, text: str, now: datetime) -> MessageTemplate | None:
    """Our text in a frame that was approved, where free text may not go."""
    if way.template is None or not way.needs_template(now):
        return None
    return filled(way.template, client=row.client_name, text=text)
