"""Owning a lane for a while."""

from __future__ import annotations

import asyncio
from typing import Protocol
from uuid import UUID

from kommutator.domain.lanes import Lease as Held
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.kit.clock import Clock


class Kick(asyncio.Event):
    """An event with two meanings: `set` is "new rows for you", `touch` is "look around"."""

    def __init__(self) -> None:
        super().__init__()
        self.news = False

    def set(self) -> None:
        self.news = True
        super().set()

    def touch(self) -> None:
        """Wake the runner without sending it to the database."""
        super().set()

    def take(self) -> bool:
        """Reset, and tell whether there were news."""
        self.clear()
        news, self.news = self.news, False
        return news


class Lease(Held, Protocol):
    """What a runner knows of its right to a lane."""

    @property
    def kick(self) -> Kick: ...


class LaneRunner(Protocol):
    """What is done in the lanes of one room."""

    async def run(self, lease: Lease) -> None:
        """Work the lane; return when it has been idle long enough.

        Cancelled when the lease is lost or the engine stops; while `lease.alive()` it then
        finishes what is under way and re-raises.
        """
        ...


class OwnedLane:
    """A lane that this engine owns. `deadline` is monotonic and moved by each renewal."""

    def __init__(
        self,
        *,
        lane: str,
        enterprise: EnterpriseNumber,
        connection_id: UUID | None,
        fence: int,
        deadline: float,
        clock: Clock,
    ) -> None:
        self.lane = lane
        self.enterprise = enterprise
        self.connection_id = connection_id
        self.fence = fence
        self.deadline = deadline
        self.lost = False
        self.doubtful = False  # left without knowing what was sent
        self.kick = Kick()
        self.task: asyncio.Task[None] | None = None
        self._clock = clock

    @property
    def room(self) -> str:
        return self.lane.partition(":")[0]

    def alive(self) -> bool:
        return not self.lost and self._clock.monotonic() < self.deadline

    def lose(self) -> None:
        """Somebody else has it, or might soon: stop at once."""
        self.lost = True
        if self.task is not None:
            self.task.cancel()
