"""A process that asks for tokens, all callers at once, whenever it is told to.

python token_worker.py <dsn> <settings as JSON> <enterprise> <connection> <callers>

Says `ready`, and for each `go` one line of JSON: how many tokens by value, and the errors.
"""

import asyncio
import hashlib
import json
import sys
from collections import Counter
from pathlib import Path
from uuid import UUID

sys.path.insert(0, str(Path(__file__).parents[2]))

import structlog

from kommutator.compose import compose
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.kit.errors import VendorError
from kommutator.store.database import Database
from tests.support.house import settings_for_tests, vault_of


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def main(dsn: str, settings: str, number: str, connection: str, callers: int) -> None:
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    chosen = settings_for_tests(**json.loads(settings))
    db = await Database.open(dsn, size=4)
    made = compose(chosen, db, vault_of(chosen))
    enterprise = EnterpriseNumber(number)
    account = await made.house.amocrm_accounts.by_id(enterprise, UUID(connection))
    loop = asyncio.get_running_loop()
    say("ready")
    while await loop.run_in_executor(None, sys.stdin.readline):
        made.house.grants.clear()
        asked = (made.house.grants.access(account) for _ in range(callers))
        answers = await asyncio.gather(*asked, return_exceptions=True)
        tokens: Counter[str] = Counter()
        errors: Counter[str] = Counter()
        for answer in answers:
            if isinstance(answer, VendorError):
                errors[f"{answer.kind.value}:{answer.hint}"] += 1
            elif isinstance(answer, BaseException):
                errors[repr(answer)] += 1
            else:
                tokens[hashlib.sha256(answer.token.encode()).hexdigest()[:12]] += 1
        say(json.dumps({"tokens": tokens, "errors": errors}))
    await made.http.close()
    await db.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:5], int(sys.argv[5])))  # type: ignore[call-arg]  # four texts
