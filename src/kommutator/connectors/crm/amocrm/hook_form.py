"""Form bodies in PHP's bracket notation → nested maps, within bounds.

`leads[status][0][id]=1` is `{"leads": {"status": {"0": {"id": "1"}}}}`. Everything is a map and
a string: PHP's lists are maps with the keys "0", "1"…; who wants a list asks `items_in`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from kommutator.kit.errors import InvalidInput

MAX_BYTES = 2 * 1024 * 1024
MAX_FIELDS = 50_000
MAX_DEPTH = 24  # the deepest real one, an answer to a site's form, has seven
MAX_KEY = 512  # characters between two brackets

Tree = dict[str, Any]
"""Name → string or Tree."""


def read_form(body: bytes) -> Tree:
    """The fields of a body, as PHP reads them.

    A name that comes again replaces what was there; `[]` takes the next free number; what
    stands after a closing bracket and is none is dropped; a bracket that never closes is part
    of the name. Bytes that are no UTF-8 are replaced, NULs fall out (PostgreSQL stores none).

    Raises:
        InvalidInput: `amocrm_hook_unreadable`: beyond the bounds above.
    """
    if len(body) > MAX_BYTES or body.count(b"&") >= MAX_FIELDS:
        raise InvalidInput("amocrm_hook_unreadable")
    tree: Tree = {}
    numbers = _Numbers()
    for pair in _with_brackets(body).split(b"&"):
        name, _, value = pair.partition(b"=")
        if path := _path(_text(name)):
            _put(tree, path, _text(value), numbers)
    return tree


def items_in(value: object) -> Iterator[Tree]:
    """The maps of a list as PHP writes it, in the order of the body."""
    if isinstance(value, Mapping):
        yield from (item for item in value.values() if isinstance(item, dict))


def _with_brackets(body: bytes) -> bytes:
    """The same with its brackets unescaped at one go: most names then hold nothing to unescape."""
    return body.replace(b"%5B", b"[").replace(b"%5D", b"]")


def _text(raw: bytes) -> str:
    if b"+" in raw:
        raw = raw.replace(b"+", b" ")
    if b"%" in raw:
        raw = unquote_to_bytes(raw)
    return raw.decode("utf-8", "replace").replace("\x00", "")


def _path(name: str) -> list[str]:
    """The keys of a name; an empty one stands for "the next free number"."""
    name = name.lstrip(" ")
    opening = name.find("[")
    if opening <= 0:
        return _bounded([name]) if name and opening < 0 else []
    keys = [name[:opening]]
    while opening < len(name) and name[opening] == "[":
        closing = name.find("]", opening)
        if closing < 0:
            break
        keys.append(name[opening + 1 : closing])
        opening = closing + 1
    return _bounded(keys if len(keys) > 1 else [name])


def _bounded(keys: list[str]) -> list[str]:
    if len(keys) > MAX_DEPTH or any(len(key) > MAX_KEY for key in keys):
        raise InvalidInput("amocrm_hook_unreadable")
    return keys


class _Numbers:
    """The next free number of each list. Holds the lists, so that no identity comes twice."""

    def __init__(self) -> None:
        self._next: dict[int, tuple[Tree, int]] = {}

    def take(self, place: Tree, key: str) -> str:
        """The key as it is stored; an empty one becomes the next free number."""
        free = self._next.get(id(place), (place, 0))[1]
        named = key or str(free)
        if _is_number(named):
            self._next[id(place)] = (place, max(free, int(named) + 1))
        return named


def _is_number(key: str) -> bool:
    plain = key.isascii() and key.isdigit() and len(key) <= 15  # noqa: PLR2004  as far as PHP counts surely
    return plain and (key == "0" or key[0] != "0")


def _put(tree: Tree, path: list[str], value: str, numbers: _Numbers) -> None:
    place = tree
    for key in path[:-1]:
        named = numbers.take(place, key)
        inner = place.get(named)
        if not isinstance(inner, dict):
            inner = place[named] = {}
        place = inner
    place[numbers.take(place, path[-1])] = value
