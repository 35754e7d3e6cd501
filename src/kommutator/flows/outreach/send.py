"""Sending what is due: one row at a time, asked again just before, by one process of all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

import structlog

from kommutator.domain.chats import ChatNews
from kommutator.domain.connection import ConnectionKind
from kommutator.domain.outcome import Budget
from kommutator.domain.outreach.choice import Option
from kommutator.domain.outreach.ladder import spacing_s
from kommutator.domain.outreach.wanted import OutreachKind, OutreachState
from kommutator.flows.chats.speak import Saying, speak
from kommutator.flows.outreach.look import Stop, look_at
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
        async with self._db.unit() as unit:
            look = await look_at(unit, row, self._clock.now())
            if isinstance(look, Stop):
                return await self._stop(unit, row, look)
        asked = self._rechecks.get(row.kind)
        if asked is not None:
            async with self._db.unit() as unit:
                verdict = await asked(unit, row)
        else:
            verdict = Send()
        async with self._db.unit() as unit:
            await unit.outreach.lock(row.enterprise)
            held = await unit.outreach.held(row.enterprise, row.id, owner)
            if held is None:
                return "taken_back"
            if isinstance(verdict, Drop):
                why = Stop(OutreachState.DROPPED, verdict.reason, self._clock.now())
                return await self._stop(unit, held, why)
            if isinstance(verdict, Later):
                return await self._stop(unit, held, Stop(None, None, verdict.at))
            look = await look_at(unit, held, self._clock.now())
            if isinstance(look, Option) and (wait := await self._space(unit, look)):
                look = Stop(None, "spacing", self._clock.now() + timedelta(seconds=wait))
            if isinstance(look, Stop):
                return await self._stop(unit, held, look)
            await self._send(unit, held, look, verdict.text or held.text)
            return "owed"

    async def _space(self, unit: Unit, way: Option) -> float:
        """Reserve a moment of this number; else the seconds until there is one."""
        if way.kind is not ConnectionKind.WHATSAPP:
            return 0.0
        rate = 1 / self._spacing(self._jitter())
        budget = Budget(spacing_key(way.connection_id), rate)
        draw = await unit.budgets.take_everywhere([budget], horizon=0.0)
        return 0.0 if draw.granted else max(draw.wait, 1.0)

    async def _stop(self, unit: Unit, row: OutreachRow, stop: Stop) -> str:
        if stop.state is None:
            at = max(stop.at, self._clock.now() + timedelta(seconds=1))
            await unit.outreach.postpone(row.enterprise, row.id, at, stop.reason)
            return stop.reason or "later"
        await unit.outreach.settle(row.enterprise, row.id, stop.state, stop.reason, stop.at)
        return stop.state.value

    async def _send(self, unit: Unit, row: OutreachRow, way: Option, text: str) -> None:
        now = self._clock.now()
        if not way.opened:
            chat = ChatNews(way.chat_id, title=row.client_name, phone=row.phone)
            await unit.chats.hear(row.enterprise, way.connection_id, chat)
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
            not_after=row.not_after,
        )
        (owed,) = await speak(unit, row.enterprise, [saying])
        await unit.outreach_tries.owed(row.enterprise, tried, owed)
        await unit.outreach.owed(row.enterprise, row.id, text)
        place = Place(way.connection_id, way.kind, way.chat_id)
        for hear in self._sent:
            await hear(unit, row, place)
