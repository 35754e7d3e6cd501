"""`kill -9` of the API, the workers and the bridge while people book: nothing lost, nothing twice.

Everybody's messages, the turns, the answers at the people's phones and the salon's journal are
compared afterwards.
"""

import asyncio
import os
import pickle
import random
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.killable import running
from tests.support.town import free_port
from tests.support.waiting import eventually, takes
from tests.support.whatsapp_crowd import a_crowd, assert_all_agree
from tests.support.whatsapp_salon import WhatsAppSalon, open_whatsapp_salon

PROCESS = Path(__file__).with_name("whatsapp_process.py")
PROCESSES = {"api": "api", "worker-1": "worker", "worker-2": "worker"}
# Points at which a death could hurt: something is heard, meant, done, or on its way.
MOMENTS = (
    "SELECT count(*) > $1 FROM journal WHERE source = 'whatsapp'",
    "SELECT true FROM conversations WHERE act IS NOT NULL",
    "SELECT true FROM salon_bookings WHERE state IN ('held', 'asked')",
    "SELECT true FROM outbox WHERE state = 'due'",
    "SELECT true FROM conversations WHERE lease_until > clock_timestamp()",
)


@dataclass
class Machines:
    """Processes that come back whenever they die, as under systemd."""

    arguments: tuple[object, ...]
    salon: WhatsAppSalon
    alive: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)
    lives: dict[str, int] = field(default_factory=dict)
    _keepers: list[asyncio.Task[None]] = field(default_factory=list)

    async def start(self) -> None:
        for name in PROCESSES:
            self._keepers.append(asyncio.create_task(self._keep(name)))
        await eventually(lambda: len(self.alive) == len(PROCESSES), 60)

    async def stop(self) -> None:
        """Raises if one did not come back."""
        died = [keeper for keeper in self._keepers if keeper.done()]
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        for keeper in died:
            keeper.result()

    def kill(self, victim: str) -> bool:
        """False: it is not alive just now."""
        if victim == "bridge":
            bridges = [pid for one in self.alive.values() for pid in _children(one.pid)]
            for pid in bridges:
                os.kill(pid, signal.SIGKILL)
            return bool(bridges)
        process = self.alive.pop(victim, None)
        if process is not None:
            process.kill()
        return process is not None

    async def _keep(self, name: str) -> None:
        while True:
            async with running(PROCESS, *self.arguments, PROCESSES[name]) as process:
                self.alive[name] = process
                self.lives[name] = self.lives.get(name, 0) + 1
                await process.wait()


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for one in tasks for child in one.read_text().split()]


@asynccontextmanager
async def open_machines(dsn: str, folder: Path) -> AsyncIterator[Machines]:
    """The salon is copied, its phone linked; then all work is left to the processes."""
    port = free_port()
    async with AsyncExitStack() as stack:
        salon = await stack.enter_async_context(
            open_whatsapp_salon(dsn, public_url=f"http://127.0.0.1:{port}")
        )
        async with salon.worker():
            await salon.linked()
            await salon.copied()
        settings = folder / "settings"
        settings.write_bytes(
            pickle.dumps(salon.service.house.settings.model_copy(update={"port": port}))
        )
        machines = Machines((settings, dsn), salon)
        stack.push_async_callback(machines.stop)
        await machines.start()
        yield machines


async def rampage(machines: Machines, *, people: int, kills: int, seed: int) -> None:
    """Victims by turns, each when something is under way."""
    dice = random.Random(seed)  # noqa: S311  the same points at each run
    salon, crowd = machines.salon, a_crowd(machines.salon, people, dice)
    booking = asyncio.gather(*(booker.books() for booker in crowd))
    victims = [("worker-1", "bridge", "api", "worker-2")[n % 4] for n in range(kills)]
    dice.shuffle(victims)
    for victim in victims:
        await a_moment(salon, dice, booking)
        await eventually(lambda victim=victim: booking.done() or machines.kill(victim), 60)
    await booking
    await salon.quiet()
    await assert_all_agree(salon, crowd)
    longest = max(booker.longest_s for booker in crowd)
    sys.stdout.write(f"{people} people, {kills} kills: longest wait {longest:.1f} s\n")


async def a_moment(
    salon: WhatsAppSalon, dice: random.Random, booking: asyncio.Future[list[None]]
) -> None:
    """Something is under way just now; which it is, is left to the dice."""
    await takes(dice.uniform(0.2, 1.5))
    moment = dice.choice(MOMENTS)
    count = await salon.service.value("SELECT count(*) FROM journal WHERE source = 'whatsapp'")
    arguments = [count] if "$1" in moment else []

    async def so() -> bool:
        return booking.done() or bool(await salon.service.value(moment, *arguments))

    await eventually(so, 60)


@pytest.mark.timeout(240)
async def test_four_people_book_while_everything_dies(database_url: str, tmp_path: Path) -> None:
    async with open_machines(database_url, tmp_path) as machines:
        await rampage(machines, people=4, kills=3, seed=20261121)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_thirty_people_book_while_everything_dies(
    database_url: str, tmp_path: Path, seed: int
) -> None:
    async with open_machines(database_url, tmp_path) as machines:
        await rampage(machines, people=30, kills=14, seed=seed)
