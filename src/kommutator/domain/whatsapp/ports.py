"""How WhatsApp is reached: whoever holds the sockets, and where a session's keys are kept.

The holder of sockets decides nothing and remembers nothing: it may die at any moment, and every
session comes back from `SessionKeys` without a new scan.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from kommutator.domain.whatsapp.events import WhatsAppEvent

Creds = Mapping[str, Any]
"""Who this device is; the library's own shape, JSON with buffers spelt as the library does."""

OnEvent = Callable[[WhatsAppEvent], Awaitable[None] | None]
"""Called in order; must return at once.

What it returns for a `MessageHeard` is awaited before WhatsApp hears that the message arrived. If
that raises, the session closes (`Closed(None, "message_unwritten")`) and the message comes again.
"""


class SessionKeys(Protocol):
    """One session's state on disk. Every write is on disk when it returns."""

    async def creds(self) -> Creds | None:
        """None: a new device."""
        ...

    async def set_creds(self, creds: Creds) -> None: ...

    async def get(self, kind: str, ids: Sequence[str]) -> Mapping[str, Any]:
        """Those that exist."""
        ...

    async def set(self, changes: Mapping[str, Mapping[str, Any]]) -> None:
        """Write what changed, by kind and id; None deletes. All or nothing."""
        ...

    async def message(self, message_id: str) -> Mapping[str, Any] | None:
        """What we sent under this id, for a peer that could not read it."""
        ...


@dataclass(frozen=True, slots=True)
class Sent:
    """`content`: what the library made of it, to be kept for `SessionKeys.message`."""

    message_id: str
    content: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Found:
    """An answer of WhatsApp about one number."""

    phone: str
    jid: str | None
    """None: nobody has WhatsApp under it."""
    lid: str | None = None


@dataclass(frozen=True, slots=True)
class LineOptions:
    """How a session is opened.

    Attributes:
        url: of WhatsApp's socket; empty: the real one.
        proxy: of this session alone; empty: none.
        version: of the protocol, e.g. (2, 3000, 1027934701); None: the library's own.
        root_key: hex, of the certificates' root; only a fake WhatsApp has another than the real.
    """

    url: str = ""
    proxy: str = field(default="", repr=False)
    version: tuple[int, int, int] | None = None
    root_key: str = ""


class WhatsAppLine(Protocol):
    """One session that opens or is open. All raise `VendorError`; UNSURE: it may have been done.

    A send that WhatsApp refuses does not raise: a `StatusHeard` with status 0 comes instead.
    """

    async def send(self, to: str, text: str, message_id: str) -> Sent:
        """The same `message_id` again is the same message for whoever reads it."""
        ...

    async def typing(self, to: str, *, on: bool) -> None: ...
    async def read(self, chat: str, message_ids: Sequence[str]) -> None: ...
    async def find(self, phones: Sequence[str]) -> Sequence[Found]: ...
    async def pairing_code(self, phone: str) -> str:
        """Eight letters to type on the phone; before the session is paired. `phone`: E.164."""
        ...

    async def log_out(self) -> None:
        """Unlink this device at WhatsApp."""
        ...

    async def close(self) -> None:
        """Close the socket; the device stays linked. Nothing more is told of this session."""
        ...


class WhatsAppHost(Protocol):
    """Holds many sessions."""

    async def open(
        self, session: str, keys: SessionKeys, options: LineOptions, on_event: OnEvent
    ) -> WhatsAppLine:
        """Begin to open; how it goes is told by events. Closes an earlier one of this name.

        Raises VendorError: `whatsapp_bridge_missing` (no Node here), `whatsapp_bridge_down`.
        When the holder dies, each session hears `Closed(None, "bridge_died")`.
        """
        ...
