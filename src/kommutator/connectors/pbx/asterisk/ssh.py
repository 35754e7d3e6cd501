"""The standing SSH connection to one PBX: commands run side by side in channels of their own.

The server is known by the key that the administrator saved, and by nothing else; no file of this
machine, no agent and no password takes part. A command is sent once: when it is not known
whether the PBX executed it, that is said, and nobody repeats it here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import asyncssh
import structlog

from kommutator.connectors.pbx.asterisk.errors import (
    AmiError,
    HostKeyUnknown,
    LinkDown,
    LoginRefused,
)
from kommutator.connectors.pbx.asterisk.ssh_address import SshAddress
from kommutator.connectors.pbx.asterisk.ssh_session import ALIVE_S, connect, run_command
from kommutator.kit.backoff import backoff
from kommutator.kit.clock import Clock
from kommutator.kit.ids import Ids

_log = structlog.get_logger(__name__)
_FIRST_WAIT_S: Final = 0.2
_LONGEST_WAIT_S: Final = 15.0
_REFUSED_WAIT_S: Final = 60.0
"""After a refusal of the key, ours or theirs: servers ban addresses that keep trying."""


class SshLink:
    """One PBX. `start` it, `run` commands while it is up.

    Args:
        on_up: called after each log-in.
        on_down: called with words for people when the link goes, and at each failed try.
        timeout: seconds for connecting and for each command.
        alive: seconds between questions whether the server lives; two silences end the link.
    """

    def __init__(
        self,
        address: SshAddress,
        *,
        clock: Clock,
        ids: Ids,
        on_up: Callable[[], None] = lambda: None,
        on_down: Callable[[AmiError], None] = lambda _why: None,
        timeout: float = 5.0,
        alive: float = ALIVE_S,
    ) -> None:
        self._address = address
        self._clock = clock
        self._ids = ids
        self._on_up = on_up
        self._on_down = on_down
        self._timeout = timeout
        self._alive = alive
        self._connection: asyncssh.SSHClientConnection | None = None
        self._task: asyncio.Task[None] | None = None
        self._was_up = asyncio.Event()
        self._said_down = False

    @property
    def up(self) -> bool:
        """Whether a command would be sent now."""
        return self._connection is not None and not self._connection.is_closed()

    def start(self) -> None:
        """Begin to connect; `on_up` tells when it is done. Returns at once."""
        self._task = asyncio.create_task(self._keep_up(), name=f"ssh {self._address.host}")

    async def stop(self) -> None:
        """Close for good. Commands under way end with `LinkLost`."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def watch(self) -> None:
        """Until the link was stopped; raises what it died of, which would be a bug of ours."""
        if self._task is not None:
            await asyncio.wait({self._task})
            if not self._task.cancelled():
                self._task.result()

    async def wait_up(self) -> None:
        """Until the link is up."""
        await self._was_up.wait()

    async def run(self, command: str) -> str:
        """Run one command of Asterisk's command line, once; returns what it printed.

        Raises:
            LinkDown: nothing was sent.
            ActionTimeout, LinkLost: sent; whether it was executed is not known.
            ActionRefused: Asterisk's command line could not be run there.
        """
        connection = self._connection
        if connection is None or connection.is_closed():
            raise LinkDown("the link to the PBX is down")
        return await run_command(connection, self._address, command, self._timeout)

    async def _keep_up(self) -> None:
        tries = 0
        while True:
            try:
                connection = await connect(
                    self._address, limit_s=self._timeout, alive_s=self._alive
                )
            except AmiError as error:
                tries += 1
                self._report(error)
                await self._clock.sleep(self._wait(error, tries))
                continue
            tries = 0
            await self._serve(connection)
            await self._clock.sleep(self._wait(None, 1))

    async def _serve(self, connection: asyncssh.SSHClientConnection) -> None:
        self._connection = connection
        self._was_up.set()
        self._said_down = False
        _log.info("pbx_link_up", host=self._address.host)
        self._on_up()
        try:
            await connection.wait_closed()
        finally:
            self._was_up.clear()
            self._connection = None
            connection.abort()
        self._report(LinkDown("the SSH connection to the PBX broke"))

    def _report(self, error: AmiError) -> None:
        if not self._said_down:  # once when it goes, once when it is back
            _log.warning("pbx_link_down", host=self._address.host, error=str(error))
            self._said_down = True
        self._on_down(error)

    def _wait(self, error: AmiError | None, tries: int) -> float:
        refused = isinstance(error, LoginRefused | HostKeyUnknown)
        longest = _REFUSED_WAIT_S if refused else _LONGEST_WAIT_S
        first = _REFUSED_WAIT_S / 4 if refused else _FIRST_WAIT_S
        return backoff(tries, first=first, longest=longest, jitter=self._ids.uniform())
