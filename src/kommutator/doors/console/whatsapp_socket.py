"""The console's WebSocket of one phone: proven by the session's cookie, so from our pages only."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlsplit
from uuid import UUID

from starlette.websockets import WebSocket

from kommutator.domain.tenancy import EnterpriseNumber, Permission, enterprise_number
from kommutator.doors.http import cookies
from kommutator.doors.http.linking.door import watch_phone
from kommutator.doors.http.linking.sockets import house_of
from kommutator.doors.http.linking.watch import Watched
from kommutator.flows.sign_in import actor_of_session
from kommutator.kit.errors import Unauthorized


async def watch_by_session(socket: WebSocket, connection_id: UUID) -> None:
    """Until it ends; see `watch_phone`."""
    await watch_phone(
        socket,
        partial(_prove, socket, connection_id),
        origin_allowed=partial(_is_ours, socket),
        by_cookie=True,
    )


async def _prove(socket: WebSocket, connection_id: UUID, _token: str) -> Watched:
    """Raises Unauthorized, Forbidden, NotFound: as any page."""
    enterprise = await _permitted(socket)
    await house_of(socket).whatsapp.state(enterprise, connection_id)

    async def still() -> None:
        await _permitted(socket)

    return Watched(enterprise, connection_id, still)


async def _permitted(socket: WebSocket) -> EnterpriseNumber:
    house = house_of(socket)
    token = socket.cookies.get(cookies.name(house))
    if not token:
        raise Unauthorized("sign_in_first")
    actor = actor_of_session(await house.sign_in.session(token))
    named = socket.query_params.get("enterprise_number")
    return actor.demand(Permission.CONFIGURE, enterprise_number(named) if named else None)


def _is_ours(socket: WebSocket, origin: str) -> bool:
    public = urlsplit(house_of(socket).settings.public_url)
    ours = {public.netloc, socket.headers.get("host", "")} - {""}
    try:
        return urlsplit(origin).netloc in ours
    except ValueError:  # no browser's
        return False
