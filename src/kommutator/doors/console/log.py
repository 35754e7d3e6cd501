"""The exchange log, dead letters and their replay, and the audit log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Query
from fastapi.responses import HTMLResponse, Response

from kommutator.domain.connection import ConnectionKind
from kommutator.domain.tenancy import Permission
from kommutator.doors.console import formats
from kommutator.doors.console.render import go, page
from kommutator.doors.console.visit import PageRoute, Visit, visit
from kommutator.doors.http.paging import BIGGEST_ID
from kommutator.doors.http.v1.words import RowId
from kommutator.flows.house import Replay
from kommutator.kit.errors import NotFound, Unavailable
from kommutator.kit.zones import zone
from kommutator.store.views import AccessViews, LogFilter, LogViews

router = APIRouter(route_class=PageRoute)
Before = Annotated[int | None, Query(ge=1, le=BIGGEST_ID)]
_PAGE = 50
COMMAND_KINDS = (
    "call_record",
    "create_customer",
    "create_order",
    "create_task",
    "create_unsorted",
    "move_lead",
    "add_note",
    "ring_popup",
    "hangup_popup",
    "originate_call",
    "cancel_call",
    "set_presence",
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filter as the form sends it; empty means all."""

    integration_type: str = ""
    event_type: str = ""
    status: str = ""
    words: str = ""
    day: str = ""

    def query(self) -> dict[str, str]:
        names = ("integration_type", "event_type", "status", "words", "day")
        return {name: value for name in names if (value := getattr(self, name))}

    def filter(self, tz: ZoneInfo) -> LogFilter:
        return LogFilter(
            integration_type=self.integration_type,
            event_type=self.event_type,
            status=self.status,
            words=self.words.strip(),
            since=formats.day_bounds(self.day, tz),
            until=formats.day_bounds(self.day, tz, end=True),
        )


@router.get("/log")
async def log_page(
    see: Annotated[Visit, Depends(visit)],
    wanted: Annotated[Wanted, Depends()],
    before: Before = None,
    part: str = "",
) -> HTMLResponse:
    enterprise = see.demand(Permission.CONFIGURE)
    async with see.house.db.unit() as unit:
        row = await AccessViews(unit.connection).enterprise(enterprise) or {}
        views = LogViews(unit.connection)
        lines = await views.page(
            enterprise,
            wanted.filter(zone(row.get("time_zone", ""))),
            before=before,
            limit=_PAGE + 1,
        )
        event_types = await views.event_types(enterprise)
        dead = await views.dead_count(enterprise)
    shown, more = lines[:_PAGE], ""
    if len(lines) > _PAGE:
        more = "/console/log?" + urlencode({**wanted.query(), "before": shown[-1].id})
    return await page(
        see,
        "parts/log_rows.html" if part else "log.html",
        lines=shown,
        more=more,
        wanted=wanted,
        filtered=bool(wanted.query()),
        event_types=event_types,
        kinds=[kind.value for kind in ConnectionKind],
        dead=dead,
    )


@router.get("/log/dead")
async def dead_page(
    see: Annotated[Visit, Depends(visit)], before: Before = None, part: str = ""
) -> HTMLResponse:
    enterprise = see.demand(Permission.CONFIGURE)
    async with see.house.db.unit() as unit:
        lines = await LogViews(unit.connection).dead(enterprise, before=before, limit=_PAGE + 1)
    shown = lines[:_PAGE]
    more = f"/console/log/dead?before={shown[-1]['id']}" if len(lines) > _PAGE else ""
    template = "parts/dead_rows.html" if part else "dead.html"
    return await page(see, template, lines=shown, more=more, command_kinds=COMMAND_KINDS)


@router.get("/log/{attempt_id:int}")
async def bodies_part(see: Annotated[Visit, Depends(visit)], attempt_id: RowId) -> HTMLResponse:
    enterprise = see.demand(Permission.CONFIGURE)
    async with see.house.db.unit() as unit:
        bodies = await LogViews(unit.connection).bodies(enterprise, attempt_id)
    if bodies is None:
        raise NotFound("attempt_not_found")
    return await page(see, "parts/log_bodies.html", bodies=bodies)


@router.get("/audit")
async def audit_page(
    see: Annotated[Visit, Depends(visit)], before: Before = None, part: str = ""
) -> HTMLResponse:
    enterprise = see.demand(Permission.CONFIGURE)
    async with see.house.db.unit() as unit:
        lines = await LogViews(unit.connection).audit(enterprise, before=before, limit=_PAGE + 1)
    shown = lines[:_PAGE]
    more = f"/console/audit?before={shown[-1]['id']}" if len(lines) > _PAGE else ""
    template = "parts/audit_rows.html" if part else "audit.html"
    return await page(see, template, lines=shown, more=more)


@router.post("/log/replay")
async def replay_one(
    see: Annotated[Visit, Depends(visit)], outbox_id: Annotated[int, Form(ge=1, le=BIGGEST_ID)]
) -> HTMLResponse:
    """Queue one given-up command again; the answer takes the button's place."""
    enterprise = see.demand(Permission.CONFIGURE)
    replayed = await _replay(see).commands(enterprise, [outbox_id], actor=see.actor.name)
    if not replayed:
        raise NotFound("command_not_replayable")
    said = {"title": see.t("log.replayed"), "detail": "", "bad": False}
    return await page(see, "parts/replayed.html", done=said)


@router.post("/log/replay-range")
async def replay_range(
    see: Annotated[Visit, Depends(visit)],
    kind: Annotated[str, Form()] = "",
    since: Annotated[str, Form()] = "",
    until: Annotated[str, Form()] = "",
) -> Response:
    """Queue again all that was given up in these days, of one kind or of all."""
    enterprise = see.demand(Permission.CONFIGURE)
    async with see.house.db.unit() as unit:
        row = await AccessViews(unit.connection).enterprise(enterprise) or {}
        tz = zone(row.get("time_zone", ""))
        ids = await LogViews(unit.connection).dead_ids(
            enterprise,
            kind=kind,
            since=formats.day_bounds(since, tz),
            until=formats.day_bounds(until, tz, end=True),
        )
    if not ids:
        raise NotFound("nothing_to_replay")
    await _replay(see).commands(enterprise, ids, actor=see.actor.name)
    return go("/console/log/dead", done="replayed")


def _replay(see: Visit) -> Replay:
    if see.house.replay is None:
        raise Unavailable("replay_elsewhere")
    return see.house.replay
