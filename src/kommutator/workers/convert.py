"""Conversion for browsers, in a child process with limits."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from pathlib import Path

MEDIA_TYPE = "audio/mpeg"
ENDING = "mp3"
_FORMATS = {"audio/wav": "wav", "audio/mpeg": "mp3", "audio/ogg": "ogg", "audio/flac": "flac"}
_CHILD = "kommutator.workers.convert_child"
_LONGEST_S = 900.0


class ConversionFailed(Exception):
    """The file cannot be converted; the text is for the log."""


async def convert(
    source: Path, media_type: str, target: Path, *, limit_s: float = _LONGEST_S
) -> float:
    """Write `target` as mono MP3; returns its length, seconds.

    Raises:
        ConversionFailed: malformed, silent, too long or too slow; there may be half a target.
    """
    kind = _FORMATS.get(media_type)
    if kind is None:
        raise ConversionFailed(f"unknown media type {media_type}")
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-m", _CHILD, str(source), kind, str(target),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"PATH": os.defpath, "LANG": "C.UTF-8"},
        start_new_session=True,
    )  # fmt: skip
    try:
        async with asyncio.timeout(limit_s):
            told, complaint = await child.communicate()
    except TimeoutError as error:
        raise ConversionFailed(f"took longer than {limit_s:.0f} s") from error
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()
    if child.returncode != 0:
        words = complaint.decode(errors="replace").strip().rpartition("\n")[2]
        raise ConversionFailed(f"ended with {child.returncode}: {words[:200]}")
    return float(told)
