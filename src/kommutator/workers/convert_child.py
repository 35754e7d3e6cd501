"""A process that turns one sound file into what every browser plays, and ends.

`python -m kommutator.workers.convert_child SOURCE FORMAT TARGET` prints the length in seconds.
It stands apart because the files come from strangers: whatever a decoder does with a malformed
one, it does it here, with little memory, little time and nothing else in sight.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator

import av
from av.audio.frame import AudioFrame
from av.error import InvalidDataError

RATE = 16_000
"""8 kHz would be MPEG 2.5, which not every player knows; telephony has no more in it."""

_BIT_RATE = 24_000
_LONGEST_S = 12 * 3600
_MOST_ERRORS = 200
_MEMORY = 1_500_000_000
_CPU_S = 600
_OUTPUT = 200_000_000


def main(arguments: list[str]) -> int:
    """0: TARGET is whole."""
    source, kind, target = arguments
    _confine()
    seconds = convert(source, kind, target)
    sys.stdout.write(f"{seconds:.3f}\n")
    return 0


def convert(source: str, kind: str, target: str) -> float:
    """To mono MP3; returns its length, seconds.

    The format is told, never guessed, and only files are opened: some formats are lists of
    other places to read.

    Raises:
        ValueError: there is no sound in it, or too much.
        av.error.FFmpegError: it cannot be decoded at all.
    """
    options = {"protocol_whitelist": "file"}
    with (
        av.open(source, format=kind, options=options) as opened,
        av.open(target, "w", format="mp3") as written,
    ):
        stream = written.add_stream("libmp3lame", rate=RATE)
        stream.layout = "mono"
        stream.bit_rate = _BIT_RATE
        samples = 0
        for frame in _resampled(opened):
            samples += frame.samples
            if samples > _LONGEST_S * RATE:
                raise ValueError("too long")
            written.mux(stream.encode(frame))
        if not samples:
            raise ValueError("no sound")
        written.mux(stream.encode(None))
    return samples / RATE


def _resampled(opened: av.container.InputContainer) -> Iterator[AudioFrame]:
    resampler = av.AudioResampler(format="s16p", layout="mono", rate=RATE)
    for frame in _decoded(opened):
        frame.pts = None  # lengths count, not what the file claims about its times
        yield from resampler.resample(frame)
    yield from resampler.resample(None)


def _decoded(opened: av.container.InputContainer) -> Iterator[AudioFrame]:
    """A broken piece is skipped: the rest of a conversation is worth hearing."""
    errors = 0
    for packet in opened.demux(opened.streams.audio[0]):
        try:
            frames = packet.decode()
        except InvalidDataError:
            errors += 1
            if errors > _MOST_ERRORS:
                raise
            continue
        yield from (frame for frame in frames if isinstance(frame, AudioFrame))


def _confine() -> None:
    for what, most in (
        (resource.RLIMIT_AS, _MEMORY),
        (resource.RLIMIT_CPU, _CPU_S),
        (resource.RLIMIT_FSIZE, _OUTPUT),
        (resource.RLIMIT_NOFILE, 32),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
