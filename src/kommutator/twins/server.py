"""Starts twins on real sockets and stops them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self

from aiohttp import web

from kommutator.twins.config import TwinsConfig

# Requests in flight may finish; a hanging client must not hold the shop.
SHUTDOWN_SECONDS = 1.0


class TwinMissing(Exception):
    """This machine lacks what a twin needs; the message says what, and what helps."""


class Twin(Protocol):
    """A fake vendor."""

    name: str
    default_port: int

    def open(self, base_url: str, config: TwinsConfig) -> web.Application:
        """Build the application once the address is known."""
        ...

    def close(self) -> None:
        """Let go of everybody who waits, so that the server can stop."""
        ...


class ProgramTwin(Protocol):
    """A fake vendor that is a program of its own and listens by itself."""

    name: str
    default_port: int

    async def launch(self, host: str, port: int, config: TwinsConfig) -> dict[str, str]:
        """Start it; `base_url`, and what else its clients need, once it answers.

        Raises:
            TwinMissing: it cannot run on this machine.
            OSError: the port is taken.
        """
        ...

    async def stop(self) -> None:
        """End it."""
        ...


@dataclass
class RunningTwins:
    """Twins that answer. Use as an async context, or call `stop`.

    Attributes:
        missing: those that cannot run on this machine, and why.
    """

    base_urls: dict[str, str] = field(default_factory=dict)
    twins: dict[str, Twin] = field(default_factory=dict)
    programs: dict[str, ProgramTwin] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    _facts: dict[str, dict[str, str]] = field(default_factory=dict)
    _runners: list[web.AppRunner] = field(default_factory=list)

    def describe(self) -> dict[str, dict[str, str]]:
        """What `kommutator twins --json` prints: `{"retailcrm": {"base_url": "http://…:18101"}}`.

        Of WhatsApp also `ws_url` and `root_key`.
        """
        return describe(self.base_urls) | self._facts

    async def stop(self) -> None:
        """Close every socket; safe to call twice."""
        for twin in self.twins.values():
            twin.close()
        runners, self._runners = self._runners, []
        programs, self.programs = self.programs, {}
        await asyncio.gather(
            *(runner.cleanup() for runner in runners),
            *(program.stop() for program in programs.values()),
        )

    async def launch(self, program: ProgramTwin, config: TwinsConfig) -> None:
        """Start one that is a program, or note in `missing` why not.

        Raises:
            OSError: the port is taken.
        """
        port = config.ports.get(program.name, program.default_port)
        try:
            facts = await program.launch(config.host, port, config)
        except TwinMissing as reason:
            self.missing[program.name] = str(reason)
            return
        self.programs[program.name] = program
        self._facts[program.name] = facts
        self.base_urls[program.name] = facts["base_url"]

    async def start(self, twin: Twin, config: TwinsConfig) -> None:
        """Bind one twin and let it answer.

        Raises:
            OSError: the port is taken.
        """
        port = config.ports.get(twin.name, twin.default_port)
        listener = socket.create_server((config.host, port), backlog=512)
        base_url = f"http://{reachable(config.host)}:{listener.getsockname()[1]}"
        app = twin.open(base_url, config)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
        self._runners.append(runner)
        self.twins[twin.name] = twin
        await runner.setup()
        await web.SockSite(runner, listener).start()
        self.base_urls[twin.name] = base_url

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()


def describe(base_urls: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Addresses of running twins in the shape that other programs read."""
    return {name: {"base_url": url} for name, url in sorted(base_urls.items())}


def reachable(host: str) -> str:
    """The address to print: a wildcard is no place one can call."""
    return "127.0.0.1" if host in ("", "0.0.0.0") else host  # noqa: S104  compared, never bound
