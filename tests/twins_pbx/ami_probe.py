"""The least that can talk AMI, so that the twin is judged by something independent of it."""

import asyncio
import ssl
from collections.abc import Callable
from typing import Self

Packet = dict[str, str]


class AmiProbe:
    """One AMI connection; `events` grows while something is awaited."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.events: list[Packet] = []

    @classmethod
    async def connect(cls, host: str, port: int, tls: ssl.SSLContext | None = None) -> Self:
        reader, writer = await asyncio.open_connection(host, port, ssl=tls)
        assert (await reader.readline()).startswith(b"Asterisk Call Manager")
        return cls(reader, writer)

    async def act(self, action: str, **fields: str) -> Packet:
        self.send(action, **fields)
        return await self.until(lambda packet: "Event" not in packet)

    def send(self, action: str, **fields: str) -> None:
        lines = [f"Action: {action}", *(f"{name}: {value}" for name, value in fields.items())]
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())

    async def until(self, wanted: Callable[[Packet], object], limit_s: float = 5.0) -> Packet:
        async with asyncio.timeout(limit_s):
            while True:
                packet = await self._read()
                if "Event" in packet:
                    self.events.append(packet)
                if wanted(packet):
                    return packet

    async def event(self, name: str) -> Packet:
        return await self.until(lambda packet: packet.get("Event") == name)

    def close(self) -> None:
        self._writer.close()

    async def _read(self) -> Packet:
        raw = await self._reader.readuntil(b"\r\n\r\n")
        packet: Packet = {}
        for line in raw.decode().strip().split("\r\n"):
            name, _, value = line.partition(": ")
            if name.endswith("ChanVariable"):  # many of them in one event
                variable, _, value = value.partition("=")
                name = f"{name}.{variable}"
            packet[name] = value
        return packet
