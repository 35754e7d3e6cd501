"""Reading again what somebody told of: batch by batch, and ever more seldom where none answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Sequence
from typing import Generic, Literal, Protocol, TypeVar
from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.kit.breaker import Breaker, BreakerRules, Permit, Phase
from kommutator.kit.clock import Clock
from kommutator.kit.ids import Ids
from kommutator.workers.loops import Loop

_RULES = BreakerRules(threshold=3)  # nobody waits for a copy: less patience than for a record
P = TypeVar("P", bound=Hashable)


class Batch(Protocol):
    """Wishes taken together."""

    @property
    def ids(self) -> Sequence[int]: ...


B = TypeVar("B", bound=Batch)


class Wishes(Protocol[P, B]):
    """What is wished for, and who grants it."""

    async def waiting(self) -> Sequence[tuple[EnterpriseNumber, UUID, P]]:
        """Working connections and what of them may be tried now."""
        ...

    async def take(
        self, enterprise: EnterpriseNumber, connection_id: UUID, part: P, *, few: bool
    ) -> B | None:
        """A batch under a lease; `few`: one wish only, as the vendor may be silent."""
        ...

    async def reread(
        self, enterprise: EnterpriseNumber, connection_id: UUID, taken: B
    ) -> Literal["up", "down", "unknown"]:
        """Whether the vendor answered, be it with a refusal. Never raises."""
        ...


class Rereads(Generic[P, B]):
    """One batch at a time of each part of a connection, each in a task of its own.

    Args:
        read: called with how many wishes a batch granted.
    """

    def __init__(
        self,
        name: str,
        wishes: Wishes[P, B],
        *,
        clock: Clock,
        ids: Ids,
        read: Callable[[int], None],
    ) -> None:
        self._name = name
        self._wishes = wishes
        self._clock = clock
        self._ids = ids
        self._read = read
        self._loop = Loop(f"{name}-wanted", self._take, clock)
        self._reading: dict[tuple[UUID, P], asyncio.Task[None]] = {}
        self._breakers: dict[UUID, Breaker] = {}

    def start(self) -> None:
        self._loop.start()

    async def stop(self) -> None:
        """End what is under way; its wishes wait for their lease to end."""
        await self._loop.stop()
        tasks = list(self._reading.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def kick(self) -> None:
        """Cheap; may come at any time."""
        self._loop.kick()

    async def _take(self) -> None:
        for enterprise, connection_id, part in await self._wishes.waiting():
            if (connection_id, part) not in self._reading:
                await self._take_some(enterprise, connection_id, part)

    async def _take_some(self, enterprise: EnterpriseNumber, connection_id: UUID, part: P) -> None:
        now = self._clock.monotonic()
        breaker = self._breakers.setdefault(connection_id, Breaker(_RULES, now=now))
        if breaker.wait(now) > 0:
            return
        few = breaker.phase is not Phase.CLOSED
        taken = await self._wishes.take(enterprise, connection_id, part, few=few)
        if taken and (permit := breaker.ask(self._clock.monotonic())):
            self._begin(enterprise, connection_id, part, taken, permit)

    def _begin(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        part: P,
        taken: B,
        permit: Permit,
    ) -> None:
        key = (connection_id, part)

        async def read() -> None:
            result: Literal["up", "down", "unknown"] = "unknown"
            try:
                result = await self._wishes.reread(enterprise, connection_id, taken)
            finally:
                now, jitter = self._clock.monotonic(), self._ids.uniform()
                self._breakers[connection_id].record(permit, result, now=now, jitter=jitter)
            if result == "up":
                self._read(len(taken.ids))

        def over(task: asyncio.Task[None]) -> None:
            if self._reading.get(key) is task:
                del self._reading[key]
            self._loop.kick()  # there may be more

        task = asyncio.create_task(read(), name=f"{self._name}-reread")
        self._reading[key] = task
        task.add_done_callback(over)
