"""`POST /api/yclients/messages`: YClients hands over messages of a salon to its clients.

The answers are the vendor's (contract §1.9): a row for each, or one code for all of them.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from kommutator.doors.http.auth import house_of
from kommutator.doors.http.errors import locale_of
from kommutator.doors.http.yclients.limits import (
    address_of,
    demand_patience,
    limits_of,
    note_wrong,
    take,
)
from kommutator.flows.refusals import HOOK
from kommutator.flows.salon.operator import MOST, Order
from kommutator.kit.errors import Forbidden, InvalidInput, Unauthorized, UserError
from kommutator.kit.plain_json import as_map, as_text

BAD, CLOSED, STRANGER, UNKNOWN = 5, 15, 20, 30
_LONGEST, _LONGEST_WORD = 256 * 1024, 64
_STATUS: Final = {BAD: 400, CLOSED: 403, STRANGER: 401}
_BODY = {"schema": {"type": "object"}}
router = APIRouter(tags=["YClients calls us"])


@router.post(
    "/api/yclients/messages",
    summary="Take messages of a salon to its clients",
    openapi_extra={"requestBody": {"required": True, "content": {"application/json": _BODY}}},
)
async def take_yclients_messages(request: Request) -> JSONResponse:
    """`Authorization: Bearer <the key that the salon's activation gave>`.

    `{"destination_params": [{"id", "phone"}] or one of them, "text", "channel": "whatsapp" or
    "sms" (also as "type"), "delivery_callback_url"}`. Answers `[{"id", "ext_id"}]`, or with
    `error_code` and `error_message` where nobody with that number writes with the salon.
    """
    demand_patience(request)
    take(request, limits_of(request).news)
    house = house_of(request)
    order: Order | None = None
    try:
        order = _read(await request.body())
        taken = await house.messages(_key(request), order)
    except (Unauthorized, Forbidden, InvalidInput) as error:
        if isinstance(error, Unauthorized):
            note_wrong(request)
            await house.refusals.note(None, error.code, actor=address_of(request), action=HOOK)
        return _refused(request, error, order)
    say, locale = house.texts.translate, locale_of(request)
    rows: list[dict[str, Any]] = [
        {"id": one.id, "ext_id": one.ext_id}
        if one.refused is None
        else {
            "id": one.id,
            "error_code": BAD if one.refused == "no_number" else UNKNOWN,
            "error_message": say(locale, f"operator.{one.refused}"),
        }
        for one in taken
    ]
    return JSONResponse(rows)


def _key(request: Request) -> str:
    """Raises Unauthorized: `operator_key_wrong`."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise Unauthorized("operator_key_wrong")
    return key.strip()


def _read(body: bytes) -> Order:
    """Raises InvalidInput: `operator_body_malformed`, `operator_channel_unknown`."""
    if len(body) > _LONGEST:
        raise InvalidInput("operator_body_malformed")
    try:
        given = as_map(msgspec.json.decode(body))
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidInput("operator_body_malformed") from error
    people = given.get("destination_params")
    listed = people if isinstance(people, list) else [people]
    to: dict[str, str] = {}
    for one in listed[: MOST + 1]:
        row, phone = as_text(as_map(one).get("id")), as_text(as_map(one).get("phone"))
        if not row or len(row) > _LONGEST_WORD or "\x00" in row or phone is None:
            raise InvalidInput("operator_body_malformed")
        to[row] = phone[:_LONGEST_WORD]
    channel = as_text(given.get("channel")) or as_text(given.get("type"))
    if channel not in ("whatsapp", "sms"):
        raise InvalidInput("operator_channel_unknown")
    text = (as_text(given.get("text")) or "").replace("\x00", "")
    return Order(to, text, (as_text(given.get("delivery_callback_url")) or "")[:2000])


def _refused(request: Request, error: UserError, order: Order | None) -> JSONResponse:
    """One code for all: those of them that can be told apart are named."""
    code = STRANGER if isinstance(error, Unauthorized) else BAD
    code = CLOSED if isinstance(error, Forbidden) else code
    words = house_of(request).texts.translate(
        locale_of(request), f"error.{error.code}", **error.params
    )
    told = {"error_code": code, "error_message": words}
    rows = [{"id": one, **told} for one in order.to] if order and order.to else [told]
    return JSONResponse(rows, _STATUS[code])
