"""The fields of a request that may come by query, form or JSON, each of them once.

Two values under one name are read differently by every proxy, log and program on the way, so
what was checked might not be what is called. They are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qsl

from fastapi import Request

from kommutator.kit.errors import InvalidInput
from kommutator.kit.plain_json import read_json

_MOST = 50


async def fields_of(request: Request) -> dict[str, str]:
    """All of them as one map; a body that cannot be read has none.

    Raises:
        InvalidInput: `field_repeated`, for one name with two different values.
    """
    found: dict[str, str] = {}
    for name, value in [*_query(request), *await _body(request)]:
        if found.setdefault(name, value) != value:
            raise InvalidInput("field_repeated", field=name[:40])
    return found


def _query(request: Request) -> Iterator[tuple[str, str]]:
    yield from _pairs(request.url.query)


async def _body(request: Request) -> list[tuple[str, str]]:
    raw = await request.body()
    kind = request.headers.get("content-type", "").lower()
    if kind.startswith("multipart/form-data"):
        form = await request.form(max_fields=_MOST)
        return [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    if "json" not in kind:
        return _pairs(raw.decode("utf-8", "replace"))
    try:
        body = read_json(raw)
    except ValueError:
        return []
    items = list(body.items())[:_MOST] if isinstance(body, dict) else []
    return [(str(name), str(value)) for name, value in items if isinstance(value, str | int)]


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST)
    except ValueError:
        return []
