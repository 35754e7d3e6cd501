"""One inbox of all messengers: who waits, what was said, taken over, answered, given back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Form
from fastapi.responses import HTMLResponse, Response

from kommutator.domain.tenancy import EnterpriseNumber, Permission
from kommutator.doors.console.cabinet import IN_CABINET
from kommutator.doors.console.inbox_list import Filters, filters, told_list
from kommutator.doors.console.inbox_thread import told_thread
from kommutator.doors.console.live import CALM_S, about
from kommutator.doors.console.render import go, page
from kommutator.doors.console.visit import PageRoute, Visit, visit
from kommutator.doors.http.paging import BIGGEST_ID
from kommutator.doors.http.v1.words import RowId
from kommutator.store.views.inbox import TalkLine

router = APIRouter(route_class=PageRoute, prefix="/inbox", dependencies=[IN_CABINET])
Seen = Annotated[Visit, Depends(visit)]
Filtered = Annotated[Filters, Depends(filters)]
SETTLES_S = 3.0
"""How long a page waits for news while a message is on its way: messengers tell of those late."""
HERE = "/console/inbox"


@router.get("")
async def inbox_page(see: Seen, wanted: Filtered) -> HTMLResponse:
    enterprise = see.demand(Permission.READ_CHATS)
    return await _whole(see, enterprise, wanted, {"talk": None})


@router.get("/list")
async def list_part(see: Seen, wanted: Filtered, seen: str = "", opened: int = 0) -> Response:
    """The list, as soon as it differs from what was seen; 204 when nothing happened."""
    enterprise = see.demand(Permission.READ_CHATS)
    told = await told_list(see, enterprise, wanted)
    if seen == told["list_mark"]:
        await see.house.news.wait(_talked(enterprise), CALM_S)
        told = await told_list(see, enterprise, wanted)
    if seen == told["list_mark"]:
        return Response(status_code=204)
    return await page(see, "parts/inbox_list.html", wanted=wanted, opened=opened, **told)


@router.get("/{talk_id}")
async def talk_page(see: Seen, talk_id: RowId, wanted: Filtered, lines: int = 0) -> HTMLResponse:
    enterprise = see.demand(Permission.READ_CHATS)
    told = await told_thread(see, enterprise, talk_id, lines)
    return await _whole(see, enterprise, wanted, {**told, "once": see.house.ids.token(9)})


@router.get("/{talk_id}/thread")
async def thread_part(see: Seen, talk_id: RowId, seen: str = "", lines: int = 0) -> Response:
    """What was said, with who speaks and the client's card beside it; 204 when nothing changed."""
    enterprise = see.demand(Permission.READ_CHATS)
    told = await told_thread(see, enterprise, talk_id, lines)
    if seen == told["mark"]:
        patience_s = SETTLES_S if told["unsettled"] else CALM_S
        await see.house.news.wait(_changed(enterprise, told["talk"]), patience_s)
        told = await told_thread(see, enterprise, talk_id, lines)
    if seen == told["mark"]:
        return Response(status_code=204)
    return await _thread(see, told)


@router.post("/{talk_id}/take")
async def take_over(see: Seen, talk_id: RowId) -> Response:
    enterprise = see.demand(Permission.WRITE_CHATS)
    await see.house.inbox.take_over(see.actor, enterprise, talk_id)
    return await _after(see, enterprise, talk_id)


@router.post("/{talk_id}/give")
async def give_back(see: Seen, talk_id: RowId) -> Response:
    enterprise = see.demand(Permission.WRITE_CHATS)
    await see.house.inbox.give_back(see.actor, enterprise, talk_id)
    return await _after(see, enterprise, talk_id)


@router.post("/{talk_id}/say")
async def say(
    see: Seen,
    talk_id: RowId,
    text: Annotated[str, Form()] = "",
    once: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """One form sent twice says it once."""
    enterprise = see.demand(Permission.WRITE_CHATS)
    mark = once or see.house.ids.token(9)
    await see.house.inbox.say(see.actor, enterprise, talk_id, _plain(text), once=mark)
    return await _after(see, enterprise, talk_id, once=see.house.ids.token(9))


@router.post("/{talk_id}/consent")
async def consent(see: Seen, talk_id: RowId, opted_out: Annotated[str, Form()] = "") -> Response:
    enterprise = see.demand(Permission.WRITE_CHATS)
    talk = await see.house.inbox.get(enterprise, talk_id)
    await see.house.client_cards.consent(see.actor, enterprise, talk, opted_out=opted_out == "1")
    return await _after(see, enterprise, talk_id)


@router.post("/{talk_id}/seen")
async def seen_up_to(
    see: Seen, talk_id: RowId, up_to: Annotated[int, Form(ge=1, le=BIGGEST_ID)]
) -> Response:
    """The page lies open before somebody."""
    enterprise = see.demand(Permission.READ_CHATS)
    await see.house.inbox.seen(see.actor, enterprise, talk_id, up_to)
    return Response(status_code=204)


async def _after(
    see: Visit, enterprise: EnterpriseNumber, talk_id: int, once: str = ""
) -> Response:
    if "HX-Request" not in see.request.headers:
        return go(f"{HERE}/{talk_id}")
    return await _thread(see, {**await told_thread(see, enterprise, talk_id), "once": once})


async def _thread(see: Visit, told: dict[str, Any]) -> HTMLResponse:
    return await page(see, "parts/inbox_thread.html", **{"once": "", **told, "aside": True})


async def _whole(
    see: Visit, enterprise: EnterpriseNumber, wanted: Filters, told: dict[str, Any]
) -> HTMLResponse:
    talk: TalkLine | None = told["talk"]
    return await page(
        see,
        "inbox.html",
        wanted=wanted,
        opened=0 if talk is None else talk.id,
        channels=await see.house.channels.list(enterprise),
        salons=await see.house.salons.all(enterprise),
        **await told_list(see, enterprise, wanted),
        **told,
    )


def _talked(enterprise: EnterpriseNumber) -> Callable[[str], bool]:
    """News of the enterprise's talks."""
    return partial(_all_in, about(enterprise), '"chat":')


def _all_in(mine: Callable[[str], bool], sign: str, item: str) -> bool:
    return sign in item and mine(item)


def _changed(enterprise: EnterpriseNumber, talk: TalkLine) -> Callable[[str], bool]:
    """News of this talk, or of its salon's visits."""
    mine = about(enterprise)
    chat = msgspec.json.encode(f"{talk.connection_id}:{talk.chat_id}").decode()
    signs = (f'"chat":{chat}', f'"ticks":{chat}', f'"salon":"{talk.salon}"')
    return lambda item: mine(item) and any(sign in item for sign in signs)


def _plain(text: str) -> str:
    """Without what no messenger shows."""
    lines = text.replace("\r\n", "\n")
    return "".join(char for char in lines if char.isprintable() or char in "\n\t")
