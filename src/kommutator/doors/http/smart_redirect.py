"""Requirement 002's smart redirect: who is this client's manager, and let their phone ring.

In every process that answers HTTP, under both of the requirement's paths. Unlike the dialplan's
`/asterisk/route` it is asked beside the call, so it can also move a call that rings already.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.redirect import RouteAnswer, to_group
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Permission, enterprise_number
from kommutator.doors.http.auth import actor, house_of, permitted_enterprise
from kommutator.doors.http.errors import RESPONSES, locale_of
from kommutator.doors.http.fields import fields_of
from kommutator.flows.house import House
from kommutator.kit.errors import InvalidInput, NotFound, UserError

router = APIRouter(tags=["routing"], responses=RESPONSES)

_TRIES, _PAUSE_S = 20, 0.1  # the event that tells of the call may be on its way still
_YES = {"true", "1", "yes", "on"}
_TEXT = {"type": "string"}
_BODY: dict[str, Any] = {
    "type": "object",
    "properties": {
        "enterprise_number": {**_TEXT, "description": "May be left out with an enterprise's key."},
        "phone": {**_TEXT, "description": "The client's number; also taken as `caller`."},
        "line": {**_TEXT, "description": "The company number; also taken as `did`."},
        "call_unique_id": {**_TEXT, "description": "The PBX's id; also taken as `uniqueid`."},
        "redirect": {"type": "boolean", "description": "Move the ringing call there as well."},
    },
}
_DESCRIBED = {
    "requestBody": {
        "content": {
            kind: {"schema": _BODY}
            for kind in ("application/json", "application/x-www-form-urlencoded")
        }
    }
}


class SkippedPhone(BaseModel):
    extension: str = Field(description="Empty: the client's manager has no phone of ours.")
    reason: str


class Redirect(BaseModel):
    """Whose phone should ring, and why.

    `redirected` tells that the PBX is being told to move the call.
    """

    success: bool = True
    extension: str | None = Field(description="Null: the PBX's own group.")
    why: str = Field(description="Slug.")
    message: str = Field(description="The same for people.")
    age_s: float | None = Field(description="How old the knowledge behind it is.")
    remembered: bool = Field(description="The database was away; this is by memory.")
    skipped: list[SkippedPhone]
    redirected: bool = False
    redirect_error: str | None = Field(None, description="Why the call was not moved, slug.")


async def smart_redirect(request: Request, who: Annotated[Actor, Depends(actor)]) -> Redirect:
    """Answers from our own phone book, within 250 ms; moving the call may take two seconds."""
    house, fields = house_of(request), await fields_of(request)
    named = fields.get("enterprise_number") or None
    wanted = None if named is None else enterprise_number(named)
    enterprise = await permitted_enterprise(request, who, Permission.SEND_EVENTS, wanted)
    call_id = fields.get("call_unique_id") or fields.get("uniqueid") or ""
    answer = await _ask(house, enterprise, fields, call_id)
    shown = _shown(house, locale_of(request), answer)
    if answer.extension is None or fields.get("redirect", "").lower() not in _YES:
        return shown
    try:
        await _move(house, who, enterprise, call_id, answer.extension)
    except UserError as refused:
        return shown.model_copy(update={"redirect_error": refused.code})
    return shown.model_copy(update={"redirected": True})


async def _ask(
    house: House, enterprise: EnterpriseNumber, fields: dict[str, str], call_id: str
) -> RouteAnswer:
    """By the PBX's rules; an enterprise whose PBX only sends events has the usual ones."""
    account = await _account(house, enterprise)
    if account is None:
        return to_group("off")
    caller = fields.get("phone") or fields.get("caller") or ""
    line = fields.get("line") or fields.get("did") or ""
    return await house.route.ask(account, caller, line, call_id)


async def _account(house: House, enterprise: EnterpriseNumber) -> Account | None:
    pbx = await house.directory.account_of(enterprise, ConnectionKind.ASTERISK)
    return pbx or await house.directory.crm_of(enterprise)


async def _move(
    house: House, who: Actor, enterprise: EnterpriseNumber, call_id: str, extension: str
) -> None:
    """Raises UserError: as `TakeOver.take`; InvalidInput: `call_id_missing`."""
    if not call_id:
        raise InvalidInput("call_id_missing")
    for left in reversed(range(_TRIES)):
        try:
            await house.take_over.take(
                who, enterprise, call_id, extension, permission=Permission.SEND_EVENTS
            )
        except NotFound:
            if not left:
                raise
            await _pause(house)
        else:
            return


async def _pause(house: House) -> None:
    await house.clock.sleep(_PAUSE_S)


def _shown(house: House, locale: str, answer: RouteAnswer) -> Redirect:
    return Redirect(
        extension=answer.extension,
        why=answer.why,
        message=house.texts.translate(locale, answer.why),
        age_s=answer.age_s,
        remembered=answer.remembered,
        skipped=[
            SkippedPhone(extension=extension, reason=reason) for extension, reason in answer.skipped
        ],
    )


for _path, _shown_in_schema in (
    ("/api/smart-redirect", True),
    ("/retailcrm/api/smart-redirect", False),
):
    router.add_api_route(
        _path,
        smart_redirect,
        methods=["POST"],
        summary="Say whose phone should ring, and let it",
        include_in_schema=_shown_in_schema,
        openapi_extra=_DESCRIBED,
    )
