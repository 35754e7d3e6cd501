"""One page that watches one phone being linked, over its WebSocket.

The page is told what is true when it comes, then each change with its number; after a break it
goes on behind the last number it saw, at whichever process it meets. It asks for a new code or for
one to type, never anything else. Whoever opens a second page for the same phone takes over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.domain.whatsapp.states import SessionState
from kommutator.doors.http.linking.shown import code_shown, phone_shown, qr_image, state_shown
from kommutator.doors.http.linking.sockets import Sockets
from kommutator.flows.house import House
from kommutator.flows.whatsapp.shown import SessionShown
from kommutator.kit.errors import InvalidInput, NotFound, TooMany, UserError
from kommutator.kit.plain_json import read_json
from kommutator.kit.tasks import first_of
from kommutator.store.whatsapp_sessions import SessionNews

CALM_S: Final = 20.0
"""Without news it is looked so often whether this page may still watch."""
SLOW_S: Final = 10.0
"""A page that takes no message for so long is let go."""
_LONGEST_WORD: Final = 4_096


class Over(Exception):
    """The conversation ends; `reason` is a slug, told to the page with the code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Watched:
    """Which phone, and by what right.

    Attributes:
        still: raises UserError once the right is over.
    """

    enterprise: EnterpriseNumber
    connection_id: UUID
    still: Callable[[], Awaitable[None]]


class Watch:
    """Use `run` once, on an accepted socket."""

    def __init__(
        self, house: House, sockets: Sockets, socket: WebSocket, watched: Watched, locale: str
    ) -> None:
        self._house = house
        self._sockets = sockets
        self._socket = socket
        self._watched = watched
        self._whose = (watched.enterprise, watched.connection_id)
        self._locale = locale
        self._watcher = house.ids.uuid()

    async def run(self, after: int | None) -> None:
        """Until one side ends it. `after`: the last number that the page saw.

        Raises:
            Over: with the code to close by.
            WebSocketDisconnect: the page is gone.
        """
        await self._take_over()
        try:
            await first_of(self._tell(after), self._hear())
        finally:
            await self._leave()

    async def _take_over(self) -> None:
        async with self._house.db.unit() as unit:
            await unit.whatsapp_watchers.take(*self._whose, self._watcher)
            unit.whatsapp_changed(*self._whose)

    async def _leave(self) -> None:
        async with self._house.db.unit() as unit:
            await unit.whatsapp_watchers.leave(*self._whose, self._watcher)

    # --- telling ---------------------------------------------------------------------------

    async def _tell(self, after: int | None) -> None:
        news, mark = self._house.news, f'"{self._watched.connection_id}"'
        while True:
            # First the ear, then the look: what changes in between is heard.
            waiting = asyncio.create_task(news.wait(lambda item: mark in item, CALM_S))
            try:
                after = await self._tell_new(after)
                await waiting
            finally:
                waiting.cancel()
            if news.closed:
                raise Over(1012, "restarting")
            await self._check()

    async def _check(self) -> None:
        try:
            await self._watched.still()
        except UserError as error:
            await self._refuse(error)
            raise Over(4401, error.code) from None
        async with self._house.db.single() as unit:
            watcher = await unit.whatsapp_watchers.of(*self._whose)
        if watcher != self._watcher:
            await self._send({"type": "event", "event": "taken_over"})
            raise Over(4409, "taken_over")

    async def _tell_new(self, after: int | None) -> int:
        """The number of the last change that the page knows now."""
        sessions = self._house.whatsapp
        try:
            found = [] if after is None else await sessions.news(*self._whose, after)
            shown = await sessions.state(*self._whose)
        except NotFound as error:
            await self._refuse(error)
            raise Over(4404, error.code) from None
        for one in found:
            await self._tell_one(one, shown)
        last = found[-1].seq if found else after
        # A page that is new, was away too long, or counts what never was.
        if last is None or last != shown.seq:
            await self._tell_all(shown)
        return shown.seq

    async def _tell_all(self, shown: SessionShown) -> None:
        said = phone_shown(self._house.texts, self._locale, shown).model_dump(mode="json")
        await self._send({"type": "status", **said})
        code = code_shown(self._house.clock, shown)
        if code.qr is not None:
            words = code.model_dump(exclude={"code"})
            await self._send({"type": "qr", "seq": shown.seq, **words})
        if code.code is not None:
            await self._send({"type": "code", "seq": shown.seq, "code": code.code})

    async def _tell_one(self, one: SessionNews, shown: SessionShown) -> None:
        text = one.body.get("text")
        if one.kind == "state" and one.seq == shown.seq:
            await self._tell_all(shown)
        elif one.kind == "state":
            state = SessionState(one.body["state"])
            said = state_shown(self._house.texts, self._locale, state, one.body.get("reason"))
            await self._send({"type": "status", "seq": one.seq, **said.model_dump(mode="json")})
        elif one.kind == "qr" and text is not None and shown.qr is not None:
            await self._tell_qr(one, shown, text)
        elif one.kind == "code" and text is not None:
            await self._state_of(one)
            await self._send({"type": "code", "seq": one.seq, "code": text})

    async def _tell_qr(self, one: SessionNews, shown: SessionShown, text: str) -> None:
        await self._state_of(one)
        code = code_shown(self._house.clock, shown)
        words = {"n": one.body["number"], "ttl": round(one.body["ttl_s"])}
        left = {"expires_in": code.expires_in, "qr": qr_image(text)}
        await self._send({"type": "qr", "seq": one.seq, **words, **left})

    async def _state_of(self, one: SessionNews) -> None:
        state = SessionState(one.body["state"])
        said = state_shown(self._house.texts, self._locale, state, None)
        await self._send({"type": "status", "seq": one.seq, **said.model_dump(mode="json")})

    # --- hearing ---------------------------------------------------------------------------

    async def _hear(self) -> None:
        while True:
            try:
                await self._follow(await read_word(self._socket))
            except NotFound as error:
                await self._refuse(error)
                raise Over(4404, error.code) from None
            except UserError as error:
                await self._refuse(error)

    async def _follow(self, word: dict[str, Any]) -> None:
        kind = word.get("type")
        if kind == "ping":
            await self._send({"type": "pong"})
        elif kind == "new_qr":
            await self._link("qr", None)
        elif kind == "pairing_code":
            await self._link("code", str(word.get("phone") or ""))
        else:
            raise InvalidInput("linking_word_unknown")

    async def _link(self, method: str, phone: str | None) -> None:
        await self._watched.still()
        if wait := self._sockets.words.take(str(self._watched.connection_id)):
            raise TooMany("too_many_requests", retry_after=wait)
        await self._house.whatsapp.link(*self._whose, method, phone)

    async def _refuse(self, error: UserError) -> None:
        await self._send(told_error(self._house, self._locale, error))

    async def _send(self, message: dict[str, Any]) -> None:
        await send(self._socket, message)


