"""What RetailCRM calls: clicks, presence, and news about our module."""

from __future__ import annotations

from importlib import resources
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from kommutator.connectors.crm.retailcrm.hooks import (
    Activity,
    ChangeUserStatus,
    Hook,
    MakeCall,
    SettingsChange,
    Unknown,
    trusted_address,
)
from kommutator.domain.clicks import ClickRequest
from kommutator.domain.connection import Account
from kommutator.doors.http.auth import house_of
from kommutator.doors.http.errors import RESPONSES, for_machines
from kommutator.doors.http.fields import fields_of
from kommutator.doors.http.placed import Placed, placed
from kommutator.doors.http.retailcrm.reading import hook_of, refuse_unusable, sender_of
from kommutator.flows.refusals import CLICK
from kommutator.kit.errors import InvalidInput, TooMany, Unauthorized

router = APIRouter(
    prefix="/retailcrm",
    tags=["RetailCRM calls us"],
    responses=RESPONSES,
    dependencies=[Depends(for_machines)],
)
_LONGEST_NAME = 100
_LOGO = resources.files(__package__).joinpath("static/logo.svg").read_bytes()
_FIELDS: dict[str, Any] = {
    "parameters": [
        {"name": name, "in": "query", "schema": {"type": "string"}, "description": text}
        for name, text in (
            ("clientId", "The secret that RetailCRM holds about us."),
            ("userId", "Who clicked, the CRM's user."),
            ("code", "Extension; wins over userId."),
            ("phone", "Number to call; `+` as `%2B`."),
            ("externalPhone", "Company number to show."),
        )
    ]
}


class Heard(BaseModel):
    success: bool = True
    extension: str | None = None
    status: str | None = None


async def _make_call(request: Request) -> Placed:
    """Ring the employee, then the client (requirement 002, tests 1-3)."""
    house = house_of(request)
    try:
        await fields_of(request)  # refuses what can be read in two ways
        hook = await hook_of(request, "make-call")
        refuse_unusable(hook)
    except InvalidInput as refused:
        await house.refusals.note(None, refused.code, actor=request.state.client.neighbourhood)
        raise
    assert isinstance(hook, MakeCall)
    account = await sender_of(request, hook.client_id, CLICK)
    click = ClickRequest(
        phone=hook.phone,
        requested_by=f"retailcrm:{hook.user_id or hook.code}"[:_LONGEST_NAME],
        code=hook.code,
        user_id=hook.user_id,
        line=hook.external_phone,
    )
    receipt = await house.clicks.place(account.enterprise, click, account)
    return placed(receipt)


async def _status(request: Request) -> Heard:
    """An employee is free, busy, at dinner or on a break."""
    house = house_of(request)
    hook = await hook_of(request, "status")
    refuse_unusable(hook)
    assert isinstance(hook, ChangeUserStatus)
    account = await sender_of(request, hook.client_id)
    extension = await house.presence.hear(
        account, user_id=hook.user_id, code=hook.code, status=hook.status
    )
    return Heard(extension=extension, status=hook.status)


for _path, _door in (("/make-call", _make_call), ("/status", _status)):
    # The vendor states no method: a real click was only ever seen as GET, its text says POST.
    router.add_api_route(
        _path,
        _door,
        methods=["GET"],
        operation_id=f"{_door.__name__.strip('_')}_get",
        openapi_extra=_FIELDS,
    )
    router.add_api_route(
        _path, _door, methods=["POST"], operation_id=f"{_door.__name__.strip('_')}_post"
    )


@router.post("/hooks/activity")
async def activity(request: Request) -> Heard:
    """The module was switched on or off, frozen, or the account moved.

    Strangers get `success: false` and 200, as the vendor's own modules answer.
    """
    house = house_of(request)
    hook = await hook_of(request, "activity")
    account = await _known(request, hook)
    if account is None or not isinstance(hook, Activity):
        return Heard(success=False)
    moved = hook.system_url and trusted_address(
        hook.system_url, account.base_url, house.settings.private_hosts
    )
    await house.set_up.hear_activity(
        account, active=hook.active, frozen=hook.freeze, system_url=moved or None
    )
    return Heard()


@router.post("/hooks/settings")
async def settings(request: Request) -> Heard:
    """The account's settings changed; its time zone matters for call records."""
    house = house_of(request)
    hook = await hook_of(request, "settings")
    account = await _known(request, hook)
    if account is None or not isinstance(hook, SettingsChange):
        return Heard(success=False)
    await house.set_up.hear_settings(account, time_zone=hook.time_zone)
    return Heard()


async def _known(request: Request, hook: Hook) -> Account | None:
    if isinstance(hook, Unknown):
        return None
    try:
        return await sender_of(request, hook.client_id)
    except (Unauthorized, TooMany):
        return None


@router.get("/static/logo.svg", include_in_schema=False)
async def logo() -> Response:
    """RetailCRM fetches it when the module is registered."""
    return Response(
        _LOGO, media_type="image/svg+xml", headers={"cache-control": "public, max-age=86400"}
    )
