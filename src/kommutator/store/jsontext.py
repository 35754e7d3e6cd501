"""JSON columns travel as text, so that no pooled connection needs a codec set on it.

Write them as `$n::text::jsonb`, select them as `column::text`.
"""

from __future__ import annotations

from typing import Any

import msgspec

_DECODER = msgspec.json.Decoder()
_ENCODER = msgspec.json.Encoder()


def dump(value: Any) -> str:
    """For a parameter written as `$n::text::jsonb`."""
    return _ENCODER.encode(value).decode()


def load(text: str) -> Any:
    """From a column selected as `column::text`."""
    return _DECODER.decode(text)
