"""The cable between us and a vendor, to be pulled: refuses, hangs, or carries."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

_CHUNK = 65_536


class Wire:
    """Attributes:
    port: ours; what comes here goes to the vendor's.
    silent: connections are taken and nothing is ever answered.
    """

    def __init__(self, port: int, target: int) -> None:
        self.port = port
        self.silent = False
        self._target = target
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    async def plug(self) -> None:
        """Carry again."""
        self.silent = False
        if self._server is None:
            self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)

    async def pull(self) -> None:
        """Refuse: nobody listens, and what was connected is cut."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.cut()
        await asyncio.gather(*self._open, return_exceptions=True)

    def cut(self) -> None:
        for task in self._open:
            task.cancel()

    async def hang(self) -> None:
        """Listen, and keep silent."""
        await self.plug()
        self.cut()
        self.silent = True

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            if self.silent:
                while await reader.read(_CHUNK):
                    pass
                return
            there = await asyncio.open_connection("127.0.0.1", self._target)
            try:
                await asyncio.gather(_pour(reader, there[1]), _pour(there[0], writer))
            finally:
                there[1].close()
        except (OSError, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            writer.close()
            self._open.discard(task)


async def _pour(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while part := await source.read(_CHUNK):
        sink.write(part)
        await sink.drain()
    with suppress(OSError, RuntimeError):
        sink.write_eof()


@asynccontextmanager
async def open_wire(port: int, target: int) -> AsyncIterator[Wire]:
    wire = Wire(port, target)
    await wire.plug()
    try:
        yield wire
    finally:
        await wire.pull()
