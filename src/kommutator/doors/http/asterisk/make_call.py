"""Requirement 002's `/api/makecallexternal`: the owner's own services place a call by it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request

from kommutator.domain.clicks import ClickRequest
from kommutator.domain.connection import ConnectionKind
from kommutator.doors.http.auth import house_of
from kommutator.doors.http.errors import RESPONSES, for_machines
from kommutator.doors.http.fields import fields_of
from kommutator.doors.http.placed import Placed, placed
from kommutator.kit.errors import InvalidInput

router = APIRouter(tags=["asterisk"], responses=RESPONSES, dependencies=[Depends(for_machines)])

_LONGEST_CODE = 20
_FIELDS: dict[str, Any] = {
    "parameters": [
        {"name": name, "in": "query", "schema": {"type": "string"}, "description": text}
        for name, text in (
            ("code", "Extension that rings first."),
            ("phone", "Number to call; `+` as `%2B`."),
            ("clientId", "The enterprise's secret: clientId of its Asterisk connection."),
        )
    ]
}


async def _make_call(request: Request) -> Placed:
    """Ring the extension, then the client. The fields may come by query, form or JSON."""
    house, address = house_of(request), request.state.client.neighbourhood
    try:
        code, phone, client_id = _read(await fields_of(request))
    except InvalidInput as refused:
        await house.refusals.note(None, refused.code, actor=address)
        raise
    pbx = await house.client_ids.sender(client_id, ConnectionKind.ASTERISK, address=address)
    click = ClickRequest(phone, requested_by=f"makecallexternal:{code[:_LONGEST_CODE]}", code=code)
    return placed(await house.clicks.place(pbx.enterprise, click))


def _read(fields: dict[str, str]) -> tuple[str, str, str]:
    """Raises InvalidInput: `call_fields_missing`."""
    # An unescaped "+" in a query arrives as a space.
    sent = fields.get("phone", "")
    phone = f"+{sent.strip()}" if sent.startswith(" ") else sent.strip()
    code, client_id = fields.get("code", "").strip(), fields.get("clientId", "").strip()
    given = {"code": code, "phone": phone, "clientId": client_id}
    if missing := [name for name, value in given.items() if not value]:
        raise InvalidInput("call_fields_missing", fields=", ".join(missing))
    return code, phone, client_id


for _method in ("GET", "POST"):
    router.add_api_route(
        "/api/makecallexternal",
        _make_call,
        methods=[_method],
        operation_id=f"make_call_external_{_method.lower()}",
        summary="Place a call",
        openapi_extra=_FIELDS,
    )
