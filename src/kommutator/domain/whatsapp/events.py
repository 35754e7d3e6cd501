"""What an open or opening session of WhatsApp tells (contract messaging §1.2). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Identity:
    """Who we are there: `jid` of this device; `phone` E.164; `lid` without a device."""

    jid: str
    phone: str | None = None
    lid: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class QrShown:
    """A code to scan; `ttl_s`: the first lives 60 s, the next ones 20 s each."""

    number: int
    text: str = field(repr=False)
    ttl_s: float


@dataclass(frozen=True, slots=True)
class Paired:
    """The phone took us as its device; the server restarts the stream next (515)."""

    me: Identity


@dataclass(frozen=True, slots=True)
class Opened:
    """Messages may go and come."""

    me: Identity


@dataclass(frozen=True, slots=True)
class Closed:
    """The socket is gone.

    Attributes:
        code: as WhatsApp tells it (contract §1.4); None: it told none.
        location: where a failure came from, as the library names it.
    """

    code: int | None
    reason: str = ""
    location: str | None = None


@dataclass(frozen=True, slots=True)
class PasskeyWanted:
    """The phone lets itself be linked only with a passkey (contract §1.5)."""


@dataclass(frozen=True, slots=True)
class Restricted:
    """The account may not write to people who never wrote (463); `until`: UTC, if told."""

    until: datetime | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class MessageHeard:
    """One message, of the client's or of our side.

    Attributes:
        chat: the JID that the message came in, and that an answer goes to.
        alt: the other name of the same person (phone of a LID, or the other way round).
        from_me: written on the salon's phone, or the echo of what we sent.
        offline: came while we were away ("append").
        kind: "text", or what else it is: "image", "audio", "video", "document", "sticker",
            "location", "contact", "reaction", "edit", …
        edits: of an edit: the message that now reads `text`.
        text: of the message or its caption; empty if there is none.
        raw: the message's content as the library has it, kept so that a peer's retry can be
            answered; only for what we sent.
    """

    id: str
    chat: str
    at: datetime
    alt: str | None = None
    from_me: bool = False
    offline: bool = False
    name: str | None = None
    kind: str = "text"
    text: str = ""
    edits: str | None = None
    raw: Mapping[str, Any] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Undecryptable:
    """A placeholder: the text may come later under the same id, and answers nothing by itself."""

    id: str
    chat: str
    alt: str | None = None


@dataclass(frozen=True, slots=True)
class StatusHeard:
    """What became of a message of ours: 0 refused, 1 pending, 2 sent, 3 delivered, 4 read.

    `code`: of a refusal, e.g. "463".
    """

    id: str
    chat: str
    status: int
    code: str | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Composing:
    """The client types, or stopped typing."""

    chat: str
    typing: bool


WhatsAppEvent = (
    QrShown
    | Paired
    | Opened
    | Closed
    | PasskeyWanted
    | Restricted
    | MessageHeard
    | Undecryptable
    | StatusHeard
    | Composing
)
