"""The check-up page: each red line with its repair, and two trials on request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from fastapi.responses import HTMLResponse

from kommutator.domain.finding import Finding, Health
from kommutator.domain.tenancy import Permission
from kommutator.doors.console.render import page
from kommutator.doors.console.visit import PageRoute, Visit, visit
from kommutator.flows.doctor import Told, tell

router = APIRouter(route_class=PageRoute, prefix="/doctor")
Seen = Annotated[Visit, Depends(visit)]


@router.get("")
async def doctor_page(see: Seen) -> HTMLResponse:
    """The findings come after the page: some looks wait for a vendor."""
    enterprise = see.demand(Permission.CONFIGURE)
    async with see.house.db.unit() as unit:
        extensions = sorted(await unit.extensions.numbers(enterprise))
    return await page(see, "doctor.html", extensions=extensions)


@router.get("/findings")
async def findings(see: Seen) -> HTMLResponse:
    """The platform's own lines are for platform staff; tenants see what concerns them."""
    enterprise = see.demand(Permission.CONFIGURE)
    found = await see.house.doctor.enterprise(enterprise)
    staff = see.actor.enterprise is None
    platform = await see.house.doctor.platform() if staff else []
    return await page(
        see,
        "parts/findings.html",
        groups=[
            (slug, _told(see, lines))
            for slug, lines in (("enterprise", found), ("platform", platform))
            if lines
        ],
        bad=_count([*found, *platform], Health.FAIL),
        warned=_count([*found, *platform], Health.WARN),
    )


@router.post("/ring")
async def ring(see: Seen, extension: Annotated[str, Form()] = "") -> HTMLResponse:
    enterprise = see.demand(Permission.CONFIGURE)
    found = await see.house.trials.ring(see.actor, enterprise, extension.strip())
    return await page(see, "parts/finding.html", finding=tell(see.house.texts, see.locale, found))


@router.post("/crm-record")
async def crm_record(see: Seen) -> HTMLResponse:
    enterprise = see.demand(Permission.CONFIGURE)
    found = await see.house.trials.crm_record(see.actor, enterprise, see.locale)
    return await page(see, "parts/finding.html", finding=tell(see.house.texts, see.locale, found))


def _told(see: Visit, found: Sequence[Finding]) -> list[Told]:
    """What needs a person first, what is well last."""
    order = [Health.FAIL, Health.WARN, Health.SKIPPED, Health.OK]
    ranked = sorted(found, key=lambda finding: order.index(finding.health))
    return [tell(see.house.texts, see.locale, finding) for finding in ranked]


def _count(found: Sequence[Finding], health: Health) -> int:
    return sum(finding.health is health for finding in found)
