"""One process of the service that a test kills: as in production, but it makes no pauses for show.

python whatsapp_process.py <pickled settings> <dsn> <role>
"""

import asyncio
import pickle
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).parents[2]))

import structlog

from kommutator.app import Application
from kommutator.compose.whatsapp import WhatsAppMeans
from kommutator.domain.outcome import Budget
from kommutator.doors.whatsapp.delivery import NO_PACE
from kommutator.serve import http
from tests.support.house import vault_of
from tests.support.yclients_service import BUDGETS


async def main(settings: bytes, dsn: str, role: str) -> None:
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    chosen = pickle.loads(settings)  # noqa: S301  written by the test
    means = WhatsAppMeans(None, NO_PACE)
    made = Application(chosen, dsn, vault_of(chosen), roles=(role,), means=means)
    async with AsyncExitStack() as stack:
        stack.enter_context(patch(BUDGETS, lambda *_, **__: (Budget("free", 1e3, 1_000),)))
        app = await stack.enter_async_context(made)
        if role == "api":
            await stack.enter_async_context(http(app.asgi, chosen))
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]).read_bytes(), *sys.argv[2:4]))
