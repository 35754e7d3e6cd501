"""Work that is done again and again."""

import asyncio

from kommutator.kit.clock import ManualClock
from kommutator.workers.loops import Loop
from tests.support.waiting import eventually


class Paused(ManualClock):
    """Notes every pause and lets it pass at once."""

    def __init__(self) -> None:
        super().__init__()
        self.pauses: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await asyncio.sleep(0)


async def test_what_fails_again_and_again_is_tried_ever_more_seldom() -> None:
    clock, rounds = Paused(), 0

    async def work() -> None:
        nonlocal rounds
        rounds += 1
        if rounds > 9:
            await asyncio.Event().wait()
        if rounds != 7:
            raise RuntimeError("broken")

    loop = Loop("test", work, clock, every_s=10)
    loop.start()
    await eventually(lambda: rounds > 9)
    await loop.stop()
    assert clock.pauses == [1, 2, 4, 8, 10, 10, 10, 1, 2]
