"""Reminders, questions after a visit, win-backs: rules, the very messages, what clients said."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from fastapi.responses import HTMLResponse, Response

from kommutator.domain.outreach.wanted import OutreachKind
from kommutator.domain.remind.rules import KINDS
from kommutator.domain.remind.words import PLACES
from kommutator.domain.tenancy import Permission
from kommutator.doors.console import reminders_form as forms
from kommutator.doors.console.assistant import chosen_salon, salons_of
from kommutator.doors.console.cabinet import IN_CABINET
from kommutator.doors.console.render import go, page, plain_page, words_of
from kommutator.doors.console.visit import PageRoute, Visit, visit
from kommutator.doors.http.paging import BIGGEST_ID
from kommutator.kit.errors import InvalidInput, UserError

router = APIRouter(route_class=PageRoute, prefix="/assistant", dependencies=[IN_CABINET])
Seen = Annotated[Visit, Depends(visit)]
_HERE = "/console/assistant/reminders"
_PAGE = 50


@router.get("/reminders")
async def reminders_page(see: Seen, salon: str = "") -> HTMLResponse:
    enterprise = see.demand(Permission.CONFIGURE)
    salons = await salons_of(see, enterprise)
    chosen = chosen_salon(salons, salon) if salon else None
    shown = await see.house.reminders.settings(enterprise)
    own = shown.settings.salons.get(str(chosen.connection_id)) if chosen else None
    rules = own or shown.settings.rules
    reminders = see.house.reminders
    return await page(
        see,
        "reminders.html",
        on=shown.settings.on,
        warnings=shown.warnings,
        rules=rules,
        own=own is not None,
        salons=salons,
        chosen=chosen,
        kinds=KINDS,
        places=PLACES,
        link_rows=forms.LINKS,
        previews={kind: await reminders.preview(enterprise, kind, rules) for kind in KINDS},
        usual={kind: see.t(f"remind.text.{kind.value}") for kind in KINDS},
    )


@router.post("/reminders")
async def save(
    see: Seen, salon: Annotated[str, Form()] = "", act: Annotated[str, Form()] = "save"
) -> Response:
    enterprise = see.demand(Permission.CONFIGURE)
    known = {str(one.connection_id) for one in await salons_of(see, enterprise)}
    if salon and salon not in known:
        raise InvalidInput("remind_settings_invalid", field="salons")
    kept = (await see.house.reminders.settings(enterprise)).settings
    sent = await see.request.form()
    given = forms.without(kept, salon) if act == "reset" else forms.settings(sent, kept, salon)
    await see.house.reminders.save(see.actor, enterprise, given)
    return go(f"{_HERE}?salon={salon}" if salon else _HERE, done="saved")


@router.post("/reminders/preview/{kind}")
async def preview(see: Seen, kind: OutreachKind) -> HTMLResponse:
    """While somebody types: the message about a real visit to come, or what is wrong."""
    enterprise = see.demand(Permission.CONFIGURE)
    shown, problem = "", ""
    try:
        rules = forms.checked(await see.request.form())
        shown = await see.house.reminders.preview(enterprise, kind, rules)
    except UserError as error:
        problem = words_of(see, error)
    return plain_page(see, "parts/notice_preview.html", shown=shown, problem=problem)


@router.get("/reviews")
async def reviews_page(see: Seen, before: int = 0) -> HTMLResponse:
    enterprise = see.demand(Permission.CONFIGURE)
    last = before if 0 < before <= BIGGEST_ID else None
    found = await see.house.reminders.reviews(enterprise, before=last, limit=_PAGE + 1)
    salons = {one.connection_id: one.name for one in await salons_of(see, enterprise)}
    reviews = found[:_PAGE]
    return await page(
        see,
        "reviews.html",
        reviews=reviews,
        salons=salons,
        staff=await _staff(see, {one.salon for one in reviews}),
        more=reviews[-1].id if len(found) > _PAGE else 0,
    )


async def _staff(see: Visit, salons: set[UUID]) -> dict[tuple[UUID, int], str]:
    enterprise = see.demand(Permission.CONFIGURE)
    names = {}
    async with see.house.db.unit() as unit:
        for salon in salons:
            for one in await unit.salon_lists.staff(enterprise, salon, gone=True):
                names[salon, one.id] = one.name
    return names
