"""A worker process that works bulk jobs off at a twin, until it is killed.

python bulk_worker.py <dsn> <seconds of a lease>
"""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from kommutator.domain.outcome import Budget
from kommutator.workers.bulk import BulkWorker
from kommutator.workers.bulk_steps import BulkSteps
from tests.support.house import open_house


async def at_once(_: Sequence[Budget]) -> None:
    """The pace is the account's own."""


async def main(dsn: str, lease_s: float) -> None:
    async with open_house(dsn, private_hosts="127.0.0.1") as house:
        cards = house.cards
        steps = BulkSteps(
            house.db, cards._reader, cards._writer, at_once, ids=house.ids, settle_s=0.1
        )
        worker = BulkWorker(
            house.db, house.amocrm_accounts, steps,
            clock=house.clock, ids=house.ids, lease_s=lease_s, tick_s=0.05,
        )  # fmt: skip
        await worker.start()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2])))
