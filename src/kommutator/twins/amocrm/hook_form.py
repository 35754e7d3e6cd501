"""The body of a webhook: PHP's bracket notation, urlencoded (contract §1.6).

Every value travels as a string: true is "1", false is "0", null is left out, as PHP's
`http_build_query` does it; brackets are percent-encoded and a space is `+`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote_plus


def encode_form(body: Mapping[str, Any]) -> str:
    """The nested `body` as one urlencoded string, keys in the order they stand in."""
    return "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs(body))


def pairs(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """`leads[add][0][id]`, `"1"` and so on, not encoded yet."""
    for name, value in body.items():
        yield from _walk(str(name), value)


def _walk(name: str, value: Any) -> Iterator[tuple[str, str]]:
    match value:
        case None:
            return
        case bool():
            yield name, "1" if value else "0"
        case Mapping():
            for key, part in value.items():
                yield from _walk(f"{name}[{key}]", part)
        case list() | tuple():
            for place, part in enumerate(value):
                yield from _walk(f"{name}[{place}]", part)
        case float() if value.is_integer():
            yield name, str(int(value))
        case _:
            yield name, str(value)
