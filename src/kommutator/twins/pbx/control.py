"""Asterisk's command line over its control socket, without starting a second program."""

import asyncio
import os
from pathlib import Path

from kommutator.twins.pbx.errors import PbxFailed

_LOG_MARK = b"\x7f"  # lines of the log that leak into the socket start with it


async def run_command(run: Path, command: str, timeout_s: float = 10.0) -> str:
    """Run one CLI command of the Asterisk living in `run`; returns what it printed.

    Raises:
        PbxFailed: nobody listens there, or there was no whole answer in time.
    """
    # By descriptor, because a UNIX socket's path may have 107 bytes and `run` may be deep.
    folder = os.open(run, os.O_PATH)
    try:
        async with asyncio.timeout(timeout_s):
            return await _ask(f"/proc/self/fd/{folder}/run/asterisk.ctl", command)
    except (OSError, TimeoutError) as failure:
        raise PbxFailed(f"Asterisk did not take the command {command!r}: {failure}") from failure
    finally:
        os.close(folder)


async def _ask(socket_path: str, command: str) -> str:
    reader, writer = await asyncio.open_unix_connection(socket_path)
    try:
        writer.write(f"cli quit after {command}".encode() + b"\0")
        await writer.drain()
        answer = await reader.read(-1)
    finally:
        writer.close()
    banner, _, printed = answer.replace(b"\0", b"").partition(b"\n")
    if not banner:
        raise ConnectionError("closed without an answer")
    lines = [line for line in printed.splitlines() if not line.startswith(_LOG_MARK)]
    return b"\n".join(lines).decode(errors="replace").strip()