def told_error(house: House, locale: str, error: UserError) -> dict[str, Any]:
    """What a page is told of an error."""
    text = house.texts.error(locale, error)
    said = {"type": "error", "code": error.code, "message": text.message, "action": text.action}
    return {**said, "retry_after": error.retry_after} if isinstance(error, TooMany) else said


async def send(socket: WebSocket, message: dict[str, Any]) -> None:
    """Raises Over: it is not taken; WebSocketDisconnect: nobody is there."""
    if socket.application_state is not WebSocketState.CONNECTED:
        raise WebSocketDisconnect(1006)
    try:
        async with asyncio.timeout(SLOW_S):
            await socket.send_text(msgspec.json.encode(message).decode())
    except TimeoutError:
        raise Over(4408, "too_slow") from None


async def read_word(socket: WebSocket) -> dict[str, Any]:
    """One message of a page.

    Raises:
        InvalidInput: `linking_word_unknown`: it is no JSON object.
        Over: it is binary, or too long.
        WebSocketDisconnect: it left.
    """
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code") or 1005)
    text = message.get("text")
    if text is None:
        raise Over(1003, "text_only")
    if len(text) > _LONGEST_WORD:
        raise Over(1009, "too_long")
    try:
        word = read_json(text)
    except ValueError:
        word = None
    if not isinstance(word, dict):
        raise InvalidInput("linking_word_unknown")
    return word
