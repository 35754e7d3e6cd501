"""How the calls of a period went: figures, charts, whom to call back, and all of it as files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, Response

from kommutator.domain.statistics import (
    PERIODS,
    SERVICE_LEVEL_S,
    Counts,
    Period,
    Report,
    choose_period,
)
from kommutator.domain.tenancy import EnterpriseNumber, Permission
from kommutator.doors.console import formats
from kommutator.doors.console import statistics_sheets as tables
from kommutator.doors.console.render import page
from kommutator.doors.console.visit import PageRoute, Visit, visit
from kommutator.doors.http import sheets
from kommutator.kit.errors import InvalidInput
from kommutator.kit.given import whole
from kommutator.kit.zones import zone
from kommutator.store.views import AccessViews, CallFilter, CountFilter, StatisticsViews

router = APIRouter(route_class=PageRoute, prefix="/statistics")
Seen = Annotated[Visit, Depends(visit)]
_HERE = "/console/statistics"
_WITHIN_HOURS = (1, 4, 24, 72)
_DEFAULT_WITHIN = 24
_SHADES = 5
_MOST_ON_PAGE = 25
_MOST_IN_FILE = 10_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filter as the form sends it."""

    period: str = "7"
    first: str = ""
    last: str = ""
    line: str = ""
    extension: str = ""
    direction: str = ""
    within: str = ""

    @property
    def within_hours(self) -> int:
        hours = whole(self.within)
        return hours if hours in _WITHIN_HOURS else _DEFAULT_WITHIN

    def counted(self) -> CountFilter:
        direction = self.direction if self.direction in ("in", "out") else ""
        return CountFilter(self.line.strip(), self.extension.strip(), direction)

    def query(self) -> dict[str, str]:
        names = ("period", "first", "last", "line", "extension", "direction", "within")
        return {name: value for name in names if (value := getattr(self, name))}


@router.get("")
async def statistics_page(see: Seen, wanted: Annotated[Wanted, Depends()]) -> HTMLResponse:
    enterprise = see.demand(Permission.READ_CALLS)
    period = await _period(see, enterprise, wanted)
    async with see.house.db.unit() as unit:
        report = await StatisticsViews(unit.connection).report(
            enterprise,
            period,
            wanted.counted(),
            within_hours=wanted.within_hours,
            most_uncalled=_MOST_ON_PAGE,
        )
        held = await AccessViews(unit.connection).extensions(enterprise)
    return await page(
        see,
        "statistics.html",
        wanted=wanted,
        period=period,
        periods=PERIODS,
        report=report,
        figures=list(_figures(report, see)),
        days=[
            (day, formats.day(day, see.locale), counts)
            for day, counts in report.spread.days.items()
        ],
        weekdays=formats.weekdays(see.locale),
        shade=lambda counts: _shade(counts, report),
        lines=_named(report.lines),
        extensions=held,
        holders={row["phone_number"]: row["holder"] for row in held},
        withins=_WITHIN_HOURS,
        files=tables.FILES,
        separators=_separators(see.locale),
        calls_link=lambda **more: _calls_link(wanted, **more),
    )


@router.get("/export")
async def export(
    see: Seen,
    wanted: Annotated[Wanted, Depends()],
    what: str = "calls",
    separator: str = "semicolon",
) -> Response:
    """One table, or the calls themselves, as CSV in the visitor's language and zone of time."""
    enterprise = see.demand(Permission.READ_CALLS)
    if what not in tables.FILES or separator not in sheets.SEPARATORS:
        raise InvalidInput("export_unknown", what=what[:20])
    period = await _period(see, enterprise, wanted)
    name = f"{what}-{enterprise}-{period.first}-{period.last}"
    words = tables.Words(see.t, period.zone, formats.weekdays(see.locale))
    if what == "calls":
        return sheets.download(
            words.call_head(),
            sheets.calls(see.house.db, enterprise, _calls(period, wanted), words.call),
            name=name,
            separator=separator,
        )
    async with see.house.db.unit() as unit:
        report = await StatisticsViews(unit.connection).report(
            enterprise,
            period,
            wanted.counted(),
            within_hours=wanted.within_hours,
            most_uncalled=_MOST_IN_FILE,
        )
    head, *rows = words.table(what, report)
    return sheets.download(head, sheets.at_once(rows), name=name, separator=separator)


async def _period(see: Visit, enterprise: EnterpriseNumber, wanted: Wanted) -> Period:
    async with see.house.db.unit() as unit:
        row = await AccessViews(unit.connection).enterprise(enterprise)
    tz = zone(row["time_zone"] if row else "")
    now = see.house.clock.now()
    return choose_period(wanted.period, wanted.first, wanted.last, now=now, zone=tz)


def _calls(period: Period, wanted: Wanted) -> CallFilter:
    asked = wanted.counted()
    return CallFilter(
        direction=asked.direction,
        since=period.since,
        until=period.until,
        line=asked.line,
        worker=asked.extension,
        counted=True,
    )


def _figures(report: Report, see: Visit) -> Iterator[tuple[str, str, str]]:
    """Slug, figure, and the remark below it."""
    totals, t = report.totals, see.t
    counts = totals.counts
    share = formats.percent
    yield "answered", str(counts.answered), t("stats.of_incoming", n=counts.incoming)
    yield "missed", str(counts.missed), t("stats.share", share=share(totals.missed_share))
    yield "uncalled", str(report.uncalled.clients), t("stats.calls", n=report.uncalled.calls)
    yield "outgoing", str(counts.outgoing), t("stats.reached", n=counts.reached)
    yield (
        "service",
        share(totals.service_level),
        t("stats.service.words", seconds=SERVICE_LEVEL_S),
    )
    yield (
        "wait",
        formats.span(totals.wait_avg_s),
        t(
            "stats.wait.words",
            median=formats.span(totals.wait_median_s),
            p90=formats.span(totals.wait_p90_s),
        ),
    )
    yield "gave_up", formats.span(totals.gave_up_s), t("stats.gave_up.words")
    talk = t("stats.talk.words", average=formats.span(totals.talk_avg_s))
    yield "talk", formats.span(totals.talk_s), talk


def _shade(counts: Counts, report: Report) -> int:
    """0 (no incoming calls) to 5 (the busiest hour of the week)."""
    if not counts.incoming:
        return 0
    return max(1, round(counts.incoming / report.spread.busiest * _SHADES))


def _named(shares: Sequence[Any]) -> list[str]:
    return sorted(share.name for share in shares if share.name)


def _separators(locale: str) -> Sequence[str]:
    """The one that this language's spreadsheets expect comes first."""
    return ("comma", "semicolon") if locale == "en" else ("semicolon", "comma")


def _calls_link(wanted: Wanted, **more: str) -> str:
    """The list of calls behind a figure."""
    query = {"extension": wanted.extension, "direction": wanted.direction, **more}
    return "/console/calls?" + urlencode({name: value for name, value in query.items() if value})
