"""Notices of visits: who is told, in which words, and what went out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from fastapi.responses import HTMLResponse, Response

from kommutator.domain.connection import ConnectionKind
from kommutator.domain.notices.template import PLACES
from kommutator.domain.notices.wishes import Wishes
from kommutator.domain.salon.changes import VisitNews
from kommutator.domain.tenancy import EnterpriseNumber, Permission
from kommutator.doors.console import notice_form as forms
from kommutator.doors.console.render import go, page, plain_page, words_of
from kommutator.doors.console.visit import PageRoute, Visit, visit
from kommutator.flows.notices.keep import Invitation, Receiver
from kommutator.kit.errors import InvalidInput, UserError
from kommutator.kit.texts import LOCALES

router = APIRouter(route_class=PageRoute)
Seen = Annotated[Visit, Depends(visit)]
_HERE = "/console/notices"
_PAGE = 50
_STATES = ("sent", "owed", "held", "maybe_sent", "failed", "skipped")


@router.get("/notices")
async def notices_page(see: Seen) -> HTMLResponse:
    enterprise = see.demand(Permission.CONFIGURE)
    return await page(
        see,
        "notices.html",
        receivers=await see.house.notices.receivers(enterprise),
        channels=await see.house.channels.list(enterprise),
    )


@router.get("/notices/new")
async def new_page(see: Seen) -> HTMLResponse:
    return await _form(see, see.demand(Permission.CONFIGURE), None)


@router.post("/notices/new")
async def create(see: Seen) -> Response:
    """In Telegram a new receiver without a chat gets its link at once."""
    enterprise = see.demand(Permission.CONFIGURE)
    sent = await see.request.form()
    connection_id, chat_id = forms.chat_of(str(sent.get("chat") or ""))
    made = await see.house.notices.create(
        see.actor,
        enterprise,
        name=str(sent.get("name") or ""),
        connection_id=connection_id,
        chat_id=chat_id,
        wishes=forms.read(sent),
    )
    return go(f"{_HERE}/receivers/{made.row.id}", done="saved")


@router.get("/notices/receivers/{receiver_id}")
async def receiver_page(see: Seen, receiver_id: UUID) -> HTMLResponse:
    enterprise = see.demand(Permission.CONFIGURE)
    return await _form(see, enterprise, await see.house.notices.get(enterprise, receiver_id))


@router.post("/notices/receivers/{receiver_id}")
async def change(see: Seen, receiver_id: UUID) -> Response:
    enterprise = see.demand(Permission.CONFIGURE)
    sent = await see.request.form()
    await see.house.notices.change(
        see.actor,
        enterprise,
        receiver_id,
        name=str(sent.get("name") or ""),
        wishes=forms.read(sent),
        active=sent.get("active") == "1",
    )
    return go(f"{_HERE}/receivers/{receiver_id}", done="saved")


@router.post("/notices/receivers/{receiver_id}/invite")
async def invite(see: Seen, receiver_id: UUID) -> HTMLResponse:
    """The links are shown once: only what they are known by is kept."""
    enterprise = see.demand(Permission.CONFIGURE)
    links = await see.house.notices.invite(see.actor, enterprise, receiver_id)
    found = await see.house.notices.get(enterprise, receiver_id)
    return await _form(see, enterprise, found, links)


@router.post("/notices/receivers/{receiver_id}/test")
async def test(see: Seen, receiver_id: UUID) -> Response:
    enterprise = see.demand(Permission.CONFIGURE)
    await see.house.notices.test(see.actor, enterprise, receiver_id)
    return go(f"{_HERE}/log?receiver={receiver_id}", done="notice_sent")


@router.post("/notices/receivers/{receiver_id}/delete")
async def delete(see: Seen, receiver_id: UUID) -> Response:
    enterprise = see.demand(Permission.CONFIGURE)
    await see.house.notices.delete(see.actor, enterprise, receiver_id)
    return go(_HERE, done="deleted")


@router.get("/notices/templates")
async def templates_page(see: Seen, language: str = "") -> HTMLResponse:
    enterprise = see.demand(Permission.CONFIGURE)
    chosen = language if language in LOCALES else see.locale
    notices = see.house.notices
    found = [one for one in await notices.templates(enterprise) if one.language == chosen]
    previews = {
        one.news: await notices.preview(enterprise, chosen, one.news, one.text) for one in found
    }
    return await page(
        see,
        "notice_templates.html",
        templates=found,
        previews=previews,
        chosen=chosen,
        places=PLACES,
    )


@router.post("/notices/templates")
async def change_template(
    see: Seen,
    language: Annotated[str, Form()],
    news: Annotated[str, Form()],
    text: Annotated[str, Form()] = "",
    act: Annotated[str, Form()] = "save",
) -> Response:
    enterprise = see.demand(Permission.CONFIGURE)
    chosen, kind = _language(language), _news(news)
    if act == "reset":
        await see.house.notices.reset_template(see.actor, enterprise, chosen, kind)
    else:
        await see.house.notices.put_template(see.actor, enterprise, chosen, kind, text)
    return go(f"{_HERE}/templates?language={chosen}", done="saved")


@router.post("/notices/preview")
async def preview(
    see: Seen,
    language: Annotated[str, Form()],
    news: Annotated[str, Form()],
    text: Annotated[str, Form()] = "",
) -> HTMLResponse:
    """While somebody types: the message, or what is wrong with the template."""
    enterprise = see.demand(Permission.CONFIGURE)
    problem = shown = ""
    try:
        shown = await see.house.notices.preview(enterprise, _language(language), _news(news), text)
    except UserError as error:
        problem = words_of(see, error)
    return plain_page(see, "parts/notice_preview.html", shown=shown, problem=problem)


@router.get("/notices/log")
async def log_page(see: Seen, state: str = "", receiver: str = "", before: int = 0) -> HTMLResponse:
    enterprise = see.demand(Permission.CONFIGURE)
    notices = see.house.notices
    receivers = await notices.receivers(enterprise)
    chosen = next((one for one in receivers if str(one.row.id) == receiver), None)
    found = await notices.log(
        enterprise,
        before=before if before > 0 else None,
        receiver=chosen.row.id if chosen else None,
        state=state if state in _STATES else None,
        limit=_PAGE + 1,
    )
    return await page(
        see,
        "notice_log.html",
        notices=found[:_PAGE],
        more=found[_PAGE - 1].id if len(found) > _PAGE else 0,
        states=_STATES,
        state=state if state in _STATES else "",
        receivers=receivers,
        receiver=str(chosen.row.id) if chosen else "",
    )


@router.post("/notices/log/{notice_id}/again")
async def again(see: Seen, notice_id: int) -> Response:
    enterprise = see.demand(Permission.CONFIGURE)
    await see.house.notices.again(see.actor, enterprise, notice_id)
    return go(f"{_HERE}/log", done="notice_sent")


async def _form(
    see: Visit,
    enterprise: EnterpriseNumber,
    found: Receiver | None,
    links: Invitation | None = None,
) -> HTMLResponse:
    choices = await _choices(see, enterprise)
    return await page(
        see,
        "notice_receiver.html",
        r=found,
        links=links,
        invites=found is not None and found.row.kind == ConnectionKind.TELEGRAM,
        unlisted=_unlisted(found.wishes, choices) if found else (),
        **choices,
        **forms.shown(found.wishes if found else None, see.locale),
    )


async def _choices(see: Visit, enterprise: EnterpriseNumber) -> dict[str, Any]:
    """What there is to choose from: chats, and what the salons' copies know."""
    async with see.house.db.unit() as unit:
        salons = await unit.salons.of(enterprise)
        staff = {
            kept.salon.id: await unit.salon_lists.staff(enterprise, kept.connection_id)
            for kept in salons
        }
        services = {
            kept.salon.id: await unit.salon_lists.services(enterprise, kept.connection_id)
            for kept in salons
        }
    return {
        "channels": await see.house.channels.list(enterprise),
        "chats": await see.house.notices.chats(enterprise),
        "salons": [kept.salon for kept in salons],
        "staff": staff,
        "services": services,
        "kinds": list(VisitNews),
    }


def _unlisted(wishes: Wishes, choices: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Filters that no list shows: set by the API, or of what is gone; saving keeps them."""
    known = {
        "salons": {one.id for one in choices["salons"]},
        "staff": {one.id for some in choices["staff"].values() for one in some},
        "services": {one.id for some in choices["services"].values() for one in some},
    }
    return [
        (name, id_)
        for name, listed in known.items()
        for id_ in getattr(wishes, name)
        if id_ not in listed
    ]


def _language(text: str) -> str:
    if text not in LOCALES:
        raise InvalidInput("notice_wishes_invalid", field="language")
    return text


def _news(text: str) -> VisitNews:
    try:
        return VisitNews(text)
    except ValueError:
        raise InvalidInput("notice_wishes_invalid", field="news") from None
