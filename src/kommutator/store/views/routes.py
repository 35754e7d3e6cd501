"""Answers to "who should take this call?", for pages."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.views.rows import Connection

_COLUMNS = "r.id, r.at, r.caller, r.line, r.extension, r.why, r.age_s, r.skipped, r.remembered"


@dataclass(frozen=True, slots=True)
class RouteLine:
    """One answer given.

    Attributes:
        call_id: of the call it became, under the name that pages know; None if it became none.
        extension: None: the PBX's own group rang.
        why: catalog key.
        age_s: how old the knowledge behind it was, where that means anything.
        skipped: (extension, slug of `route.skip.*`) of those who could not take it.
    """

    at: datetime
    call_id: str | None
    caller: str | None
    line: str | None
    extension: str | None
    why: str
    age_s: float | None
    skipped: Sequence[tuple[str, str]]
    remembered: bool


class RouteViews:
    """Reads of `route_answers`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def of_calls(
        self, enterprise: EnterpriseNumber, call_ids: Sequence[str]
    ) -> Mapping[str, RouteLine]:
        """Call → the last answer about it; also of legs that were merged into the call."""
        rows = await self._connection.fetch(
            f"""WITH names AS (
                    SELECT id AS call_id, id AS name FROM unnest($2::text[]) AS n (id)
                    UNION SELECT call_id, alias FROM call_aliases
                     WHERE enterprise = $1 AND call_id = ANY ($2::text[]))
                SELECT DISTINCT ON (n.call_id) n.call_id, {_COLUMNS}
                FROM names n JOIN route_answers r ON r.enterprise = $1 AND r.call_id = n.name
                ORDER BY n.call_id, r.id DESC""",
            enterprise,
            list(call_ids),
        )
        return {row["call_id"]: _line(row) for row in rows}

    async def latest(self, enterprise: EnterpriseNumber, *, limit: int = 50) -> list[RouteLine]:
        """Newest first."""
        rows = await self._connection.fetch(
            f"""SELECT {_COLUMNS}, coalesce(
                    (SELECT c.id FROM calls c WHERE c.enterprise = $1 AND c.id = r.call_id
                        AND c.phase <> 'merged'),
                    (SELECT a.call_id FROM call_aliases a
                      WHERE a.enterprise = $1 AND a.alias = r.call_id)) AS call_id
                FROM route_answers r WHERE r.enterprise = $1 ORDER BY r.id DESC LIMIT {int(limit)}
            """,
            enterprise,
        )
        return [_line(row) for row in rows]


def _line(row: Any) -> RouteLine:
    skipped = row["skipped"]
    pairs = json.loads(skipped) if isinstance(skipped, (str, bytes)) else skipped
    names = ("at", "call_id", "caller", "line", "extension", "why", "age_s", "remembered")
    return RouteLine(
        **{name: row[name] for name in names},
        skipped=[(str(extension), str(reason)) for extension, reason in pairs or ()],
    )
