"""The twin in a process of its own: prints its address, ends with its standard input.

A vendor that counts arrivals must not itself be late to them: no test runner around it, and no
garbage collection while it counts.
"""

import asyncio
import gc
import sys
from pathlib import Path

import uvloop

sys.path.insert(0, str(Path(__file__).parents[3]))

from kommutator.twins import TwinsConfig, start_twins


async def main() -> None:
    config = TwinsConfig(names=("yclients",), ports={"yclients": 0}, environment={})
    async with await start_twins(config) as running:
        sys.stdout.write(f"{running.base_urls['yclients']}\n")
        sys.stdout.flush()
        gc.collect()
        gc.disable()
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    uvloop.run(main())
