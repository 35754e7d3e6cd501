"""How rows of the database become values for pages."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Sequence
from typing import Any, Protocol


class Connection(Protocol):
    """The reading half of an asyncpg connection."""

    def fetch(self, query: str, *args: Any) -> Awaitable[Sequence[Any]]: ...
    def fetchrow(self, query: str, *args: Any) -> Awaitable[Any]: ...
    def fetchval(self, query: str, *args: Any) -> Awaitable[Any]: ...


def document(value: Any) -> dict[str, Any]:
    """A jsonb column as a dict, with or without a codec on the connection."""
    parsed = json.loads(value) if isinstance(value, (str, bytes)) else value
    return parsed if isinstance(parsed, dict) else {}


class Where:
    """Conditions that people chose, with their values as numbered parameters."""

    def __init__(self, *fixed: Any) -> None:
        self.args: list[Any] = list(fixed)
        self._parts: list[str] = []

    def add(self, condition: str, *values: Any) -> None:
        """`condition` has one `{}` per value, e.g. ``"client LIKE {}"``."""
        places = []
        for value in values:
            self.args.append(value)
            places.append(f"${len(self.args)}")
        self._parts.append(condition.format(*places))

    def sql(self) -> str:
        """The conditions, each with a leading AND."""
        return "".join(f" AND {part}" for part in self._parts)
