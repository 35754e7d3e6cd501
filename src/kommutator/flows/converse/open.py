"""A claimed turn opened: all that is known of its talk, or nothing if none is to be taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol
from uuid import UUID

import msgspec

from kommutator.domain.assistant.settings import AssistantSettings, read_settings
from kommutator.domain.assistant.talk import Message, Question, Talk, Turn
from kommutator.domain.connection import Account, ConnectionStatus
from kommutator.flows.converse.ports import OpenQuestions
from kommutator.flows.converse.salon_of import SalonOf
from kommutator.kit.errors import NotFound
from kommutator.kit.texts import LOCALES
from kommutator.store.chats import Chat
from kommutator.store.turns import Claimed, ConversationRow, WaitingMessage

if TYPE_CHECKING:
    from kommutator.store.database import Database
    from kommutator.store.unit import Unit

_AT_ONCE: Final = 200
"""Messages of one turn."""
FORGOTTEN: Final = timedelta(hours=12)
"""After so much silence a talk begins anew."""


_START: Final = "/start"
_HELLO: Final = {"ru": "Здравствуйте", "uk": "Вітаю", "en": "Hello"}
"""What somebody says who presses "Start" in Telegram: it takes no "СТОП" back."""


class Channels(Protocol):
    """What is needed of `Directory`."""

    async def account(self, connection_id: UUID) -> Account: ...


class Plan(msgspec.Struct, frozen=True):
    """A turn as a brain thought of it, and the messages that it answers.

    `heard`: as in `ConversationRow`, when it was thought of.
    """

    turn: Turn
    messages: list[int]
    heard: int

    def stored(self) -> dict[str, Any]:
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found


@dataclass(frozen=True, slots=True)
class Open:
    """A turn to be taken.

    Attributes:
        channel: the messenger's account; salon: the one it speaks for.
        plan: what was about to be done when somebody crashed, or had to wait.
        records: visits that this very talk made.
        locale: of the enterprise's people.
        aside: staff speak here, or nobody: only an answer to a question of ours is taken.
        asked_by_staff: they wrote since we asked: a "yes" may be theirs.
    """

    row: ConversationRow
    chat: Chat
    channel: Account
    salon: Account
    settings: AssistantSettings
    talk: Talk
    messages: Sequence[WaitingMessage]
    questions: Sequence[Question]
    records: Sequence[int]
    plan: Plan | None
    greet: bool
    locale: str
    aside: bool = False
    asked_by_staff: bool = False

    @property
    def no(self) -> int:
        """Of this turn in its talk, from 1."""
        return self.row.version + 1

    def heard(self) -> list[Message]:
        """What waits, as a brain is told."""
        hello = _HELLO.get(self.talk.language, _HELLO["ru"])
        return [
            Message(hello if m.text == _START else m.text, m.at, m.kind, m.message_id)
            for m in self.messages
        ]

    def planned(self, turn: Turn) -> Plan:
        """This turn, as an answer to everything that waits."""
        return Plan(turn, [message.id for message in self.messages], self.row.heard)


class OpenTurns:
    """`questions`: what we asked by ourselves; None: nothing asks yet."""

    def __init__(
        self,
        db: Database,
        channels: Channels,
        salon_of: SalonOf,
        questions: OpenQuestions | None = None,
    ) -> None:
        self._db = db
        self._channels = channels
        self._salon_of = salon_of
        self._questions = questions

    async def __call__(self, claimed: Claimed) -> Open | None:
        """None: nothing to answer, nobody who may, or it is somebody else's by now."""
        async with self._db.unit() as unit:
            row = await unit.turns.load(claimed.enterprise, claimed)
            if row is None:
                return None
            found = await self._read(unit, row)
            if found is None:
                await self._pass(unit, row)
        return found

    async def _pass(self, unit: Unit, row: ConversationRow) -> None:
        """Not ours; what staff see need not be answered later, when the bot speaks again."""
        if row.speaking == "bot":
            await unit.turns.release(row.enterprise, row.claimed, idle_at=row.heard)
            return
        key = row.enterprise, row.connection_id, row.chat_id
        theirs = await unit.turns.waiting(*key, _AT_ONCE)
        await unit.turns.leave(row.enterprise, row, [one.id for one in theirs])

    async def _read(self, unit: Unit, row: ConversationRow) -> Open | None:
        key = row.enterprise, row.connection_id, row.chat_id
        chat = await unit.chats.get(*key)
        channel = await self._channel(row.connection_id)
        if chat is None or channel is None:
            return None
        asked = () if self._questions is None else await self._questions(unit, *key)
        salon = await self._salon_of(channel) or await self._asking(asked)
        enterprise = await unit.enterprises.get(row.enterprise)
        settings = read_settings(enterprise.settings)
        if salon is None:
            return None
        plan = None if row.act is None else msgspec.convert(row.act, Plan)
        messages = await unit.turns.waiting(*key, _AT_ONCE)
        questions = [one for one in asked if one.salon in (None, salon.connection_id)]
        by_bot = row.speaking == "bot" and settings.works_in(salon.connection_id)
        aside = row.speaking != "bot" and bool(questions)
        if plan is None and not (messages and (by_bot or aside)):
            return None
        greet = row.turned_at is None or row.now - row.turned_at > FORGOTTEN
        staff_wrote = aside and await unit.turns.staff_wrote(*key, since=questions[0].asked_at)
        return Open(
            row=row,
            chat=chat,
            channel=channel,
            salon=salon,
            settings=settings,
            # What the bot proposed before staff took over is proposed no more.
            talk=_talk(row, chat, enterprise.locale, anew=greet or aside),
            messages=messages,
            questions=questions,
            records=await unit.turns.made(row.enterprise, row.id),
            plan=plan,
            greet=greet,
            locale=enterprise.locale,
            aside=aside,
            asked_by_staff=staff_wrote,
        )

    async def _asking(self, asked: Sequence[Question]) -> Account | None:
        """A messenger that speaks for no salon of several: whoever asked hears the answer."""
        salon = next((one.salon for one in asked if one.salon is not None), None)
        account = None if salon is None else await self._channel(salon)
        active = account is not None and account.status is ConnectionStatus.ACTIVE
        return account if active else None

    async def _channel(self, connection_id: UUID) -> Account | None:
        try:
            return await self._channels.account(connection_id)
        except NotFound:
            return None


def _talk(row: ConversationRow, chat: Chat, locale: str, *, anew: bool) -> Talk:
    """As it stands; one that was left long ago keeps only who the client is."""
    if row.turned_at is None:
        return Talk(language=chat.language if chat.language in LOCALES else locale)
    talk = msgspec.convert(row.talk, Talk)
    return Talk(name=talk.name, phone=talk.phone, language=talk.language) if anew else talk
