"""One session at the bridge. Implements `domain.whatsapp.ports.WhatsAppLine`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any

import structlog

from kommutator.connectors.channels.whatsapp.child import Child
from kommutator.connectors.channels.whatsapp.errors import WhatsAppError
from kommutator.connectors.channels.whatsapp.events import read_event, read_message
from kommutator.connectors.channels.whatsapp.manifest import (
    CLOSE_S,
    COMMAND_S,
    PAIRING_S,
    SEND_S,
)
from kommutator.domain.whatsapp.events import Closed, WhatsAppEvent
from kommutator.domain.whatsapp.ports import Found, OnEvent, Sent, SessionKeys
from kommutator.kit.plain_json import as_map, as_text, maps_in, texts_in

_log = structlog.get_logger(__name__)
DIED = "bridge_died"


class BaileysLine:
    """Opened by `BaileysHost`; also the bridge's feed about this line.

    Args:
        number: of this opening; never used again, so that nothing late is taken for news.
    """

    def __init__(
        self, child: Child, session: str, number: int, keys: SessionKeys, on_event: OnEvent
    ) -> None:
        self._child = child
        self._number = number
        self._keys = keys
        self._on_event = on_event
        self._order = asyncio.Lock()
        self._later: set[asyncio.Future[None]] = set()
        self._quiet = False
        self.session = session

    # --- orders ----------------------------------------------------------------------------

    async def send(self, to: str, text: str, message_id: str) -> Sent:
        order = {"to": to, "text": text, "id": message_id}
        answer = await self._do("send", order, within=SEND_S, writing=True)
        return Sent(as_text(answer.get("id")) or message_id, as_map(answer.get("content")))

    async def typing(self, to: str, *, on: bool) -> None:
        await self._do("typing", {"to": to, "on": on})

    async def read(self, chat: str, message_ids: Sequence[str]) -> None:
        await self._do("read", {"chat": chat, "ids": list(message_ids)})

    async def find(self, phones: Sequence[str]) -> Sequence[Found]:
        answer = await self._do("find", {"phones": list(phones)}, within=SEND_S)
        told = {one.get("phone"): one for one in maps_in(answer.get("found"))}
        return [
            Found(phone, as_text(one.get("jid")), as_text(one.get("lid")))
            for phone in phones
            for one in (told.get(phone, {}),)
        ]

    async def pairing_code(self, phone: str) -> str:
        answer = await self._do("pairing_code", {"phone": phone}, within=PAIRING_S, writing=True)
        return as_text(answer.get("code")) or ""

    async def log_out(self) -> None:
        await self._do("log_out", {}, writing=True)

    async def close(self) -> None:
        self._quiet = True
        if self._child.feeds.get(self._number) is not self:
            return
        try:
            await self._do("close", {}, within=CLOSE_S)
        except WhatsAppError as error:
            _log.info("whatsapp_line_not_closed", why=error.message)
        finally:
            self._child.feeds.pop(self._number, None)

    async def _do(
        self,
        what: str,
        order: Mapping[str, Any],
        *,
        within: float = COMMAND_S,
        writing: bool = False,
    ) -> Mapping[str, Any]:
        whole = {"line": self._number, **order}
        return await self._child.call(what, whole, within=within, writing=writing)

    # --- what the bridge says --------------------------------------------------------------

    def told(self, name: str, words: Mapping[str, Any]) -> None:
        event = read_event(name, words)
        if event is None:
            _log.info("whatsapp_event_unknown", event_name=name)
            return
        if isinstance(event, Closed):
            self._child.feeds.pop(self._number, None)
        self._tell_and_forget(event)

    def died(self) -> None:
        self._tell_and_forget(Closed(None, DIED))

    async def asked(self, what: str, words: Mapping[str, Any]) -> Any:
        if what == "heard":
            return await self._heard(words)
        async with self._order:  # asks come in order, and locks are handed on in order
            return await self._kept(what, words)

    async def _heard(self, words: Mapping[str, Any]) -> None:
        """Raises whatever keeps the message from being written down: then it comes again."""
        message = read_message(words.get("message"))
        if message is None:
            _log.warning("whatsapp_message_unreadable")
            return
        if self._quiet:
            raise RuntimeError("this line is closing")
        written = self._on_event(message)
        if written is not None:
            await written

    async def _kept(self, what: str, words: Mapping[str, Any]) -> Any:
        if what == "keys.get":
            kind = as_text(words.get("kind")) or ""
            return dict(await self._keys.get(kind, texts_in(words.get("ids"))))
        if what == "keys.set":
            return await self._keys.set(as_map(words.get("changes")))
        if what == "creds.set":
            return await self._keys.set_creds(as_map(words.get("creds")))
        if what == "message.get":
            return await self._keys.message(as_text(words.get("id")) or "")
        raise ValueError(what)

    def _tell_and_forget(self, event: WhatsAppEvent) -> None:
        """An error of whoever hears it must not reach the others' lines."""
        if self._quiet:
            return
        try:
            written = self._on_event(event)
        except Exception:  # noqa: BLE001  as said above
            _log.exception("whatsapp_event_not_taken", kind=type(event).__name__)
            return
        if written is not None:
            task = asyncio.ensure_future(_settled(written))
            self._later.add(task)
            task.add_done_callback(self._later.discard)


async def _settled(written: Awaitable[None]) -> None:
    try:
        await written
    except Exception:  # noqa: BLE001  nobody waits for it; the log is all there is
        _log.exception("whatsapp_event_not_written")
