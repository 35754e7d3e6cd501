"""Correct one call in the books, and owe its record to those who never got it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from kommutator.domain.calls.call import Call
from kommutator.domain.calls.decide import decide
from kommutator.domain.calls.memory import Memory, Told, dump, load
from kommutator.domain.calls.merge import join
from kommutator.domain.calls.policy import read_policy
from kommutator.domain.connection import Account, hears
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.follow_recordings import FollowRecordings
from kommutator.flows.past_board import Concluded
from kommutator.kit.clock import Clock
from kommutator.store.database import Database
from kommutator.store.outbox import Owed
from kommutator.store.past import PastCall
from kommutator.store.unit import Unit


class PutRight:
    def __init__(
        self, db: Database, *, clock: Clock, recordings: FollowRecordings | None = None
    ) -> None:
        self._db = db
        self._clock = clock
        self._recordings = recordings

    async def call(
        self,
        enterprise: EnterpriseNumber,
        one: Concluded,
        seen: PastCall | None,
        listeners: Sequence[Account],
    ) -> int | None:
        """Save the call; returns how many records are owed.

        None: the books are no longer what they were when the call was compared. The live
        decider waits for our transaction, or we for its.
        """
        async with self._db.unit() as unit:
            names = [one.call.id, *one.parts]
            locked = {call.id: call for call in await unit.calls.find(enterprise, names)}
            now_stored = locked.get(one.call.id)
            if (now_stored and now_stored.fold) != (seen and seen.fold):
                return None
            memory = one.memory
            for stored in locked.values():
                _keep(memory, load(stored.fold))
            for gone in one.parts:
                await unit.calls.merge(enterprise, gone, one.call.id)
                unit.call_changed(enterprise, gone)
            pbx = seen.connection_id if seen else one.connection_id
            owed = await self._owed(unit, enterprise, one.call, memory, listeners, pbx)
            await unit.calls.save(
                enterprise,
                one.call,
                fold=dump(memory),
                source=seen.source if seen else one.source,
                connection_id=pbx,
            )
            await unit.calls.name(enterprise, dict.fromkeys(one.names, one.call.id))
            await unit.outbox.add(enterprise, owed)
            unit.call_changed(enterprise, one.call.id)
        return len(owed)

    async def _owed(
        self,
        unit: Unit,
        enterprise: EnterpriseNumber,
        call: Call,
        memory: Memory,
        listeners: Sequence[Account],
        pbx: UUID | None,
    ) -> list[Owed]:
        now = self._clock.now()
        link = None
        if self._recordings is not None:
            link = await self._recordings.bind(unit, enterprise, call, memory, now, pbx)
        before = set(memory.told)
        owed: list[Owed] = []
        for crm in filter(hears, listeners):
            connection = str(crm.connection_id)
            told = memory.told.setdefault(connection, Told())
            # Cards and rules belong to the moment of the call, and are not ours to order or stop.
            as_it_was = (told.hung_up, told.ruled) if connection in before else (True, True)
            told.hung_up = told.ruled = True
            decision = decide(call, told, read_policy(connection, crm.config), now, link=link)
            told.hung_up, told.ruled = as_it_was
            owed += [
                Owed(crm.lane, crm.connection_id, call.id, item.command, item.once)
                for item in decision.owed
            ]
        return owed


def _keep(memory: Memory, stored: Memory) -> None:
    """What the rows do not tell: what everybody was told, and the state of recordings."""
    only_told = Memory(
        stored.id,
        told=stored.told,
        records=stored.records,
        arrived=stored.arrived,
        lost_records=stored.lost_records,
    )
    join(memory, only_told)
