"""Counting calls. What the counts mean is said in `domain/statistics.py`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from kommutator.domain.statistics import (
    SERVICE_LEVEL_S,
    SLOT_S,
    Counts,
    Period,
    Report,
    Share,
    Slot,
    Totals,
    Uncalled,
    UncalledList,
    spread,
)
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.views.calls import WORKERS
from kommutator.store.views.rows import Connection, Where

_IN = "direction = 'in'"
_TOOK = "direction = 'in' AND result = 'answered'"
_COUNTS = f"""
count(*) FILTER (WHERE {_TOOK}) AS answered,
count(*) FILTER (WHERE {_IN} AND result IS DISTINCT FROM 'answered') AS missed,
count(*) FILTER (WHERE direction = 'out') AS outgoing,
count(*) FILTER (WHERE direction = 'out' AND result = 'answered') AS reached"""
_MOST_SHARES = 500


@dataclass(frozen=True, slots=True)
class CountFilter:
    """Which calls are counted; "" means all. `direction`: "in" or "out"."""

    line: str = ""
    extension: str = ""
    direction: str = ""


class StatisticsViews:
    """Reads of `calls` for the statistics page; each is one pass over the period."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def report(
        self,
        enterprise: EnterpriseNumber,
        period: Period,
        wanted: CountFilter,
        *,
        within_hours: int,
        most_uncalled: int = 100,
    ) -> Report:
        """All of it. `within_hours`: how long after a missed call a talk is calling back."""
        return Report(
            period=period,
            totals=await self.totals(enterprise, period, wanted),
            spread=spread(await self.slots(enterprise, period, wanted), period),
            lines=await self.lines(enterprise, period, wanted),
            employees=await self.employees(enterprise, period, wanted),
            uncalled=await self.uncalled(
                enterprise, period, wanted, within_hours=within_hours, limit=most_uncalled
            ),
        )

    async def totals(
        self, enterprise: EnterpriseNumber, period: Period, wanted: CountFilter
    ) -> Totals:
        where = _where(enterprise, period, wanted)
        row = await self._connection.fetchrow(
            f"""SELECT {_COUNTS},
                   avg(wait_s) FILTER (WHERE {_TOOK})::float8 AS wait_avg_s,
                   percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY wait_s)
                       FILTER (WHERE {_TOOK}) AS waits,
                   avg(wait_s) FILTER (WHERE {_IN} AND result IS DISTINCT FROM 'answered')::float8
                       AS gave_up_s,
                   coalesce(sum(talk_s), 0)::bigint AS talk_s,
                   avg(talk_s) FILTER (WHERE result = 'answered')::float8 AS talk_avg_s,
                   count(*) FILTER (WHERE {_TOOK} AND wait_s <= {SERVICE_LEVEL_S}) AS quick
                FROM calls WHERE enterprise = $1 {where.sql()}""",
            *where.args,
        )
        median, p90 = row["waits"] or (None, None)
        names = ("wait_avg_s", "gave_up_s", "talk_s", "talk_avg_s", "quick")
        return Totals(
            counts=_counts(row),
            wait_median_s=median,
            wait_p90_s=p90,
            **{name: row[name] for name in names},
        )

    async def slots(
        self, enterprise: EnterpriseNumber, period: Period, wanted: CountFilter
    ) -> list[Slot]:
        where = _where(enterprise, period, wanted)
        rows = await self._connection.fetch(
            f"""SELECT floor(extract(epoch FROM started_at) / {SLOT_S})::bigint AS slot, {_COUNTS}
                FROM calls WHERE enterprise = $1 {where.sql()} GROUP BY 1""",
            *where.args,
        )
        return [
            Slot(datetime.fromtimestamp(row["slot"] * SLOT_S, UTC), _counts(row)) for row in rows
        ]

    async def lines(
        self, enterprise: EnterpriseNumber, period: Period, wanted: CountFilter
    ) -> list[Share]:
        where = _where(enterprise, period, wanted)
        rows = await self._connection.fetch(
            f"""SELECT line AS name, {_COUNTS}, avg(wait_s) FILTER (WHERE {_TOOK})::float8
                    AS wait_avg_s, coalesce(sum(talk_s), 0)::bigint AS talk_s
                FROM calls WHERE enterprise = $1 {where.sql()}
                GROUP BY line ORDER BY count(*) DESC, line LIMIT {_MOST_SHARES}""",
            *where.args,
        )
        return [_share(row) for row in rows]

    async def employees(
        self, enterprise: EnterpriseNumber, period: Period, wanted: CountFilter
    ) -> list[Share]:
        """A call of several employees counts once for each of them."""
        where = _where(enterprise, period, wanted)
        rows = await self._connection.fetch(
            f"""SELECT worker AS name, {_COUNTS},
                    avg(wait_s) FILTER (WHERE {_TOOK} AND worker = answered_by[1])::float8
                        AS wait_avg_s,
                    coalesce(sum(talk_s) FILTER (
                        WHERE worker = answered_by[cardinality(answered_by)]), 0)::bigint AS talk_s
                FROM calls CROSS JOIN LATERAL (
                    SELECT DISTINCT unnest({WORKERS}) AS worker) AS workers
                WHERE enterprise = $1 {where.sql()} AND worker IS NOT NULL
                GROUP BY worker ORDER BY length(worker), worker LIMIT {_MOST_SHARES}""",
            *where.args,
        )
        return [_share(row) for row in rows]

    async def uncalled(
        self,
        enterprise: EnterpriseNumber,
        period: Period,
        wanted: CountFilter,
        *,
        within_hours: int,
        limit: int = 100,
    ) -> UncalledList:
        """Missed calls after which nobody talked with that client within so many hours."""
        where = _where(enterprise, period, wanted)
        where.add(f"{_IN} AND result IS DISTINCT FROM 'answered' AND client IS NOT NULL")
        where.add(
            """NOT EXISTS (SELECT FROM calls later
                   WHERE later.enterprise = $1 AND later.client = missed.client
                     AND later.started_at > missed.started_at
                     AND later.started_at <= missed.started_at + make_interval(hours => {})
                     AND (later.result = 'answered' OR later.phase = 'talking'))""",
            within_hours,
        )
        rows = await self._connection.fetch(
            f"""SELECT client, count(*) AS missed, max(started_at) AS last_at,
                   (array_agg(id ORDER BY started_at DESC, id))[1] AS call_id,
                   (array_agg(line ORDER BY started_at DESC, id))[1] AS line,
                   max(client_name) AS client_name,
                   count(*) OVER () AS clients, sum(count(*)) OVER ()::bigint AS calls
                FROM calls AS missed WHERE enterprise = $1 {where.sql()}
                GROUP BY client ORDER BY max(started_at) DESC, client LIMIT {int(limit)}""",
            *where.args,
        )
        if not rows:
            return UncalledList()
        names = ("client", "client_name", "line", "missed", "last_at", "call_id")
        items = [Uncalled(**{name: row[name] for name in names}) for row in rows]
        return UncalledList(items, rows[0]["clients"], rows[0]["calls"])


def _where(enterprise: EnterpriseNumber, period: Period, wanted: CountFilter) -> Where:
    where = Where(enterprise)
    where.add("started_at >= {} AND started_at < {}", period.since, period.until)
    where.add("phase = 'ended' AND direction IN ('in', 'out')")
    if wanted.direction:
        where.add("direction = {}", wanted.direction)
    if wanted.line:
        where.add("line = {}", wanted.line)
    if wanted.extension:
        where.add(f"{{}} = ANY ({WORKERS})", wanted.extension)
    return where


def _counts(row: Any) -> Counts:
    return Counts(row["answered"], row["missed"], row["outgoing"], row["reached"])


def _share(row: Any) -> Share:
    return Share(row["name"], _counts(row), row["wait_avg_s"], row["talk_s"])
