"""Sounds to record: a tone as a WAV, as MixMonitor writes it."""

import io
import math
import struct
import wave


def tone(seconds: float, *, rate: int = 8000, hertz: float = 440.0) -> bytes:
    """A WAV file: mono, 16 bit."""
    count = round(seconds * rate)
    samples = (round(9000 * math.sin(2 * math.pi * hertz * n / rate)) for n in range(count))
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(struct.pack(f"<{count}h", *samples))
    return buffer.getvalue()


def seconds_of(wav: bytes) -> float:
    with wave.open(io.BytesIO(wav)) as file:
        return file.getnframes() / file.getframerate()
