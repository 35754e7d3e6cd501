"""JSON from strangers: whatever cannot be read is one error, however it was broken."""

from __future__ import annotations

from typing import Any

import msgspec


def read_json(raw: bytes | str) -> Any:
    """The value that the text means.

    Raises:
        ValueError: no JSON, no UTF-8, or nested deeper than the parser goes.
    """
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError("not readable as JSON") from error
