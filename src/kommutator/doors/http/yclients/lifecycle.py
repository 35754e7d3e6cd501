"""`POST /api/yclients/webhook`: the vendor says that a salon removed us, was frozen, or paid."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from kommutator.doors.http.auth import house_of
from kommutator.doors.http.errors import RESPONSES, TooLarge, for_machines
from kommutator.doors.http.yclients.limits import (
    address_of,
    demand_patience,
    limits_of,
    note_wrong,
    take,
)
from kommutator.flows.refusals import HOOK
from kommutator.kit.errors import InvalidInput, Unauthorized

_LONGEST = 16 * 1024
_JSON = {"schema": {"type": "object"}}
router = APIRouter(
    tags=["YClients calls us"], responses=RESPONSES, dependencies=[Depends(for_machines)]
)


class Heard(BaseModel):
    success: bool = True


@router.post(
    "/api/yclients/webhook",
    summary="Take a lifecycle notice of YClients",
    openapi_extra={"requestBody": {"required": True, "content": {"application/json": _JSON}}},
)
async def take_yclients_lifecycle(request: Request) -> Heard:
    """Callback Url of our application: `{salon_id, application_id, event, partner_token}`.

    The partner token proves the sender. The same notice may come any number of times.
    """
    demand_patience(request)
    take(request, limits_of(request).notices)
    house = house_of(request)
    body = await request.body()
    if len(body) > _LONGEST:
        raise TooLarge("body_too_large")
    try:
        news = house.yclients.lifecycle.read(body)
    except (Unauthorized, InvalidInput) as error:
        note_wrong(request)
        await house.refusals.note(None, error.code, actor=address_of(request), action=HOOK)
        raise
    await house.yclients.lifecycle.hear(news)
    return Heard()
