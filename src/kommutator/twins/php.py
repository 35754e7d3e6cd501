"""How PHP reads a query and a form: brackets become maps."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

Json = dict[str, Any]

_KEY = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])+)$")
_PART = re.compile(r"\[([^\[\]]*)\]")


def parse_php(pairs: Iterable[tuple[str, str]]) -> Json:
    """`filter[sites][]=a` becomes `{"filter": {"sites": {"0": "a"}}}`; later plain values win."""
    result: Json = {}
    for key, value in pairs:
        match = _KEY.match(key)
        if match is None:
            result[key] = value
            continue
        _put(result, [match[1], *_PART.findall(match[2])], value)
    return result


def _put(target: Json, path: list[str], value: str) -> None:
    for part in path[:-1]:
        key = part or str(len(target))
        inner = target.get(key)
        if not isinstance(inner, dict):
            inner = {}
            target[key] = inner
        target = inner
    target[path[-1] or str(len(target))] = value
