"""Is everything well, and if not, where? For the tenant's administrator and for support."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, Response

from kommutator.connectors.pbx.asterisk.errors import trouble_of
from kommutator.domain.tenancy import EnterpriseNumber, Permission
from kommutator.doors.console.render import page
from kommutator.doors.console.visit import PageRoute, Visit, visit
from kommutator.store.views import ConnectionLine, ConnectionViews, HealthViews

router = APIRouter(route_class=PageRoute)
Seen = Annotated[Visit, Depends(visit)]
_SILENT_S = 30.0
_PRIVATE = ("config",)  # phone lines and names; support asks for them if needed


@dataclass(frozen=True, slots=True)
class Part:
    """One dependency and how it fares."""

    slug: str
    ok: bool
    words: str


@router.get("/diagnostics")
async def diagnostics_page(see: Seen) -> HTMLResponse:
    enterprise = see.demand(Permission.CONFIGURE)
    facts = await _facts(see, enterprise)
    cache = sorted(see.house.directory.stats().items())
    return await page(
        see,
        "diagnostics.html",
        connections=facts["connections"],
        journal=facts["journal"],
        workers=facts["workers"] if see.actor.enterprise is None else [],
        parts=_parts(see, facts["workers"]),
        trouble_of=trouble_of,
        cache=[(name, f"{value:g}") for name, value in cache],
    )


@router.get("/diagnostics/download")
async def download(see: Seen) -> Response:
    """The same as a file for support, without secrets and without clients' numbers."""
    enterprise = see.demand(Permission.CONFIGURE)
    facts = await _facts(see, enterprise)
    report = {
        "at": see.house.clock.now(),
        "enterprise": enterprise,
        "connections": [
            {"line": _public(found["line"]), "error": found["error"], "success": found["success"]}
            for found in facts["connections"]
        ],
        "journal": asdict(facts["journal"]),
        "workers": len(facts["workers"]),
        "cache": dict(see.house.directory.stats()),
    }
    return Response(
        json.dumps(report, ensure_ascii=False, indent=2, default=str),
        media_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="kommutator-{enterprise}.json"'},
    )


async def _facts(see: Visit, enterprise: EnterpriseNumber) -> dict[str, Any]:
    async with see.house.db.unit() as unit:
        health = HealthViews(unit.connection)
        lines = await ConnectionViews(unit.connection).all(enterprise)
        connections = [
            {
                "line": line,
                "error": await health.latest(enterprise, line.id, "error"),
                "success": await health.latest(enterprise, line.id, "success"),
            }
            for line in lines
        ]
        return {
            "connections": connections,
            "journal": await health.journal(enterprise),
            "workers": await health.workers_everywhere(),
        }


def _parts(see: Visit, workers: Sequence[Mapping[str, Any]]) -> list[Part]:
    alive = sum(1 for worker in workers if worker["silent_s"] < _SILENT_S)
    return [
        Part("database", ok=True, words=see.t("diagnostics.words.ok")),
        Part("workers", ok=alive > 0, words=see.t("diagnostics.words.workers", n=alive)),
    ]


def _public(line: ConnectionLine) -> dict[str, Any]:
    return {name: value for name, value in asdict(line).items() if name not in _PRIVATE}
