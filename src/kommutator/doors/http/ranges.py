"""Parts of a file by HTTP: RFC 9110 §14, one range at a time."""

from __future__ import annotations

import re
from dataclasses import dataclass

_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


class Unsatisfiable(Exception):
    """416: the file has no such part."""


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes `start` to `end`, exclusive."""

    start: int
    end: int


def wanted_part(header: str | None, size: int) -> Part | None:
    """What a Range header asks of a file of `size` bytes; None: all of it.

    Headers that we do not understand, several ranges among them, are to be ignored (§14.2).

    Raises:
        Unsatisfiable: it begins behind the end.
    """
    asked = _RANGE.fullmatch(header.strip()) if header else None
    if asked is None or asked[0] == "bytes=-":
        return None
    first, last = asked[1], asked[2]
    if not first:
        length = int(last)
        if not length or not size:
            raise Unsatisfiable
        return Part(max(0, size - length), size)
    if last and int(last) < int(first):
        return None
    if int(first) >= size:
        raise Unsatisfiable
    return Part(int(first), min(size, int(last) + 1) if last else size)


def still_the_same(header: str | None, etag: str) -> bool:
    """Whether If-Range allows a part; a date is no validator of ours, so it does not."""
    return header is None or header.strip() == etag


def has_it(header: str | None, etag: str) -> bool:
    """Whether If-None-Match names what the asker holds."""
    if header is None:
        return False
    return any(tag.strip().removeprefix("W/") in (etag, "*") for tag in header.split(","))
