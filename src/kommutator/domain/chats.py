"""Chats of messengers: what a messenger tells of one, and what became of what we said. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from kommutator.domain.commands import SendMessage
from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.outcome import Failed
from kommutator.domain.ports import Probe
from kommutator.kit.errors import ErrorKind, Stage

CLOSES: Final[Mapping[str, str]] = {"chat_blocked": "blocked", "chat_gone": "gone"}
"""Hint of a refusal → why nobody reads this chat any more."""

TOO_LATE: Final = "too_late"
MAYBE_SENT: Final = "maybe_sent"

LONGEST: Final[Mapping[ConnectionKind, int]] = {
    ConnectionKind.TELEGRAM: 4096,
    ConnectionKind.AVITO: 1000,
    ConnectionKind.WHATSAPP: 4096,
    ConnectionKind.WHATSAPP_CLOUD: 4096,
}
"""Characters of one message (contract messaging §6)."""

EDITING: Final = frozenset({ConnectionKind.TELEGRAM})
"""Messengers in which what was sent can be put otherwise."""


@dataclass(frozen=True, slots=True)
class Said:
    """One message that came in, or that our side wrote by other ways than ours.

    Attributes:
        text: of the message or its caption; empty for pictures and the like.
        kind: "text", or what else it is, as in `domain.whatsapp.events.MessageHeard`.
        from_me: staff wrote it in the messenger itself.
        late: it came so long after it was written that nobody should answer it now.
    """

    message_id: str
    text: str
    at: datetime
    author: str | None = None
    kind: str = "text"
    from_me: bool = False
    late: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """What the messenger tells of a message of ours, after it took it.

    Attributes:
        state: "sent", "delivered", "read" or "failed".
        code: of a refusal, as the messenger names it; `words`: its own.
        hint: slug with a sentence for people, where the code is known.
        outbox_id: the row that it was sent for, where the messenger gives that back.
    """

    message_id: str
    state: str
    code: str | None = None
    words: str = ""
    hint: str | None = None
    outbox_id: int | None = None


@dataclass(frozen=True, slots=True)
class ChatNews:
    """What a messenger tells of one chat.

    Attributes:
        grouped: several people read it.
        phone: E.164, shared by the chat's own person.
        start: the token of the link that somebody came by.
        closed: why nobody reads it any more, as in `CLOSES`, or "left".
        moved_to: the chat goes on under this id.
        alias: another id of the same chat; whoever knew it by both knows it by one from now on.
        told: of a message of ours; then there is nothing else to it.
    """

    chat_id: str
    said: Said | None = None
    grouped: bool = False
    title: str = ""
    phone: str | None = None
    language: str | None = None
    start: str | None = None
    closed: str | None = None
    moved_to: str | None = None
    alias: str | None = None
    told: Told | None = None


@dataclass(frozen=True, slots=True)
class Spoken:
    """What became of one message of ours.

    Attributes:
        state: "owed", "sent", "maybe_sent" or "failed".
        reason: slug; `detail`: the messenger's words.
        closed: as in `ChatNews`.
        moved_to: the chat goes on under this id.
    """

    outbox_id: int
    chat_id: str
    state: str
    message_id: str | None = None
    reason: str | None = None
    detail: str | None = None
    closed: str | None = None
    moved_to: str | None = None

    @property
    def changes_chat(self) -> bool:
        """Not the message only: the chat is closed or moves, or a person has to look at it."""
        return bool(self.closed or self.moved_to) or self.state == "maybe_sent"


@dataclass(frozen=True, slots=True)
class ToldOf:
    """A message of ours whose state is another now, as its messenger told."""

    outbox_id: int
    chat_id: str
    told: Told


@dataclass(frozen=True, slots=True)
class Polled:
    """News that we asked for; `position`: what to ask after next time."""

    news: Sequence[PolledNews]
    position: int


@dataclass(frozen=True, slots=True)
class PolledNews:
    """One piece, as the messenger would have brought it: for the journal."""

    id: str
    body: bytes = field(repr=False)


class ChannelDesk(Protocol):
    """The unhurried side of a messenger. Every method raises `VendorError`, but for `read`."""

    kind: ConnectionKind

    async def probe(self, account: Account) -> Probe:
        """Who we are there: `details` has `key` (the account's id) and `title`."""
        ...

    async def subscribe(self, account: Account, address: str, secret: str) -> None:
        """Have news brought to this address; `secret` proves them, if the messenger can."""
        ...

    async def unsubscribe(self, account: Account, address: str) -> None:
        """Bring nothing any more. Also fine when nothing was brought."""
        ...

    async def poll(self, account: Account, position: int) -> Polled:
        """News after this position; 0: whatever there is.

        Also raises where news should have been brought and are not: `hint` says why.
        """
        ...

    def read(self, account: Account, body: bytes) -> Sequence[ChatNews]:
        """What was brought, in our words. Raises InvalidInput: `channel_hook_unreadable`."""
        ...


def refused_now(message: SendMessage, now: datetime, *, unsure: bool) -> Failed | None:
    """Why this must not be sent (again), if so.

    No messenger tells whether it has a message already. Rather one that did not arrive, and is
    shown as such, than one that arrives twice.
    """
    if unsure:
        words = "the answer to an earlier attempt was lost: it may have arrived"
        return Failed(ErrorKind.REJECTED, Stage.BEFORE_SENDING, words, hint=MAYBE_SENT)
    if message.not_after is not None and now > message.not_after:
        words = f"worthless after {message.not_after:%Y-%m-%d %H:%M} UTC"
        return Failed(ErrorKind.REJECTED, Stage.BEFORE_SENDING, words, hint=TOO_LATE)
    return None


def pieces(text: str, longest: int) -> list[str]:
    """The text in messages of at most so many characters, cut where a person would pause."""
    parts: list[str] = []
    rest = text.strip()
    while len(rest) > longest:
        head = rest[:longest]
        at = max(head.rfind("\n\n"), head.rfind("\n"))
        if at < longest // 2:
            at = max(at, head.rfind(" "))
        at = at if at > 0 else longest
        parts.append(rest[:at].rstrip())
        rest = rest[at:].lstrip()
    return [*parts, rest] if rest else parts
