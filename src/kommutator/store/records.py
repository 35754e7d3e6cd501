"""Many rows as one parameter, for `jsonb_to_recordset`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")


def as_records(rows: Sequence[Mapping[str, Any]]) -> str:
    """JSON text to be passed as `$n::text::jsonb`. PostgreSQL knows no NUL: they are dropped."""
    return _NUL.sub(r"\1", msgspec.json.encode(rows).decode())
