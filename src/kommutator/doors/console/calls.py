"""Calls: live board, list, card with its story, and the click that starts one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
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
from kommutator.doors.console.render import page
from kommutator.doors.console.story import tell
from kommutator.doors.console.visit import PageRoute, Visit, visit
from kommutator.kit.errors import InvalidInput, NotFound
from kommutator.kit.zones import zone
from kommutator.store.views import AccessViews, CallFilter, CallLine, CallViews

router = APIRouter(route_class=PageRoute)
_PAGE = 50
_TICK_S = 3.0  # how often running seconds are shown anew
_CALM_S = 20.0
_RESULTS = [result.value for result in CallResult]


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filter as the form sends it; empty means all."""

    phone: str = ""
    direction: str = ""
    outcome: str = ""
    extension: str = ""
    day: str = ""

    def any(self) -> bool:
        return bool(self.phone or self.direction or self.outcome or self.extension or self.day)

    def filter(self, tz: ZoneInfo) -> CallFilter:
        return CallFilter(
            direction=self.direction,
            outcome=self.outcome,
            phone=self.phone,
            extension=self.extension,
            since=formats.day_bounds(self.day, tz),
            until=formats.day_bounds(self.day, tz, end=True),
        )

    def query(self) -> dict[str, str]:
        names = ("phone", "direction", "outcome", "extension", "day")
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
        views = CallViews(unit.connection)
        lines = await views.page(
            enterprise, wanted.filter(tz), before=_cursor(before), limit=_PAGE + 1
        )
        live = await views.live(enterprise) if not part else []
    shown, more = lines[:_PAGE], ""
    if len(lines) > _PAGE:
        last = f"{shown[-1].started_at.isoformat()}~{shown[-1].id}"
        more = "/console/calls?" + urlencode({**wanted.query(), "before": last})
    return await page(
        see,
        "parts/call_rows.html" if part else "calls.html",
        calls=shown,
        more=more,
        wanted=wanted,
        filtered=wanted.any() or bool(before),
        results=_RESULTS,
        live=live,
        live_mark=mark(live),
    )


@router.get("/calls/live")
async def live_part(see: Annotated[Visit, Depends(visit)], seen: str = "") -> Response:
    """The live board: at once when it differs from what was seen, else when something happens.

    204 when nothing did; running seconds are shown anew every now and then.
    """
    enterprise = see.demand(Permission.READ_CALLS)
    live = await _live(see, enterprise)
    if seen == mark(live):
        await see.house.news.wait(_about(enterprise), _TICK_S if live else _CALM_S)
        live = await _live(see, enterprise)
    if not live and seen == mark(live):
        return Response(status_code=204)
    return await page(see, "parts/live.html", live=live, live_mark=mark(live))


async def _live(see: Visit, enterprise: EnterpriseNumber) -> Sequence[CallLine]:
    async with see.house.db.unit() as unit:
        return await CallViews(unit.connection).live(enterprise)


def _about(enterprise: EnterpriseNumber) -> Callable[[str], bool]:
    sign = f'"enterprise_number":"{enterprise}"'
    return lambda item: sign in item


@router.get("/calls/card")
async def call_page(
    see: Annotated[Visit, Depends(visit)], call_id: Annotated[str, Query(alias="id")]
) -> HTMLResponse:
    enterprise = see.demand(Permission.READ_CALLS)
    async with see.house.db.unit() as unit:
        told = await tell(unit.connection, enterprise, call_id, see)
    if told is None:
        raise NotFound("call_not_found")
    return await page(see, "call.html", **told)


@router.post("/calls/place")
async def place_call(
    see: Annotated[Visit, Depends(visit)], phone: Annotated[str, Form()]
) -> HTMLResponse:
    """Ring the visitor's own phone, then the client's."""
    enterprise = see.demand(Permission.PLACE_CALLS)
    extension = await _own_extension(see, enterprise)
    request = ClickRequest(phone=phone, requested_by=see.actor.name, code=extension)
    await see.house.clicks.place(enterprise, request)
    said = {"title": see.t("call.placed", extension=extension), "detail": "", "bad": False}
    return await page(see, "parts/toast.html", done=said)


def mark(live: Sequence[CallLine]) -> str:
    """Changes whenever the board would."""
    seen = [(call.id, call.phase, *call.rang, *call.answered_by) for call in live]
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]


async def _own_extension(see: Visit, enterprise: EnterpriseNumber) -> str:
    user_id = see.actor.user_id
    if user_id is not None:
        async with see.house.db.unit() as unit:
            found = await AccessViews(unit.connection).extension_of(enterprise, user_id)
        if found is not None:
            return found
    raise InvalidInput("caller_has_no_extension")


async def _zone_of(connection: Any, enterprise: EnterpriseNumber) -> ZoneInfo:
    row = await AccessViews(connection).enterprise(enterprise)
    return zone(row["time_zone"] if row else "")


def _cursor(text: str) -> tuple[datetime, str] | None:
    moment, _, call_id = text.partition("~")
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        return None
    return (at, call_id) if at.tzinfo is not None else None
