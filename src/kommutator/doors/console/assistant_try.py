"""Talking with the assistant over the real salon; nothing is written, booked or kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Form
from fastapi.responses import HTMLResponse

from kommutator.domain.assistant.talk import Message, Talk, Turn
from kommutator.domain.connection import Account
from kommutator.domain.tenancy import EnterpriseNumber, Permission
from kommutator.doors.console.assistant import chosen_salon, names_of, rehearse_of, salons_of
from kommutator.doors.console.cabinet import IN_CABINET
from kommutator.doors.console.render import page
from kommutator.doors.console.talk_words import Told, act_in_words, understood_in_words
from kommutator.doors.console.try_state import TryState, opened, sealed
from kommutator.doors.console.visit import PageRoute, Visit, visit
from kommutator.kit.crypto import Place
from kommutator.kit.errors import InvalidInput, Unavailable, UserError, VendorError
from kommutator.kit.phones import to_e164
from kommutator.kit.texts import LOCALES

router = APIRouter(route_class=PageRoute, prefix="/assistant/try", dependencies=[IN_CABINET])
Seen = Annotated[Visit, Depends(visit)]
_AHEAD = timedelta(days=14)
_CLIENTS = 12
_LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Asked:
    """The form. `phone`: of the client that is played; `state`: of the turn before, sealed."""

    text: Annotated[str, Form(max_length=_LONGEST)] = ""
    salon: Annotated[str, Form(max_length=40)] = ""
    phone: Annotated[str, Form(max_length=40)] = ""
    language: Annotated[str, Form(max_length=5)] = ""
    state: Annotated[str, Form()] = ""


@router.get("")
async def try_page(see: Seen, salon: str = "") -> HTMLResponse:
    enterprise = see.demand(Permission.CONFIGURE)
    salons = await salons_of(see, enterprise)
    chosen = chosen_salon(salons, salon)
    return await page(
        see,
        "assistant_try.html",
        salons=salons,
        chosen=chosen,
        clients=await _clients(see, chosen) if chosen else (),
        settings=await see.house.assistant.of(enterprise),
    )


@router.post("")
async def turn_page(see: Seen, asked: Annotated[Asked, Depends()]) -> HTMLResponse:
    """One turn. Whoever changes the client, the language or the salon begins anew."""
    enterprise = see.demand(Permission.CONFIGURE)
    account = chosen_salon(await salons_of(see, enterprise), asked.salon)
    if account is None:
        raise Unavailable("yclients_not_set_up")
    text = "".join(char for char in asked.text if char.isprintable() or char == "\n").strip()
    if not text:
        raise InvalidInput("chat_text_empty")
    before = _state(see, enterprise, account, asked)
    anew = before.talk == Talk(language=before.language)
    turn = await _turn(see, enterprise, account, before, text)
    told = Told(see.t, see.locale, **await names_of(see, account))
    after = msgspec.structs.replace(before, talk=turn.talk, at=see.house.clock.now())
    return await page(
        see,
        "parts/assistant_turn.html",
        text=text,
        turn=turn,
        anew=anew,
        understood=understood_in_words(turn.understood, told) if turn.understood else (),
        would=act_in_words(turn.act, told) if turn.act is not None else "",
        state=sealed(see.house.vault, _place(see, enterprise), after),
    )


def _place(see: Visit, enterprise: EnterpriseNumber) -> Place:
    who = str(see.actor.user_id or see.actor.name)
    return Place(enterprise, "assistant_try", who, "state")


def _state(see: Visit, enterprise: EnterpriseNumber, account: Account, asked: Asked) -> TryState:
    """Of the turn before, if it was the same play. Raises InvalidInput: `phone_invalid`."""
    phone = asked.phone.strip()
    if phone:
        phone = to_e164(phone) or ""
        if not phone:
            raise InvalidInput("phone_invalid", phone=asked.phone[:40])
    language = asked.language if asked.language in LOCALES else see.locale
    now, salon = see.house.clock.now(), str(account.connection_id)
    fresh = TryState(Talk(language=language), salon, phone, language, now)
    kept = opened(see.house.vault, _place(see, enterprise), asked.state, now)
    if kept is None:
        return fresh
    same = (kept.salon, kept.phone, kept.language) == (salon, phone, language)
    return kept if same else fresh


async def _turn(
    see: Visit, enterprise: EnterpriseNumber, account: Account, state: TryState, text: str
) -> Turn:
    message = Message(text, see.house.clock.now(), id=see.house.ids.token(6))
    try:
        return await rehearse_of(see).turn(
            account,
            await see.house.assistant.of(enterprise),
            state.talk,
            [message],
            phone=state.phone or None,
            greet=state.talk == Talk(language=state.language),
        )
    except VendorError:
        raise Unavailable("assistant_silent") from None


async def _clients(see: Visit, account: Account) -> Sequence[Any]:
    """Some who come soon: with them a talk is most like a real one."""
    try:
        today = (await see.house.salons.now(account)).date()
    except UserError:  # the copy is not read yet
        return ()
    async with see.house.db.unit() as unit:
        visits = await unit.salon_visits.between(
            account.enterprise, account.connection_id, today, today + _AHEAD
        )
    known = {
        one.client_phone: one for one in reversed(visits) if one.client_phone and not one.deleted
    }
    return sorted(known.values(), key=lambda one: one.starts_at)[:_CLIENTS]
