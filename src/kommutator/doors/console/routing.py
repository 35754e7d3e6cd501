"""Whose phone rings: the rules, a try-out by them, and the answers given lately."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, Response

from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.tenancy import EnterpriseNumber, Permission
from kommutator.doors.console import routing_form as forms
from kommutator.doors.console.formats import weekdays
from kommutator.doors.console.live import holders_of, shown_route
from kommutator.doors.console.render import go, page
from kommutator.doors.console.route_words import explain_route
from kommutator.doors.console.visit import PageRoute, Visit, visit
from kommutator.flows.forms import ConnectionForm
from kommutator.flows.try_route import try_route
from kommutator.kit.errors import NotFound
from kommutator.store.views import AccessViews, ConnectionViews, RouteViews

router = APIRouter(route_class=PageRoute, prefix="/routing")
Seen = Annotated[Visit, Depends(visit)]
_PAGE = "/console/routing"
_ANSWERS = 50
_KIND = ConnectionKind.ASTERISK


@router.get("")
async def routing_page(see: Seen) -> HTMLResponse:
    enterprise = see.demand(Permission.CONFIGURE)
    async with see.house.db.unit() as unit:
        pbx = await ConnectionViews(unit.connection).of_kind(enterprise, _KIND.value)
        phones = await AccessViews(unit.connection).extensions(enterprise)
        answers = await RouteViews(unit.connection).latest(enterprise, limit=_ANSWERS)
    holders = holders_of(phones)
    config = pbx.config if pbx else {}
    return await page(
        see,
        "routing.html",
        c=pbx,
        phones=phones,
        numbers=config.get("numbers") or {},
        rules=forms.RULES,
        weekdays=dict(zip(forms.DAYS, weekdays(see.locale), strict=True)),
        answers=[(answer, shown_route(answer, holders, see)) for answer in answers],
        **forms.shown(config.get("routing") or {}),
    )


@router.post("")
async def save_routing(see: Seen) -> Response:
    """Store the rules. A button that moves a step saves, too: so the form works without scripts."""
    enterprise = see.demand(Permission.CONFIGURE)
    pbx = await _pbx(see, enterprise)
    routing = await _sent(see, enterprise, pbx)
    form = ConnectionForm(_KIND, pbx.base_url.partition("://")[2], config={"routing": routing})
    await see.house.set_up.save(see.actor, enterprise, form)
    see.house.directory.invalidate(enterprise)
    return go(_PAGE, done="saved")


@router.post("/try")
async def try_out(see: Seen) -> HTMLResponse:
    """Who would be rung by the rules on the page, saved or not. Writes nothing."""
    enterprise = see.demand(Permission.CONFIGURE)
    pbx = await _pbx(see, enterprise)
    sent = await see.request.form()
    routing = await _sent(see, enterprise, pbx)
    answer = await try_route(
        see.house.db,
        see.house.directory,
        pbx,
        clock=see.house.clock,
        routing=routing,
        caller=str(sent.get("try_caller", "")),
        line=str(sent.get("try_line", "")),
    )
    async with see.house.db.unit() as unit:
        phones = await AccessViews(unit.connection).extensions(enterprise)
    told = explain_route(
        extension=answer.extension,
        why=answer.why,
        age_s=answer.age_s,
        skipped=answer.skipped,
        remembered=answer.remembered,
        holders=holders_of(phones),
        say=partial(see.house.texts.first, see.locale),
        locale=see.locale,
    )
    part = "HX-Request" in see.request.headers
    return await page(see, "parts/route_try.html" if part else "routing_try.html", route=told)


async def _pbx(see: Visit, enterprise: EnterpriseNumber) -> Account:
    found = await see.house.directory.account_of(enterprise, _KIND)
    if found is None:
        raise NotFound("connection_not_set_up", kind=_KIND.value)
    return found


async def _sent(see: Visit, enterprise: EnterpriseNumber, pbx: Account) -> dict[str, Any]:
    sent = await see.request.form()
    order = [str(step) for step in sent.getlist("order")]
    if move := sent.get("move"):
        order = forms.moved(order, str(move))
    async with see.house.db.unit() as unit:
        known = await unit.extensions.numbers(enterprise)
    fields = {name: str(value) for name, value in sent.items()}
    return forms.read(fields, order, known, str(pbx.config.get("region") or "RU"))
