"""A twin in a process of its own: prints its address, ends with its standard input.

A vendor that counts arrivals must not itself be late to them: no test runner around it, and no
garbage collection while it counts.
"""

import asyncio
import gc
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvloop

sys.path.insert(0, str(Path(__file__).parents[2]))

from kommutator.twins import TwinsConfig, start_twins


@asynccontextmanager
async def counting_twin(name: str) -> AsyncIterator[str]:
    """The address of a vendor's twin that is late for nobody."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        __file__,
        name,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    yield (await process.stdout.readline()).decode().strip()
    await process.communicate(b"")  # the end of its input ends it


async def main(name: str) -> None:
    config = TwinsConfig(names=(name,), ports={name: 0}, environment={})
    async with await start_twins(config) as running:
        sys.stdout.write(f"{running.base_urls[name]}\n")
        sys.stdout.flush()
        gc.collect()
        gc.disable()
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:]))
