"""Requirement 001's QR code by plain requests: for programs, and where WebSockets are blocked."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from kommutator.doors.http.auth import house_of
from kommutator.doors.http.errors import RESPONSES, locale_of
from kommutator.doors.http.linking.shown import CodeShown, PhoneShown, whole
from kommutator.doors.http.linking.sockets import neighbourhood_of, sockets_of
from kommutator.doors.http.yclients.linking import begun, proven
from kommutator.doors.http.yclients.origin import MarketplaceRoute
from kommutator.flows.whatsapp.shown import SessionShown
from kommutator.kit.errors import TooMany

router = APIRouter(
    prefix="/marketplace",
    tags=["YClients: marketplace"],
    responses=RESPONSES,
    route_class=MarketplaceRoute,
)


class QrAnswer(PhoneShown, CodeShown):
    """Requirement 001's shape, and what is true beside it."""

    success: bool = Field(description="There is a code to scan now.")


class LinkBody(BaseModel):
    model_config = ConfigDict(extra="ignore")

    method: Literal["qr", "code"] = "qr"
    phone: str = Field("", max_length=30, description="On which the letters are typed.")


@router.get("/qr/{token}", summary="The QR code that links WhatsApp")
async def marketplace_qr(request: Request, token: str) -> QrAnswer:
    """`token` is the page's, not the one of its address. The first call begins the session.

    A code that is over comes back neither as an image nor by itself: ask with POST.
    """
    linking = await proven(request, token)
    return _answer(request, await begun(house_of(request), linking))


@router.post("/qr/{token}", summary="A new code, or one to type")
async def marketplace_new_code(request: Request, token: str, body: LinkBody) -> QrAnswer:
    """What the page's WebSocket does by `new_qr` and `pairing_code`."""
    house, linking = house_of(request), await proven(request, token)
    for key in (str(linking.phone), neighbourhood_of(request)):
        if wait := sockets_of(request).words.take(key):
            raise TooMany("too_many_requests", retry_after=wait)
    shown = await house.whatsapp.link(
        linking.enterprise, linking.phone, body.method, body.phone or None
    )
    return _answer(request, shown)


def _answer(request: Request, shown: SessionShown) -> QrAnswer:
    said = whole(house_of(request), locale_of(request), shown)
    return QrAnswer(**said, success=said["qr"] is not None)
