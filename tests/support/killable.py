"""Worker processes that a test kills: ready when they say so, gone when the test is over."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

READY_S = 60.0


@asynccontextmanager
async def running(script: Path, *arguments: object) -> AsyncIterator[asyncio.subprocess.Process]:
    """A Python script as a process of its own, from its line "ready" on."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(script), *map(str, arguments)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(READY_S):
            assert await process.stdout.readline() == b"ready\n"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
        process._transport.close()  # type: ignore[attr-defined]  # asyncio leaves it open
