"""A calm first page: what goes on, and what needs a person, with one action each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from kommutator.domain.connection import CRMS, ConnectionKind
from kommutator.domain.tenancy import Permission
from kommutator.doors.console import formats
from kommutator.doors.console.live import live_calls
from kommutator.doors.console.render import go, page
from kommutator.doors.console.visit import PageRoute, Visit, visit
from kommutator.kit.zones import zone
from kommutator.store.views import (
    AccessViews,
    CallViews,
    ConnectionLine,
    ConnectionViews,
    LogViews,
)
from kommutator.store.views.calls import Today

router = APIRouter(route_class=PageRoute)


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that waits for a person; texts `need.<slug>` and `need.<slug>.action`."""

    slug: str
    tone: str
    href: str
    params: dict[str, Any] = field(default_factory=dict)
    detail: str = ""


@router.get("/")
async def overview_page(see: Annotated[Visit, Depends(visit)]) -> Response:
    if see.enterprise is None:
        return go("/console/enterprises")
    enterprise = see.demand(Permission.READ_CALLS)
    async with see.house.db.unit() as unit:
        row = await AccessViews(unit.connection).enterprise(enterprise) or {}
        since = formats.start_of_day(see.house.clock.now(), zone(row.get("time_zone", "")))
        today = await CallViews(unit.connection).today(enterprise, since)
        connections = await ConnectionViews(unit.connection).all(enterprise)
        dead = await LogViews(unit.connection).dead_count(enterprise)
    configures = see.actor.may(Permission.CONFIGURE)
    waiting = await see.house.inbox.waiting(enterprise)
    day = since.astimezone(zone(row.get("time_zone", ""))).date().isoformat()
    return await page(
        see,
        "overview.html",
        needs=list(_needs(connections, dead, see)) if configures else [],
        figures=[*_figures(today, day), ("waiting", waiting, "/console/inbox?show=waiting")],
        connections=connections,
        **await live_calls(see, enterprise, limit=10),
    )


def _figures(today: Today, day: str) -> list[tuple[str, int, str]]:
    def calls(**query: str) -> str:
        return "/console/calls?" + urlencode({**query, "day": day})

    return [
        ("live", today.live, "/console/calls"),
        ("answered", today.answered, calls(outcome="answered")),
        ("missed", today.missed, calls(outcome="missed")),
        ("outgoing", today.outgoing, calls(direction="out")),
    ]


def _needs(connections: Sequence[ConnectionLine], dead: int, see: Visit) -> Iterator[Need]:
    crms = [line for line in connections if line.kind in CRMS]
    if not crms:
        yield Need("connect", "wait", "/console/connections")
    for line in connections:
        yield from _troubles(line, see)
    if dead:
        yield Need("dead", "bad", "/console/log/dead", {"n": dead})
    if any(crm.status == "active" and not _mapped(crm) for crm in crms):
        yield Need("nobody_mapped", "wait", "/console/people")
    if not any(line.kind == ConnectionKind.ASTERISK for line in connections):
        yield Need("connect_pbx", "info", "/console/connections/asterisk")


def _troubles(line: ConnectionLine, see: Visit) -> Iterator[Need]:
    name = see.t(f"kind.{line.kind}")
    href = f"/console/connections/{line.kind}"
    if line.status in ("broken", "draft"):
        tone = "bad" if line.status == "broken" else "wait"
        yield Need(line.status, tone, href, {"name": name}, line.status_detail or "")
    elif line.parked_reason is not None:
        say = partial(see.house.texts.first, see.locale)
        reason = say(f"reason.{line.parked_reason}", "reason.other", reason=line.parked_reason)
        params = {"name": name, "reason": reason}
        yield Need("parked", "bad", href, params, line.parked_detail or "")


def _mapped(crm: ConnectionLine) -> bool:
    return any((crm.config.get("user_extensions") or {}).values())
