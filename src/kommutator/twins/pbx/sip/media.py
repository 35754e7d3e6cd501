"""Sound: a tone in G.711 A-law over RTP, and a count of what came back."""

import asyncio
import math
import random
import re
import struct
from collections.abc import Callable
from functools import cache

_RATE_HZ = 8000
_FRAME_SAMPLES = 160
_FRAME_S = 0.02
_PAYLOAD_PCMA = 8
_LOUDNESS = 8000


def alaw(sample: int) -> int:
    """One 16-bit sample as a G.711 A-law byte."""
    sign = 0xD5 if sample >= 0 else 0x55
    level = min(abs(sample), 32635)
    exponent = max(level.bit_length() - 8, 0)
    mantissa = (level >> (exponent + 3 if exponent else 4)) & 0xF
    return ((exponent << 4) | mantissa) ^ sign


@cache
def tone(frequency_hz: int) -> bytes:
    """One second of a sine."""
    turn = 2 * math.pi * frequency_hz / _RATE_HZ
    return bytes(alaw(int(_LOUDNESS * math.sin(turn * i))) for i in range(_RATE_HZ))


class Media(asyncio.DatagramProtocol):
    """One party's sound: its port, what it plays, how many packets it heard."""

    def __init__(self, host: str, on_packet: Callable[[], None]) -> None:
        self.host = host
        self.heard = 0
        self._on_packet = on_packet
        self._transport: asyncio.DatagramTransport | None = None
        self._playing: asyncio.Task[None] | None = None

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: self, local_addr=(self.host, 0)
        )

    def close(self) -> None:
        if self._playing:
            self._playing.cancel()
        if self._transport:
            self._transport.close()

    @property
    def port(self) -> int:
        if self._transport is None:
            raise RuntimeError("media is not open")
        return int(self._transport.get_extra_info("sockname")[1])

    def datagram_received(self, data: bytes, _addr: tuple[str, int]) -> None:
        if len(data) > 12:  # noqa: PLR2004 - longer than the RTP header: it carries sound
            self.heard += 1
            self._on_packet()

    def offer(self) -> bytes:
        """Session description: A-law here, please."""
        lines = (
            "v=0",
            f"o=- 1 1 IN IP4 {self.host}",
            "s=-",
            f"c=IN IP4 {self.host}",
            "t=0 0",
            f"m=audio {self.port} RTP/AVP 8 101",
            "a=rtpmap:8 PCMA/8000",
            "a=rtpmap:101 telephone-event/8000",
            "a=fmtp:101 0-16",
            "a=sendrecv",
        )
        return "".join(f"{line}\r\n" for line in lines).encode()

    def play_to(self, description: bytes, frequency_hz: int) -> None:
        """Play a tone to the party described by its SDP; does nothing when already playing."""
        port = re.search(rb"m=audio (\d+)", description)
        host = re.search(rb"c=IN IP4 ([\d.]+)", description)
        if port and host and self._playing is None:
            address = (host[1].decode(), int(port[1]))
            self._playing = asyncio.get_running_loop().create_task(
                self._play(address, frequency_hz)
            )

    async def _play(self, address: tuple[str, int], frequency_hz: int) -> None:
        loop, sound, source = asyncio.get_running_loop(), tone(frequency_hz), random.getrandbits(32)
        due, number = loop.time(), 0
        while self._transport and not self._transport.is_closing():
            at = number * _FRAME_SAMPLES
            stamp, sequence = at & 0xFFFFFFFF, number & 0xFFFF
            header = struct.pack("!BBHII", 0x80, _PAYLOAD_PCMA, sequence, stamp, source)
            start = at % _RATE_HZ
            self._transport.sendto(header + sound[start : start + _FRAME_SAMPLES], address)
            number, due = number + 1, due + _FRAME_S
            await asyncio.sleep(max(0.0, due - loop.time()))
