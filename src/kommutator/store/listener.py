"""One dedicated LISTEN connection that comes back by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress

import structlog

from kommutator.kit.clock import Clock
from kommutator.store.driver import Connection, connect, is_transient

_log = structlog.get_logger(__name__)
_RETRY_S = 0.5
_PROBE_EVERY_S = 15.0
_PROBE_TIMEOUT_S = 5.0


class Listener:
    """Calls `channels[name](payload)` for each notification, in the event loop's thread.

    News sent while the connection was down are lost; `on_reconnect` is the moment to look for
    oneself (clear caches, sweep lanes).
    """

    def __init__(
        self,
        dsn: str,
        channels: Mapping[str, Callable[[str], None]],
        *,
        on_reconnect: Callable[[], None],
        clock: Clock,
    ) -> None:
        self._dsn = dsn
        self._channels = channels
        self._on_reconnect = on_reconnect
        self._clock = clock
        self._task: asyncio.Task[None] | None = None
        self.connected = asyncio.Event()

    async def start(self) -> None:
        """Listen; returns when the first connection stands."""
        connection = await self._open()
        self._task = asyncio.create_task(self._keep(connection), name="listener")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _open(self) -> Connection:
        connection = await connect(self._dsn)
        for channel in self._channels:
            await connection.add_listener(channel, self._receive)
        self.connected.set()
        return connection

    def _receive(self, _connection: Connection, _pid: int, channel: str, payload: str) -> None:
        self._channels[channel](payload)

    async def _keep(self, connection: Connection) -> None:
        while True:
            try:
                await self._until_lost(connection)
            finally:
                self.connected.clear()
                connection.terminate()
            _log.warning("listener_lost")
            connection = await self._reopen()
            _log.info("listener_back")
            self._on_reconnect()

    async def _reopen(self) -> Connection:
        while True:
            try:
                return await self._open()
            except Exception as error:  # noqa: BLE001  there is nobody else to try again
                if not is_transient(error):
                    _log.exception("listener_refused")
            await self._clock.sleep(_RETRY_S)

    async def _until_lost(self, connection: Connection) -> None:
        """Return when the connection is gone; a half-open one shows by a probe."""
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _connection: lost.set())
        while not (lost.is_set() or connection.is_closed()):
            with suppress(TimeoutError):
                await asyncio.wait_for(lost.wait(), _PROBE_EVERY_S)
                return
            try:
                await connection.execute("SELECT 1", timeout=_PROBE_TIMEOUT_S)
            except Exception as error:  # noqa: BLE001  whatever it was, a fresh connection is the cure
                _log.warning("listener_silent", error=repr(error))
                return
