"""Calls: list, card with its story, and the click that starts one. The board is in `live.py`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Query, Response
from fastapi.responses import HTMLResponse

from kommutator.domain.clicks import ClickRequest
from kommutator.domain.commands import CallResult
from kommutator.domain.tenancy import EnterpriseNumber, Permission
from kommutator.doors.console import formats
from kommutator.doors.console.card import tell_card
from kommutator.doors.console.live import CALM_S, about, demanded_extension, live_calls
from kommutator.doors.console.render import go, notice, page
from kommutator.doors.console.visit import PageRoute, Visit, visit
from kommutator.kit.errors import NotFound
from kommutator.kit.given import on_calendar
from kommutator.kit.zones import zone
from kommutator.store.views import AccessViews, CallFilter, CallViews

router = APIRouter(route_class=PageRoute)
_PAGE = 50
_RESULTS = [result.value for result in CallResult]


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filter as the form sends it; empty means all. `record`: "missing" or empty."""

    phone: str = ""
    direction: str = ""
    outcome: str = ""
    extension: str = ""
    day: str = ""
    record: str = ""

    def any(self) -> bool:
        return bool(self.query())

    def filter(self, tz: ZoneInfo) -> CallFilter:
        return CallFilter(
            direction=self.direction,
            outcome=self.outcome,
            phone=self.phone,
            extension=self.extension,
            since=formats.day_bounds(self.day, tz),
            until=formats.day_bounds(self.day, tz, end=True),
            unrecorded=self.record == "missing",
        )

    def query(self) -> dict[str, str]:
        names = ("phone", "direction", "outcome", "extension", "day", "record")
        return {name: value for name in names if (value := getattr(self, name))}


@router.get("/calls")
async def calls_page(
    see: Annotated[Visit, Depends(visit)],
    wanted: Annotated[Wanted, Depends()],
    before: str = "",
    part: str = "",
) -> HTMLResponse:
    enterprise = see.demand(Permission.READ_CALLS)
    async with see.house.db.unit() as unit:
        tz = await _zone_of(unit.connection, enterprise)
        lines = await CallViews(unit.connection).page(
            enterprise, wanted.filter(tz), before=_cursor(before), limit=_PAGE + 1
        )
        lost = await CallViews(unit.connection).unrecorded(enterprise)
    shown, more = lines[:_PAGE], ""
    if len(lines) > _PAGE:
        last = f"{shown[-1].started_at.isoformat()}~{shown[-1].id}"
        more = "/console/calls?" + urlencode({**wanted.query(), "before": last})
    live = {} if part else await live_calls(see, enterprise)
    return await page(
        see,
        "parts/call_rows.html" if part else "calls.html",
        calls=shown,
        more=more,
        wanted=wanted,
        filtered=wanted.any() or bool(before),
        results=_RESULTS,
        lost=lost,
        **live,
    )


@router.get("/calls/card")
async def call_page(
    see: Annotated[Visit, Depends(visit)],
    call_id: Annotated[str, Query(alias="id")],
    part: str = "",
    seen: str = "",
) -> Response:
    """The card. Its `part` waits for news while nothing differs from what was `seen`."""
    enterprise = see.demand(Permission.READ_CALLS)
    told = await _tell(see, enterprise, call_id)
    if part and seen == told["card_mark"]:
        await see.house.news.wait(about(enterprise), CALM_S)
        told = await _tell(see, enterprise, call_id)
        if seen == told["card_mark"]:
            return Response(status_code=204)
    return await page(see, "parts/call_card.html" if part else "call.html", **told)


async def _tell(see: Visit, enterprise: EnterpriseNumber, call_id: str) -> dict[str, Any]:
    told = await tell_card(enterprise, call_id, see)
    if told is None:
        raise NotFound("call_not_found")
    return told


@router.post("/calls/place")
async def place_call(
    see: Annotated[Visit, Depends(visit)], phone: Annotated[str, Form()]
) -> Response:
    """Ring the visitor's own phone, then the client's."""
    enterprise = see.demand(Permission.PLACE_CALLS)
    extension = await demanded_extension(see, enterprise)
    request = ClickRequest(phone=phone, requested_by=see.actor.name, code=extension)
    await see.house.clicks.place(enterprise, request)
    if "HX-Request" not in see.request.headers:
        return go("/console/calls", done="call_placed")
    return await notice(see, "call.placed", extension=extension)


@router.post("/calls/recordings/retry")
async def retry_recording(
    see: Annotated[Visit, Depends(visit)],
    name: Annotated[str, Form()],
    call_id: Annotated[str, Form()] = "",
) -> Response:
    """Look for a missing recording once more, at once."""
    enterprise = see.demand(Permission.CONFIGURE)
    await see.house.recordings.retry(see.actor.name, enterprise, name)
    if "HX-Request" not in see.request.headers:
        back = f"/console/calls/card?{urlencode({'id': call_id})}" if call_id else "/console/calls"
        return go(back, done="recording_retried")
    return await notice(see, "done.recording_retried")


async def _zone_of(connection: Any, enterprise: EnterpriseNumber) -> ZoneInfo:
    row = await AccessViews(connection).enterprise(enterprise)
    return zone(row["time_zone"] if row else "")


def _cursor(text: str) -> tuple[datetime, str] | None:
    moment, _, call_id = text.partition("~")
    try:
        return on_calendar(datetime.fromisoformat(moment)), call_id
    except ValueError:
        return None
