"""Campaigns: the list, one campaign live, its form, and numbers that are never called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response
from fastapi.responses import HTMLResponse
from starlette.datastructures import UploadFile

from kommutator.domain.campaigns.numbers import MOST_BYTES
from kommutator.domain.campaigns.plan import DAYS
from kommutator.domain.campaigns.results import CallOutcome
from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.tenancy import EnterpriseNumber, Permission
from kommutator.doors.console import campaign_form as forms
from kommutator.doors.console.formats import weekdays
from kommutator.doors.console.render import go, page
from kommutator.doors.console.visit import PageRoute, Visit, visit
from kommutator.flows.campaigns.fill import read_filling
from kommutator.flows.campaigns.keep import Shown
from kommutator.flows.campaigns.unwanted import Marked
from kommutator.kit.errors import InvalidInput
from kommutator.kit.uploaded import uploaded_text
from kommutator.kit.zones import zone
from kommutator.store.views import AccessViews, ConnectionViews

router = APIRouter(route_class=PageRoute)
Seen = Annotated[Visit, Depends(visit)]
_HERE = "/console/campaigns"
_ITEMS = 50
_CALLS = 10
_FUNNEL = tuple(outcome.value for outcome in CallOutcome)
_STATES = ("waiting", "calling", "done")


@router.get("/campaigns")
async def campaigns_page(see: Seen) -> HTMLResponse:
    enterprise = see.demand(Permission.READ_CALLS)
    found = await see.house.campaigns.page(enterprise, limit=100)
    unwanted = await see.house.do_not_call.count(enterprise)
    return await page(see, "campaigns.html", campaigns=found, unwanted=unwanted)


@router.get("/campaigns/new")
async def new_page(see: Seen) -> HTMLResponse:
    return await _form(see, see.demand(Permission.CONFIGURE), None)


@router.post("/campaigns/new")
async def create(see: Seen) -> Response:
    enterprise = see.demand(Permission.CONFIGURE)
    name, plan = await _sent(see, enterprise, None)
    made = await see.house.campaigns.create(see.actor, enterprise, name, plan)
    return go(f"{_HERE}/{made.row.id}", done="saved")


@router.get("/campaigns/{campaign_id}")
async def campaign_page(
    see: Seen, campaign_id: UUID, state: str = "", after: int = 0
) -> HTMLResponse:
    enterprise = see.demand(Permission.READ_CALLS)
    found = await see.house.campaigns.get(enterprise, campaign_id)
    state = state if state in _STATES else ""
    items = await see.house.campaigns.items(
        enterprise, campaign_id, after=max(0, after), state=state or None, limit=_ITEMS + 1
    )
    return await page(
        see,
        "campaign.html",
        **await _state(see, enterprise, found),
        items=items[:_ITEMS],
        more=items[_ITEMS - 1].id if len(items) > _ITEMS else 0,
        states=_STATES,
        chosen=state,
    )


@router.get("/campaigns/{campaign_id}/state")
async def state_part(see: Seen, campaign_id: UUID) -> HTMLResponse:
    """How far it is; asked again while it runs."""
    enterprise = see.demand(Permission.READ_CALLS)
    return await _state_part(see, enterprise, campaign_id)


@router.get("/campaigns/{campaign_id}/edit")
async def edit_page(see: Seen, campaign_id: UUID) -> HTMLResponse:
    enterprise = see.demand(Permission.CONFIGURE)
    return await _form(see, enterprise, await see.house.campaigns.get(enterprise, campaign_id))


@router.post("/campaigns/{campaign_id}/edit")
async def change(see: Seen, campaign_id: UUID) -> Response:
    enterprise = see.demand(Permission.CONFIGURE)
    before = await see.house.campaigns.get(enterprise, campaign_id)
    name, plan = await _sent(see, enterprise, before)
    await see.house.campaigns.change(see.actor, enterprise, campaign_id, name=name, plan=plan)
    return go(f"{_HERE}/{campaign_id}", done="saved")


@router.post("/campaigns/{campaign_id}/move")
async def move(see: Seen, campaign_id: UUID, to: Annotated[str, Form()]) -> Response:
    """Start, pause, stop or delete."""
    enterprise = see.demand(Permission.CONFIGURE)
    campaigns = see.house.campaigns
    if to == "delete":
        await campaigns.delete(see.actor, enterprise, campaign_id)
        return go(_HERE, done="deleted")
    ways = {"start": campaigns.start, "pause": campaigns.pause, "stop": campaigns.stop}
    if to not in ways:
        raise InvalidInput("campaign_invalid", field="state")
    await ways[to](see.actor, enterprise, campaign_id)
    if "HX-Request" in see.request.headers:
        return await _state_part(see, enterprise, campaign_id)
    return go(f"{_HERE}/{campaign_id}")


@router.post("/campaigns/{campaign_id}/items")
async def add_items(see: Seen, campaign_id: UUID) -> Response:
    """Pasted numbers and an uploaded table, either or both."""
    enterprise = see.demand(Permission.CONFIGURE)
    text = await _text(see)
    added = await see.house.campaigns.add_text(see.actor, enterprise, campaign_id, text)
    found = await see.house.campaigns.get(enterprise, campaign_id)
    return await page(
        see,
        "campaign.html",
        **{**await _state(see, enterprise, found), "added": added},
        items=(await see.house.campaigns.items(enterprise, campaign_id, limit=_ITEMS)),
        more=0,
        states=_STATES,
        chosen="",
    )


@router.get("/do-not-call")
async def do_not_call_page(see: Seen, q: str = "", after: str = "") -> HTMLResponse:
    see.demand(Permission.READ_CALLS)
    return await _do_not_call(see, q[:40], after.replace("\x00", "")[:20] or None)


@router.post("/do-not-call")
async def add_do_not_call(see: Seen, note: Annotated[str, Form()] = "") -> Response:
    enterprise = see.demand(Permission.CONFIGURE)
    text = await _text(see)
    clean = "".join(c for c in note if c.isprintable())[:200].strip()
    added = await see.house.do_not_call.add(see.actor, enterprise, text, clean or None)
    return await _do_not_call(see, added=added)


@router.post("/do-not-call/remove")
async def remove_do_not_call(see: Seen, phone: Annotated[str, Form()]) -> Response:
    enterprise = see.demand(Permission.CONFIGURE)
    await see.house.do_not_call.remove(see.actor, enterprise, phone)
    return go("/console/do-not-call", done="saved")


async def _do_not_call(
    see: Visit, q: str = "", after: str | None = None, added: Marked | None = None
) -> HTMLResponse:
    enterprise = see.demand(Permission.READ_CALLS)
    book = see.house.do_not_call
    found = await book.page(enterprise, q=q, after=after, limit=_ITEMS + 1)
    return await page(
        see,
        "do_not_call.html",
        unwanted=found[:_ITEMS],
        more=found[_ITEMS - 1].phone if len(found) > _ITEMS else "",
        q=q,
        count=await book.count(enterprise),
        added=added,
    )


async def _state_part(see: Visit, enterprise: EnterpriseNumber, campaign_id: UUID) -> HTMLResponse:
    found = await see.house.campaigns.get(enterprise, campaign_id)
    return await page(see, "parts/campaign_state.html", **await _state(see, enterprise, found))


async def _state(see: Visit, enterprise: EnterpriseNumber, shown: Shown) -> Mapping[str, Any]:
    calls = await see.house.campaigns.attempts(enterprise, shown.row.id, limit=_CALLS)
    results = shown.figures.results
    most = max(results.values(), default=1)
    return {
        "c": shown.row,
        "plan": shown.plan,
        "f": shown.figures,
        "calls": calls,
        "funnel": [(name, results[name], most) for name in _FUNNEL if name in results],
        "filling": read_filling(shown.row.filling) if shown.row.filling else None,
        "live": shown.row.state == "running" or shown.figures.going > 0,
        "added": None,
    } | {"done_share": round(100 * shown.figures.done / max(1, shown.figures.items))}


async def _form(see: Visit, enterprise: EnterpriseNumber, shown: Shown | None) -> HTMLResponse:
    async with see.house.db.unit() as unit:
        owner = await unit.enterprises.get(enterprise)
        phones = await AccessViews(unit.connection).extensions(enterprise)
        pbx = await ConnectionViews(unit.connection).of_kind(
            enterprise, ConnectionKind.ASTERISK.value
        )
    accounts = await see.house.directory.accounts(enterprise)
    crms = [account for account in accounts if account.kind is ConnectionKind.AMOCRM]
    stages = await _stages(see, crms)
    return await page(
        see,
        "campaign_form.html",
        c=shown.row if shown else None,
        phones=phones,
        numbers=(pbx.config.get("numbers") if pbx else None) or {},
        stages=stages,
        crms=crms,
        weekdays=dict(zip(DAYS, weekdays(see.locale), strict=True)),
        **forms.shown(shown.plan if shown else None, zone(owner.time_zone)),
    )


async def _stages(see: Visit, crms: Sequence[Account]) -> Sequence[tuple[str, str]]:
    """The stages as "pipeline/stage" with their names, as they were read last."""
    async with see.house.db.unit() as unit:
        held = [
            (crm, await unit.crm_references.get(crm.enterprise, crm.connection_id, "pipelines"))
            for crm in crms
        ]
    return [
        (f"{pipeline['id']}/{stage['id']}", " · ".join((*whose, pipeline["name"], stage["name"])))
        for crm, found in held
        for whose in [(crm.name,) if len(crms) > 1 else ()]
        for pipeline in (found.data if found else ())
        for stage in pipeline.get("stages") or ()
    ]


async def _sent(
    see: Visit, enterprise: EnterpriseNumber, before: Shown | None
) -> tuple[str, dict[str, Any]]:
    sent = await see.request.form()
    fields = {name: str(value) for name, value in sent.items()}
    name = "".join(c for c in fields.get("name", "") if c.isprintable()).strip()[:200]
    if not name:
        raise InvalidInput("campaign_invalid", field="name")
    async with see.house.db.unit() as unit:
        owner = await unit.enterprises.get(enterprise)
    agents = [str(agent) for agent in sent.getlist("agents")]
    plan = before.plan if before else None
    return name, forms.read(fields, agents, plan, zone(owner.time_zone))


async def _text(see: Visit) -> str:
    """What was uploaded, whose first line may name columns, and below it what was pasted."""
    sent = await see.request.form()
    pasted, file = str(sent.get("numbers") or ""), sent.get("file")
    if not isinstance(file, UploadFile) or not file.size:
        return pasted
    if file.size > MOST_BYTES:
        raise InvalidInput("campaign_list_too_long", most=MOST_BYTES)
    try:
        text = uploaded_text(await file.read())
    except UnicodeDecodeError as error:
        raise InvalidInput("campaign_list_invalid") from error
    return text if not pasted.strip() else f"{text}\n{pasted}"
