"""A manager interface that a test plays: it says what it is told to say, byte by byte."""

import asyncio
from collections.abc import Callable
from typing import Self

from kommutator.connectors.pbx.asterisk.address import AmiAddress
from kommutator.connectors.pbx.asterisk.wire import END, decode

SECRET = "not-a-secret"
Answer = Callable[[dict[str, str]], bytes | None]


def ok(request: dict[str, str], *lines: str) -> bytes:
    return block("Response: Success", f"ActionID: {request['ActionID']}", *lines)


def refused(request: dict[str, str], message: str) -> bytes:
    return block("Response: Error", f"ActionID: {request['ActionID']}", f"Message: {message}")


def block(*lines: str) -> bytes:
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode()


class Peer:
    """`answers` maps an action's name to what is sent back; None means silence."""

    def __init__(self, banner: bytes = b"Asterisk Call Manager/9.0.0\r\n") -> None:
        self.banner = banner
        self.answers: dict[str, Answer] = {}
        self.received: list[dict[str, str]] = []
        self.logins = 0
        self.writer: asyncio.StreamWriter | None = None
        self._server: asyncio.Server | None = None
        self._port = 0

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.shut()

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def shut(self) -> None:
        """Stop listening and drop who is there."""
        if self._server is not None:
            self._server.close()
        self.drop()
        if self._server is not None:
            await self._server.wait_closed()

    @property
    def address(self) -> AmiAddress:
        return AmiAddress("127.0.0.1", self._port, "gateway", SECRET)

    def say(self, raw: bytes) -> None:
        assert self.writer is not None
        self.writer.write(raw)

    def drop(self) -> None:
        if self.writer is not None:
            self.writer.transport.abort()

    def asked(self, action: str) -> int:
        """How often this action arrived."""
        return sum(request["Action"] == action for request in self.received)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        writer.write(self.banner)
        try:
            while True:
                self._hear(decode(await reader.readuntil(END)), writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _hear(self, request: dict[str, str], writer: asyncio.StreamWriter) -> None:
        self.received.append(request)
        answer = self.answers.get(request["Action"], self._usual)(request)
        if answer is not None:
            writer.write(answer)

    def _usual(self, request: dict[str, str]) -> bytes:
        if request["Action"] == "Login":
            if request["Secret"] != SECRET:
                return refused(request, "Authentication failed")
            self.logins += 1
        return ok(request)
