"""Bots, the people and groups they talk with, and the updates they are told."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kommutator.twins.clock import ShiftedClock
from kommutator.twins.core import TwinCore
from kommutator.twins.messenger.courier import Courier, Parcel
from kommutator.twins.messenger.pace import Pace
from kommutator.twins.messenger.talks import Line, Talk, Talks
from kommutator.twins.telegram.switches import Switches

Json = dict[str, Any]
FIRST_BOT = 7000000001


@dataclass
class Bot:
    id: int
    token: str
    username: str
    name: str
    courier: Courier
    update_ids: itertools.count[int]
    secret: str = ""
    allowed: tuple[str, ...] = ()

    @property
    def user(self) -> Json:
        """As `getMe` shows it."""
        return {
            "id": self.id,
            "is_bot": True,
            "first_name": self.name,
            "username": self.username,
            "can_join_groups": True,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
        }


class World:
    """All bots of the twin."""

    def __init__(self, core: TwinCore, clock: ShiftedClock, token: str | None) -> None:
        self.core = core
        self.clock = clock
        self.switches = Switches()
        self.talks = Talks()
        self.pace = Pace()
        self._first_token = token
        self._message_ids = itertools.count(1)
        self._group_ids = itertools.count(1000000001)
        self.bots: dict[str, Bot] = {}
        self.reset()

    def reset(self) -> None:
        """One bot without chats."""
        for bot in self.bots.values():
            bot.courier.stop()
        self.bots.clear()
        self.talks.clear()
        self.pace.clear()
        self.switches.__init__()  # type: ignore[misc]  # every switch at its default again
        self.add_bot("kommutator_test_bot", "Kommutator", self._first_token)

    def add_bot(self, username: str, name: str, token: str | None = None) -> Bot:
        number = FIRST_BOT + len(self.bots)
        token = token or f"{number}:{self.core.ids.token(26)}"
        courier = Courier(self.clock, self.core.bell.ring)
        # After a restart of the twin they go on: whoever was told of one passes it over.
        updates = itertools.count(int(self.clock.now().timestamp()))
        bot = self.bots[token] = Bot(number, token, username, name, courier, updates)
        return bot

    def bot(self, username: str | None) -> Bot:
        """By its name, the first one without. Raises LookupError."""
        for bot in self.bots.values():
            if username in (None, bot.username):
                return bot
        raise LookupError(f"no bot {username}")

    # --- what the other side does ------------------------------------------------------------

    def start(self, bot: Bot, person: Mapping[str, Any], payload: str = "") -> Talk:
        """A person opens the chat and presses Start, perhaps by a link with a payload."""
        talk = self.private(bot, person)
        talk.closed = ""
        self.hear(bot, talk, f"/start {payload}".strip())
        return talk

    def private(self, bot: Bot, person: Mapping[str, Any]) -> Talk:
        """The chat with this person: `id`, `first_name`, optionally `last_name`, `username`."""
        user: Json = {
            "id": int(person["id"]),
            "is_bot": False,
            "first_name": str(person.get("first_name", "Гость")),
            "language_code": str(person.get("language_code", "ru")),
        }
        for name in ("last_name", "username"):
            if person.get(name):
                user[name] = str(person[name])
        title = " ".join(filter(None, (user["first_name"], user.get("last_name"))))
        return self.talks.open(
            Talk(str(user["id"]), str(bot.id), title, facts={"user": user, "type": "private"})
        )

    def group(self, bot: Bot, title: str, by: Mapping[str, Any]) -> Talk:
        """Somebody adds the bot to a group."""
        chat_id = str(-next(self._group_ids))
        user = self.private(bot, by).facts["user"]
        talk = self.talks.open(
            Talk(chat_id, str(bot.id), title, "group", facts={"user": user, "type": "group"})
        )
        self._membership(bot, talk, "left", "member")
        return talk

    def hear(self, bot: Bot, talk: Talk, text: str, **more: Any) -> Line:
        """They write. `more` goes into the message as the vendor has it (`contact` …)."""
        line = self._line(talk, ours=False, text=text)
        message = self.message(bot, talk, line) | more
        if not text:
            message.pop("text")
        self._tell(bot, "message", message)
        return line

    def close(self, bot: Bot, talk: Talk, why: str) -> None:
        """They block the bot, throw it out, or are gone; empty: they let it in again."""
        was, talk.closed = talk.closed, why
        if bool(was) != bool(why):
            states = ("member", "kicked") if why else ("kicked", "member")
            self._membership(bot, talk, *states)

    def migrate(self, bot: Bot, talk: Talk) -> str:
        """The group becomes a supergroup; returns its new id."""
        old = talk.id
        new = f"-100{old.lstrip('-')}"
        line = self._line(talk, ours=False, text="")
        note = self.message(bot, talk, line) | {"migrate_to_chat_id": int(new)}
        note.pop("text")
        self._tell(bot, "message", note)
        self.talks.rename(talk, new)
        talk.facts |= {"type": "supergroup", "was": old}
        return new

    # --- what the bot does -------------------------------------------------------------------

    def write(self, talk: Talk, text: str) -> Line:
        return self._line(talk, ours=True, text=text)

    def message(self, bot: Bot, talk: Talk, line: Line) -> Json:
        """As the Bot API shows it."""
        sender = bot.user if line.ours else talk.facts["user"]
        shown: Json = {
            "message_id": int(line.id),
            "from": {name: sender[name] for name in ("id", "is_bot", "first_name")},
            "chat": self.chat(talk),
            "date": int(line.at),
            "text": line.text,
        }
        if line.edited:
            shown["edit_date"] = int(self.clock.now().timestamp())
        return shown

    def chat(self, talk: Talk) -> Json:
        kind = talk.facts["type"]
        if kind != "private":
            return {"id": int(talk.id), "type": kind, "title": talk.title}
        user = talk.facts["user"]
        names = {
            name: user[name] for name in ("first_name", "last_name", "username") if name in user
        }
        return {"id": int(talk.id), "type": kind, **names}

    def _line(self, talk: Talk, *, ours: bool, text: str) -> Line:
        line = Line(str(next(self._message_ids)), ours, text, self.clock.now().timestamp())
        talk.lines.append(line)
        return line

    def _membership(self, bot: Bot, talk: Talk, before: str, after: str) -> None:
        change = {
            "chat": self.chat(talk),
            "from": talk.facts["user"],
            "date": int(self.clock.now().timestamp()),
            "old_chat_member": {"user": bot.user, "status": before},
            "new_chat_member": {"user": bot.user, "status": after},
        }
        self._tell(bot, "my_chat_member", change)

    def _tell(self, bot: Bot, kind: str, what: Json) -> None:
        if bot.allowed and kind not in bot.allowed:
            return
        number = next(bot.update_ids)
        bot.courier.send(Parcel(str(number), {"update_id": number, kind: what}))
