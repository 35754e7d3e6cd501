"""From a WebSocket's handshake to a page that watches: origin, pace, room, proof."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, NoReturn

import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect

from kommutator.doors.http.frame import route_of
from kommutator.doors.http.linking.sockets import house_of, neighbourhood_of, sockets_of
from kommutator.doors.http.linking.watch import Over, Watch, Watched, read_word, send, told_error
from kommutator.kit.errors import TooMany, Unauthorized, Unavailable, UserError
from kommutator.kit.texts import choose_locale

PROTOCOL: Final = "kommutator"
"""Beside it, as a second subprotocol, a page may bring its token."""
AUTH_S: Final = 10.0
_DIGITS: Final = 18  # of the largest that the database counts
_log = structlog.get_logger()

Prove = Callable[[str], Awaitable[Watched]]
"""By what was shown, which phone. Raises UserError."""


async def watch_phone(
    socket: WebSocket, prove: Prove, *, origin_allowed: Callable[[str], bool], by_cookie: bool
) -> None:
    """One WebSocket, from its handshake to its end.

    A page of another site gets 403 instead of a handshake. Everybody else is told why it ends:
    4401 no proof, 4404 removed, 4408 too slow, 4409 another page took over, 4429 too often, 4503
    no room, 1012 this process ends.

    Args:
        by_cookie: the handshake itself proves; there is no token.
    """
    origin = socket.headers.get("origin")
    if not (origin_allowed(origin) if origin is not None else not by_cookie):
        await socket.close(4403, "origin_not_allowed")  # before it is accepted: HTTP 403
        return
    offered = socket.scope.get("subprotocols") or []
    await socket.accept(subprotocol=PROTOCOL if PROTOCOL in offered else None)
    try:
        await _admitted(socket, prove, by_cookie=by_cookie)
    except Over as over:
        await _close(socket, over.code, over.reason)
    except WebSocketDisconnect:
        return


async def _admitted(socket: WebSocket, prove: Prove, *, by_cookie: bool) -> None:
    sockets = sockets_of(socket)
    if sockets.full:
        await _refuse(socket, Unavailable("linking_full"), 4503)
    if wait := sockets.knocks.knock(neighbourhood_of(socket)):
        house_of(socket).metrics.throttled.labels(route_of(socket.scope)).inc()
        await _refuse(socket, TooMany("too_many_requests", retry_after=wait), 4429)
    with sockets.counted():
        first: dict[str, Any] = {}
        shown = "" if by_cookie else _token_of(socket)
        if not by_cookie and not shown:
            first = await _first_word(socket)
            shown = str(first.get("token") or "")
        try:
            watched = await prove(shown)
        except UserError as error:
            await _refuse(socket, error, 4401)
        after = _number(first.get("after", socket.query_params.get("after")))
        locale = locale_of_socket(socket, first.get("locale"))
        await Watch(house_of(socket), sockets, socket, watched, locale).run(after)


def _token_of(socket: WebSocket) -> str:
    """From the subprotocols, as browsers can, or from the header, as programs do."""
    for offered in socket.scope.get("subprotocols") or []:
        if offered != PROTOCOL:
            return str(offered)
    return socket.headers.get("authorization", "").partition(" ")[2].strip()


async def _first_word(socket: WebSocket) -> dict[str, Any]:
    try:
        async with asyncio.timeout(AUTH_S):
            word = await read_word(socket)
    except TimeoutError:
        word = {}
    except UserError as error:
        await _refuse(socket, error, 4401)
    if word.get("type") != "auth":
        await _refuse(socket, Unauthorized("linking_token_missing"), 4401)
    return word


async def _refuse(socket: WebSocket, error: UserError, code: int) -> NoReturn:
    """Raises Over."""
    await send(socket, told_error(house_of(socket), locale_of_socket(socket), error))
    raise Over(code, error.code)


async def _close(socket: WebSocket, code: int, reason: str) -> None:
    _log.info("linking_closed", code=code, reason=reason)
    try:
        await socket.close(code, reason)
    except (RuntimeError, WebSocketDisconnect):
        return  # the other side was quicker


def locale_of_socket(socket: WebSocket, said: object = None) -> str:
    wanted = said if isinstance(said, str) else socket.query_params.get("lang")
    return choose_locale(wanted, socket.headers.get("accept-language"))


def _number(given: object) -> int | None:
    """A number of ours; anything else is no number."""
    text = str(given) if isinstance(given, int | str) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None
