"""A process that tells YClients of salons that are to be connected, until it is killed.

python salon_joiner.py <dsn> <settings as JSON>
"""

import asyncio
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import structlog

from kommutator.compose import compose
from kommutator.store.database import Database
from tests.support.house import settings_for_tests, vault_of


async def main(dsn: str, settings: str) -> None:
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    chosen = settings_for_tests(**json.loads(settings))
    db = await Database.open(dsn, size=4)
    made = compose(chosen, db, vault_of(chosen))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await made.house.yclients.activate.due()
    await made.http.close()
    await db.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:3]))
