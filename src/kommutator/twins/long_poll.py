"""Waiting for a twin's state from outside: control paths that answer when something is so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kommutator.twins.core import Bell, Json

LONGEST_WAIT_SECONDS = 120.0
Query = Mapping[str, str]
_WAIT_WORDS = frozenset({"account", "what", "count", "timeout"})
_ANYTHING = "*"


async def wait_for(bell: Bell, query: Query, items: Callable[[], Sequence[Json]]) -> Json:
    """`?count=2&timeout=5` and any `field=value`, of the rows that `items` gives.

    Answers `{"ok", "items"}` as soon as `count` rows match, or after `timeout` seconds.
    """
    wanted = {name: value for name, value in query.items() if name not in _WAIT_WORDS}
    count = int(query.get("count", "1"))

    def found() -> list[Json]:
        return [row for row in items() if matches(row, wanted)]

    seconds = min(float(query.get("timeout", "10")), LONGEST_WAIT_SECONDS)
    ok = await bell.until(lambda: len(found()) >= count, seconds)
    return {"ok": ok, "items": found()}


async def wait_for_news(bell: Bell, query: Query) -> Json:
    """For a page: answers once anything happened after ring number `after`."""
    after = int(query.get("after", "-1"))
    seconds = min(float(query.get("timeout", "25")), LONGEST_WAIT_SECONDS)
    await bell.until(lambda: bell.rings > after, seconds)
    return {"number": bell.rings}


def matches(row: Mapping[str, Any], wanted: Query) -> bool:
    """Whether a row has these values as text; dots go deeper, `*` is anything but null."""
    return all(_equal(_deep(row, path), text) for path, text in wanted.items())


def _deep(row: Any, path: str) -> Any:
    for part in path.split("."):
        if isinstance(row, Mapping):
            row = row.get(part)
        elif isinstance(row, list) and part.isdigit() and int(part) < len(row):
            row = row[int(part)]
        else:
            return None
    return row


def _equal(value: Any, text: str) -> bool:
    if text == _ANYTHING:
        return value is not None
    if value is None or isinstance(value, bool):
        return text == {None: "null", True: "true", False: "false"}[value]
    return str(value) == text
