"""Calls of a salon: the key of its chain's telephony, and what becomes of calls there."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from fastapi.responses import HTMLResponse, Response

from kommutator.domain.connection import VOIP_TOKEN
from kommutator.domain.salon.offer import checked_rule, read_rule
from kommutator.domain.tenancy import Permission
from kommutator.doors.console import outcome
from kommutator.doors.console.render import go, page, plain_page
from kommutator.doors.console.visit import PageRoute, Visit, visit
from kommutator.flows.salon.offer import offer_text
from kommutator.kit.errors import VendorError

router = APIRouter(route_class=PageRoute, prefix="/salons")
Seen = Annotated[Visit, Depends(visit)]


@router.get("/{connection_id}/calls")
async def calls_page(see: Seen, connection_id: UUID) -> HTMLResponse:
    enterprise = see.demand(Permission.CONFIGURE)
    record = await see.house.yclients.leave.record(enterprise, connection_id)
    async with see.house.db.single() as unit:
        services = await unit.salon_lists.services(enterprise, connection_id)
        tenant = await unit.enterprises.get(enterprise)
    return await page(
        see,
        "salon_calls.html",
        record=record,
        tab="calls",
        is_on=VOIP_TOKEN in record.sealed,
        rule=read_rule(record.config),
        services=[one for one in services if one.active],
        preview=offer_text(see.house.texts, tenant.locale, record.name, _example(see)),
    )


@router.post("/calls/offer")
async def save_offer(
    see: Seen,
    connection_id: Annotated[UUID, Form()],
    on: Annotated[str, Form()] = "",
    service_id: Annotated[str, Form()] = "",
    begin: Annotated[str, Form()] = "",
    end: Annotated[str, Form()] = "",
) -> Response:
    """The rule "missed call: offer free starts"."""
    enterprise = see.demand(Permission.CONFIGURE)
    chosen = int(service_id) if service_id.isascii() and service_id.isdigit() else None
    rule = checked_rule(on=bool(on), service_id=chosen, begin=begin, end=end)
    await see.house.missed_offers.save(see.actor, enterprise, connection_id, rule)
    return _gone(see, connection_id, "missed_offer_saved")


@router.post("/calls")
async def set_up(
    see: Seen,
    connection_id: Annotated[UUID, Form()],
    key: Annotated[str, Form()] = "",
    recordings: Annotated[str, Form()] = "",
) -> Response:
    """Try the key at the vendor and keep it."""
    enterprise = see.demand(Permission.CONFIGURE)
    try:
        await see.house.salon_telephony.set_up(
            see.actor, enterprise, connection_id, key, recordings=bool(recordings)
        )
    except VendorError as error:
        refused = outcome.of_refusal(see, error)
        return plain_page(see, "parts/result.html", result=refused, state=None)
    return _gone(see, connection_id, "salon_calls_on")


@router.post("/calls/off")
async def switch_off(see: Seen, connection_id: Annotated[UUID, Form()]) -> Response:
    enterprise = see.demand(Permission.CONFIGURE)
    try:
        await see.house.salon_telephony.switch_off(see.actor, enterprise, connection_id)
    except VendorError as error:
        refused = outcome.of_refusal(see, error)
        return plain_page(see, "parts/result.html", result=refused, state=None)
    return _gone(see, connection_id, "salon_calls_off")


def _example(see: Visit) -> list[datetime]:
    """Moments as an offer may name them."""
    tomorrow = datetime.combine(see.house.clock.now().date() + timedelta(days=1), time(12))
    return [tomorrow, tomorrow + timedelta(hours=2), tomorrow + timedelta(days=1)]


def _gone(see: Visit, connection_id: UUID, done: str) -> Response:
    see.house.directory.invalidate(see.demand(Permission.CONFIGURE))
    back = f"/console/salons/{connection_id}/calls"
    if "HX-Request" not in see.request.headers:
        return go(back, done=done)
    return Response(headers={"HX-Redirect": f"{back}?done={done}"})
