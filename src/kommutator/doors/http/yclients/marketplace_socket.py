"""Requirement 001's WebSocket: the page of a salon watches its phone being linked."""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter
from starlette.websockets import WebSocket

from kommutator.doors.http.linking.door import watch_phone
from kommutator.doors.http.linking.sockets import house_of
from kommutator.doors.http.linking.watch import Watched
from kommutator.doors.http.yclients.linking import begun, linking_of, proven
from kommutator.doors.http.yclients.origin import is_allowed
from kommutator.flows.yclients.tickets import PAGE
from kommutator.kit.errors import Forbidden

router = APIRouter(prefix="/marketplace")


@router.websocket("")
@router.websocket("/ws")
async def marketplace_socket(socket: WebSocket) -> None:
    """`/marketplace/ws` is for proxies that cannot tell the plain path from a page's."""
    settings = house_of(socket).settings
    await watch_phone(
        socket,
        partial(_prove, socket),
        origin_allowed=lambda origin: is_allowed(origin, settings),
        by_cookie=False,
    )


async def _prove(socket: WebSocket, token: str) -> Watched:
    house = house_of(socket)
    linking = await proven(socket, token)
    await begun(house, linking)

    async def still() -> None:
        again = await linking_of(house, house.yclients.tickets.read(token, PAGE))
        if again.enterprise != linking.enterprise:
            raise Forbidden("marketplace_token_invalid")

    return Watched(linking.enterprise, linking.phone, still)
