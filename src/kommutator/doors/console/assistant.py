"""The assistant: where it answers, how long it keeps silent, its names and its words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Depends, Form
from fastapi.responses import HTMLResponse, Response

from kommutator.domain.assistant.settings import AssistantSettings
from kommutator.domain.assistant.talk import Message, Talk
from kommutator.domain.connection import Account
from kommutator.domain.tenancy import EnterpriseNumber, Permission
from kommutator.doors.console import assistant_form as forms
from kommutator.doors.console.cabinet import IN_CABINET
from kommutator.doors.console.render import go, page, plain_page, words_of
from kommutator.doors.console.talk_words import Told, understood_in_words
from kommutator.doors.console.visit import PageRoute, Visit, visit
from kommutator.flows.converse.rehearse import Rehearse
from kommutator.kit.errors import Unavailable, UserError, VendorError
from kommutator.kit.texts import LOCALES

router = APIRouter(route_class=PageRoute, prefix="/assistant", dependencies=[IN_CABINET])
Seen = Annotated[Visit, Depends(visit)]
_HERE = "/console/assistant"
_LONGEST_TRIAL = 500


@router.get("")
async def general_page(see: Seen) -> HTMLResponse:
    enterprise = see.demand(Permission.CONFIGURE)
    return await page(
        see,
        "assistant.html",
        settings=await see.house.assistant.of(enterprise),
        salons=await salons_of(see, enterprise),
        channels=await see.house.channels.list(enterprise),
        waiting=await see.house.inbox.waiting(enterprise),
    )


@router.post("")
async def save_general(see: Seen) -> Response:
    enterprise = see.demand(Permission.CONFIGURE)
    sent = await see.request.form()
    kept = await see.house.assistant.of(enterprise)
    salons = {str(one.connection_id) for one in await salons_of(see, enterprise)}
    await see.house.assistant.save(see.actor, enterprise, forms.general(sent, kept, salons))
    return go(_HERE, done="saved")


@router.get("/names")
async def names_page(see: Seen, salon: str = "") -> HTMLResponse:
    enterprise = see.demand(Permission.CONFIGURE)
    salons = await salons_of(see, enterprise)
    chosen = chosen_salon(salons, salon)
    lists = await _lists(see, chosen) if chosen else {"services": (), "staff": ()}
    return await page(
        see,
        "assistant_names.html",
        settings=await see.house.assistant.of(enterprise),
        salons=salons,
        chosen=chosen,
        **lists,
    )


@router.post("/names")
async def save_names(see: Seen, salon: Annotated[str, Form()] = "") -> Response:
    enterprise = see.demand(Permission.CONFIGURE)
    account = _demanded(chosen_salon(await salons_of(see, enterprise), salon))
    kept = await see.house.assistant.of(enterprise)
    given = await _given_names(see, account, kept)
    await see.house.assistant.save(see.actor, enterprise, given)
    return go(f"{_HERE}/names?salon={account.connection_id}", done="saved")


@router.post("/names/try")
async def try_names(
    see: Seen, salon: Annotated[str, Form()] = "", phrase: Annotated[str, Form()] = ""
) -> HTMLResponse:
    """What a sentence would mean with the names as they are typed now."""
    enterprise = see.demand(Permission.CONFIGURE)
    account = _demanded(chosen_salon(await salons_of(see, enterprise), salon))
    kept = await see.house.assistant.of(enterprise)
    settings = forms.with_aliases(kept, await _given_names(see, account, kept))
    lists = await _lists(see, account)
    told = Told(see.t, see.locale, **{
        name: {one.id: getattr(one, "title", None) or one.name for one in some}
        for name, some in lists.items()
    })  # fmt: skip
    said, understood = await _heard(see, account, settings, phrase.strip(), told)
    return plain_page(see, "parts/assistant_heard.html", said=said, understood=understood)


@router.get("/texts")
async def texts_page(see: Seen, language: str = "") -> HTMLResponse:
    enterprise = see.demand(Permission.CONFIGURE)
    chosen = language if language in LOCALES else see.locale
    settings = await see.house.assistant.of(enterprise)
    return await page(
        see,
        "assistant_texts.html",
        chosen=chosen,
        groups=see.house.assistant.own_words.all(settings.texts, chosen),
    )


@router.post("/texts")
async def save_text(
    see: Seen,
    language: Annotated[str, Form()],
    slug: Annotated[str, Form()],
    text: Annotated[str, Form()] = "",
    act: Annotated[str, Form()] = "save",
) -> Response:
    enterprise = see.demand(Permission.CONFIGURE)
    chosen = language if language in LOCALES else see.locale
    kept = await see.house.assistant.of(enterprise)
    words = "" if act == "reset" else text
    given = forms.text(kept, f"{slug}.{chosen}", words)
    await see.house.assistant.save(see.actor, enterprise, given)
    return go(f"{_HERE}/texts?language={chosen}", done="saved")


@router.post("/texts/preview")
async def preview_text(
    see: Seen,
    language: Annotated[str, Form()],
    slug: Annotated[str, Form()],
    text: Annotated[str, Form()] = "",
) -> HTMLResponse:
    """While somebody types: the message, or what is wrong with it."""
    see.demand(Permission.CONFIGURE)
    chosen = language if language in LOCALES else see.locale
    shown, problem = "", ""
    try:
        words = see.house.assistant.own_words.preview(slug, chosen, text.strip())
        shown = "\n———\n".join(words)
    except UserError as error:
        problem = words_of(see, error)
    return plain_page(see, "parts/notice_preview.html", shown=shown, problem=problem)


async def salons_of(see: Visit, enterprise: EnterpriseNumber) -> Sequence[Account]:
    """Those that the assistant may speak for; none where no booking system was set up."""
    desk = see.house.visits
    return () if desk is None else await desk.accounts.all(enterprise)


def chosen_salon(salons: Sequence[Account], wanted: str) -> Account | None:
    """The one that is named, else the first."""
    named = (one for one in salons if str(one.connection_id) == wanted)
    return next(named, salons[0] if salons else None)


def rehearse_of(see: Visit) -> Rehearse:
    """Raises Unavailable: `yclients_not_set_up`."""
    if see.house.rehearse is None:
        raise Unavailable("yclients_not_set_up")
    return see.house.rehearse


async def names_of(see: Visit, account: Account) -> dict[str, dict[int, str]]:
    """Services and staff by id, those that are gone too."""
    key = account.enterprise, account.connection_id
    async with see.house.db.unit() as unit:
        services = await unit.salon_lists.services(*key, gone=True)
        staff = await unit.salon_lists.staff(*key, gone=True)
    return {
        "services": {one.id: one.title for one in services},
        "staff": {one.id: one.name for one in staff},
    }


def _demanded(account: Account | None) -> Account:
    if account is None:
        raise Unavailable("yclients_not_set_up")
    return account


async def _lists(see: Visit, account: Account) -> dict[str, Sequence[Any]]:
    key: tuple[EnterpriseNumber, UUID] = account.enterprise, account.connection_id
    async with see.house.db.unit() as unit:
        services = await unit.salon_lists.services(*key)
        staff = await unit.salon_lists.staff(*key)
    return {
        "services": [one for one in services if one.active],
        "staff": [one for one in staff if one.bookable and not one.fired],
    }


async def _given_names(see: Visit, account: Account, kept: AssistantSettings) -> dict[str, Any]:
    lists = await _lists(see, account)
    services, staff = ([one.id for one in lists[name]] for name in ("services", "staff"))
    return forms.aliases(await see.request.form(), kept, services, staff)


async def _heard(
    see: Visit, account: Account, settings: AssistantSettings, phrase: str, told: Told
) -> tuple[Sequence[str], Sequence[str]]:
    """What it would answer, and what it understood."""
    if not phrase:
        return (), ()
    message = Message(phrase[:_LONGEST_TRIAL], see.house.clock.now(), id="try")
    talk = Talk(language=see.locale)
    # Asked with every few letters, and about names alone: no model is paid for that.
    settings = msgspec.structs.replace(settings, brain="rules")
    try:
        turn = await rehearse_of(see).turn(account, settings, talk, [message])
    except VendorError:
        raise Unavailable("assistant_silent") from None
    frame = turn.understood
    return turn.says, () if frame is None else understood_in_words(frame, told)
