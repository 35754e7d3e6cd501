"""How the calls of a period went, and the calls themselves as a file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import Field

from kommutator.domain.statistics import (
    SERVICE_LEVEL_S,
    Counts,
    Period,
    Report,
    Share,
    choose_period,
)
from kommutator.domain.tenancy import Permission
from kommutator.doors.http import sheets
from kommutator.doors.http.auth import Tenant, demand, house_of
from kommutator.doors.http.v1.words import ExtensionNumber, Found, Shown
from kommutator.kit.errors import NotFound
from kommutator.kit.zones import zone
from kommutator.store.views import (
    AccessViews,
    CallFilter,
    CallLine,
    CountFilter,
    StatisticsViews,
)

router = APIRouter(tags=["statistics"])
Reader = Annotated[Tenant, Depends(demand(Permission.READ_CALLS))]
_COLUMNS = (
    "id", "direction", "client", "client_name", "line", "result", "reason", "rang", "answered_by",
    "started_at", "answered_at", "ended_at", "wait_s", "talk_s", "requested_by",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """Which calls; days are the enterprise's own."""

    period: Annotated[
        Literal["today", "yesterday", "7", "30", "own"],
        Query(description="`own`: from `first` to `last`; 7 and 30 days end today."),
    ] = "7"
    first: Annotated[date | None, Query(description="With `own`; inclusive.")] = None
    last: Annotated[date | None, Query(description="With `own`; inclusive.")] = None
    line: Annotated[Found, Query(description="The company's number.")] = ""
    extension: Annotated[ExtensionNumber | None, Query(description="Whose calls.")] = None
    direction: Literal["in", "out"] | None = None


class CountsShown(Shown):
    answered: int = Field(description="Incoming, talked with.")
    missed: int = Field(description="Incoming, nobody talked with the client.")
    outgoing: int
    reached: int = Field(description="Outgoing that ended in a conversation.")


class TotalsShown(CountsShown):
    """Seconds; null where there is nothing to average."""

    wait_avg_s: float | None
    wait_median_s: float | None
    wait_p90_s: float | None
    gave_up_s: float | None = Field(description="How long clients of missed calls waited.")
    talk_s: int
    talk_avg_s: float | None
    service_level: float | None = Field(
        description=f"Share of incoming calls answered within {SERVICE_LEVEL_S} s."
    )


class DayShown(CountsShown):
    day: date


class HourShown(CountsShown):
    weekday: int = Field(description="0 is Monday.")
    hour: int


class ShareShown(CountsShown):
    name: str | None = Field(description="The line's number, or the extension.")
    wait_avg_s: float | None
    talk_s: int


class UncalledShown(Shown):
    client: str
    client_name: str | None
    line: str | None
    missed: int
    last_at: datetime
    call_id: str


class StatisticsShown(Shown):
    since: datetime
    until: datetime = Field(description="The first moment after the period.")
    time_zone: str
    totals: TotalsShown
    days: list[DayShown]
    hours: list[HourShown] = Field(description="Hours of the week in which there were calls.")
    lines: list[ShareShown]
    employees: list[ShareShown]
    not_called_back: list[UncalledShown] = Field(description="The newest hundred clients.")
    not_called_back_clients: int
    not_called_back_calls: int


@router.get("/statistics", summary="Show statistics of calls")
async def show_statistics(
    request: Request,
    tenant: Reader,
    asked: Annotated[Asked, Depends()],
    within_hours: Annotated[
        int, Query(ge=1, le=720, description="A talk so long after a missed call is calling back.")
    ] = 24,
) -> StatisticsShown:
    """Ended calls with clients; internal ones are not counted."""
    period = await _period(request, tenant, asked)
    wanted = CountFilter(asked.line, asked.extension or "", asked.direction or "")
    async with house_of(request).db.unit() as unit:
        report = await StatisticsViews(unit.connection).report(
            tenant.enterprise, period, wanted, within_hours=within_hours
        )
    return _shown(report)


@router.get(
    "/calls.csv",
    summary="Download calls as CSV",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
async def download_calls(
    request: Request,
    tenant: Reader,
    asked: Annotated[Asked, Depends()],
    separator: Literal["comma", "semicolon"] = "comma",
) -> StreamingResponse:
    """The calls that statistics count, newest first. UTF-8 with a byte order mark.

    A cell that a spreadsheet would take for a formula gets an apostrophe, `+375…` too.
    """
    period = await _period(request, tenant, asked)
    wanted = CallFilter(
        direction=asked.direction,
        since=period.since,
        until=period.until,
        line=asked.line,
        worker=asked.extension,
        counted=True,
    )
    return sheets.download(
        _COLUMNS,
        sheets.calls(house_of(request).db, tenant.enterprise, wanted, _row),
        name=f"calls-{period.first}-{period.last}",
        separator=separator,
    )


async def _period(request: Request, tenant: Tenant, asked: Asked) -> Period:
    house = house_of(request)
    async with house.db.unit() as unit:
        row = await AccessViews(unit.connection).enterprise(tenant.enterprise)
    if row is None:
        raise NotFound("enterprise_not_found", enterprise=tenant.enterprise)
    first, last = (day.isoformat() if day else "" for day in (asked.first, asked.last))
    return choose_period(
        asked.period, first, last, now=house.clock.now(), zone=zone(row["time_zone"])
    )


def _row(call: CallLine) -> list[object]:
    def plain(value: object) -> object:
        if isinstance(value, datetime):
            return value.isoformat()
        return " ".join(value) if isinstance(value, (list, tuple)) else value

    return [plain(getattr(call, name)) for name in _COLUMNS]


def _shown(report: Report) -> StatisticsShown:
    totals = report.totals
    own = ("wait_avg_s", "wait_median_s", "wait_p90_s", "gave_up_s", "talk_s", "talk_avg_s")
    return StatisticsShown(
        since=report.period.since,
        until=report.period.until,
        time_zone=report.period.zone.key,
        totals=TotalsShown(
            **_counts(totals.counts),
            **{name: getattr(totals, name) for name in own},
            service_level=totals.service_level,
        ),
        days=[DayShown(day=day, **_counts(c)) for day, c in report.spread.days.items()],
        hours=[
            HourShown(weekday=weekday, hour=hour, **_counts(c))
            for weekday, hours in enumerate(report.spread.hours)
            for hour, c in enumerate(hours)
            if c.incoming or c.outgoing
        ],
        lines=[_share(x) for x in report.lines],
        employees=[_share(x) for x in report.employees],
        not_called_back=[UncalledShown.model_validate(x) for x in report.uncalled.items],
        not_called_back_clients=report.uncalled.clients,
        not_called_back_calls=report.uncalled.calls,
    )


def _share(share: Share) -> ShareShown:
    return ShareShown(
        name=share.name,
        wait_avg_s=share.wait_avg_s,
        talk_s=share.talk_s,
        **_counts(share.counts),
    )


def _counts(counts: Counts) -> dict[str, int]:
    return {name: getattr(counts, name) for name in ("answered", "missed", "outgoing", "reached")}
