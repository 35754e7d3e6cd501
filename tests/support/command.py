"""The real command line as a process of its own, and what it says."""

import asyncio
import atexit
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

from tests.support.forked import Forge

_PATIENCE_S = 60.0
_INHERITED = ("PATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "TMPDIR", "HOME")


def environment(home: Path, **settings: object) -> dict[str, str]:
    """Nothing of ours from outside, English words, and these settings."""
    kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    ours = {f"KOMMUTATOR_{name.upper()}": str(value) for name, value in settings.items()}
    return {**kept, "LC_ALL": "en_US.UTF-8", "KOMMUTATOR_HOME": str(home), **ours}


class Command:
    """A running `kommutator …`, the head of its own process group."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.said = ""

    async def until(self, words: str) -> str:
        """Everything said so far once `words` were; fails when it ends or keeps silent."""
        assert self.process.stdout is not None
        async with asyncio.timeout(_PATIENCE_S):
            while words not in self.said:
                line = await self.process.stdout.readline()
                assert line, f"ended without {words!r}:\n{self.said}"
                self.said += line.decode()
        return self.said

    async def end(self, by: signal.Signals = signal.SIGTERM) -> int:
        """Tell the whole group, as a terminal does; returns the exit code."""
        if self.process.returncode is None:
            os.killpg(self.process.pid, by)
        async with asyncio.timeout(_PATIENCE_S):
            rest, _ = await self.process.communicate()
        self.said += rest.decode()
        assert self.process.returncode is not None
        return self.process.returncode


@asynccontextmanager
async def start(
    *args: str, env: Mapping[str, str], code: str | None = None
) -> AsyncIterator[Command]:
    """Start the command, or Python `code` instead of it; killed at the end if it still runs."""
    head = ["-c", code] if code else ["-m", "kommutator"]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *head,
        *args,
        env=env,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    command = Command(process)
    try:
        yield command
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
        await process.communicate()


async def run(*args: str, env: Mapping[str, str]) -> tuple[int, str]:
    """Exit code and everything said, of a command that ends by itself."""
    async with start(*args, env=env) as command, asyncio.timeout(_PATIENCE_S):
        said, _ = await command.process.communicate()
        assert command.process.returncode is not None
        return command.process.returncode, said.decode()


async def ask(*args: str, env: Mapping[str, str]) -> tuple[int, str]:
    """The same for what a command says and does, as opposed to how its process starts: quickly."""
    return await asyncio.to_thread(_forge().run, args, env)


@cache
def _forge() -> Forge:
    forge = Forge(environment(Path("/nonexistent")))
    atexit.register(forge.close)
    return forge


def left_behind(home: Path) -> list[str]:
    """Command lines of processes that still work in this home."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            where = (folder / "environ").read_bytes().decode(errors="replace")
        except OSError:
            continue  # gone meanwhile, or nobody's
        if str(home) in line or f"KOMMUTATOR_HOME={home}\0" in where:
            found.append(line)
    return found
