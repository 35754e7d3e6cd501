"""What kind of sound a file is, by its first bytes; endings and headers of strangers may lie."""

from __future__ import annotations

from dataclasses import dataclass

HEAD_BYTES = 16
SHORTEST_BYTES = 1024
"""A WAV of a call in which nobody spoke is its 44-byte header; 1 kB is 60 ms of telephony."""


@dataclass(frozen=True, slots=True)
class AudioKind:
    """Attributes: `ending` without the dot."""

    media_type: str
    ending: str


WAV = AudioKind("audio/wav", "wav")
MP3 = AudioKind("audio/mpeg", "mp3")
OGG = AudioKind("audio/ogg", "ogg")
FLAC = AudioKind("audio/flac", "flac")


def kind_of_audio(head: bytes) -> AudioKind | None:
    """From the first `HEAD_BYTES`; None if it is no sound that we know."""
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return WAV
    if head[:3] == b"ID3" or (head[:1] == b"\xff" and head[1:2] and head[1] & 0xE6 in _MPEG_HEADS):
        return MP3
    if head[:4] == b"OggS":
        return OGG
    return FLAC if head[:4] == b"fLaC" else None


_MPEG_HEADS = frozenset({0xE2, 0xE4, 0xE6})
"""Eleven bits of sync with a layer; layer 0 would be AAC or noise."""
