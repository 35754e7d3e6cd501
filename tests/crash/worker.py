"""A worker process for chaos tests: delivers into a file, one line per request.

python worker.py <dsn> <log> <seconds per request> <concurrency>
"""

import asyncio
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import uvloop

sys.path.insert(0, str(Path(__file__).parents[2]))

from kommutator.domain.connection import Account
from kommutator.domain.outcome import Budget, Outcome
from kommutator.domain.ports import Due
from tests.support.waiting import takes
from tests.workers import harness
from tests.workers.harness import OK, Accounts, FakeDelivery, account, house


class Everybody(Accounts):
    """Every connection of the tests: number n belongs to enterprise n."""

    async def account(self, connection_id: UUID) -> Account:
        return account(connection_id.int, str(connection_id.int))


class Paper(FakeDelivery):
    """Writes `sent` and `done` lines; O_APPEND makes lines of many processes whole."""

    def __init__(self, path: str, seconds: float, slots: int, rate: float) -> None:
        budget = (Budget("shared", rate=rate),) if rate else ()
        super().__init__(slots=slots, budget=budget)
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._seconds = seconds

    async def deliver(self, account: Account, batch: Sequence[Due]) -> Sequence[Outcome]:
        for due in batch:
            self._write("sent", account, due)
        await takes(self._seconds)
        for due in batch:
            self._write("done", account, due)
        return [OK] * len(batch)

    def _write(self, what: str, account: Account, due: Due) -> None:
        fields = (what, account.connection_id.int, due.key, due.id, int(due.unsure))
        line = " ".join(map(str, (*fields, os.getpid(), f"{time.time():.6f}")))
        os.write(self._file, f"{line}\n".encode())


async def main(dsn: str, path: str, seconds: float, slots: int, rate: float) -> None:
    harness.Accounts = Everybody
    async with house(dsn, Paper(path, seconds, slots, rate), roles=("worker",)):
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    dsn, path, seconds, slots, *rest = sys.argv[1:]
    uvloop.run(main(dsn, path, float(seconds), int(slots), float(rest[0]) if rest else 0.0))
