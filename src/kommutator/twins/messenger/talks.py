"""Conversations as both sides see them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Json = dict[str, Any]


@dataclass
class Line:
    """One message. `ours`: written by the gateway's side (bot, seller's account).

    `at`: epoch seconds; `read`: the other side has seen it.
    """

    id: str
    ours: bool
    text: str
    at: float
    edited: bool = False
    deleted: bool = False
    read: bool = False


@dataclass
class Talk:
    """One chat.

    Attributes:
        owner: whose chat it is: the bot's or the account's id.
        kind: with one person, in a group, or about an item.
        closed: why nobody can write here: "blocked", "kicked", "deactivated"; empty: one can.
        facts: what the vendor's shape needs besides (user, item).
    """

    id: str
    owner: str
    title: str
    kind: Literal["private", "group", "item"] = "private"
    closed: str = ""
    lines: list[Line] = field(default_factory=list)
    facts: Json = field(default_factory=dict)

    def line(self, message_id: str) -> Line | None:
        return next((line for line in self.lines if line.id == message_id), None)

    def dump(self) -> Json:
        return asdict(self)


class Talks:
    """All chats of one twin, in the order they began."""

    def __init__(self) -> None:
        self._talks: dict[tuple[str, str], Talk] = {}

    def open(self, talk: Talk) -> Talk:
        """Add it; one that is there already is given back instead."""
        return self._talks.setdefault((talk.owner, talk.id), talk)

    def get(self, owner: str, chat_id: str) -> Talk:
        """Raises LookupError."""
        if (talk := self.find(owner, chat_id)) is None:
            raise LookupError(f"no chat {chat_id} of {owner}")
        return talk

    def find(self, owner: str, chat_id: str) -> Talk | None:
        return self._talks.get((owner, chat_id))

    def rename(self, talk: Talk, chat_id: str) -> None:
        """The vendor gives the chat another id."""
        del self._talks[talk.owner, talk.id]
        talk.id = chat_id
        self._talks[talk.owner, chat_id] = talk

    def of(self, owner: str) -> list[Talk]:
        return [talk for talk in self._talks.values() if talk.owner == owner]

    def everything(self) -> list[Talk]:
        return list(self._talks.values())

    def rows(self) -> list[Json]:
        """Every message with its chat, for waiting: `chat`, `title`, `owner` and a line's own."""
        return [
            {"chat": talk.id, "title": talk.title, "owner": talk.owner, **asdict(line)}
            for talk in self._talks.values()
            for line in talk.lines
        ]

    def clear(self) -> None:
        self._talks.clear()
