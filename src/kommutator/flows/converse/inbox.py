"""One inbox of all messengers: looked at, taken over, answered by people, given back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from kommutator.domain.assistant.settings import read_settings
from kommutator.domain.assistant.talk import HandOver
from kommutator.domain.chats import LONGEST
from kommutator.domain.connection import ConnectionKind, lane_of
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Permission
from kommutator.flows.chats.speak import Saying, speak
from kommutator.kit.clock import Clock
from kommutator.kit.errors import Conflict, InvalidInput, NotFound
from kommutator.store.views.inbox import InboxViews, MessageLine, TalkLine, TalkWanted, TurnLine

if TYPE_CHECKING:
    from kommutator.store.database import Database
    from kommutator.store.unit import Unit

_HOUR_S: Final = 3600.0
_WORTH: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Thread:
    """A talk, some of its messages and the turns among them, all newest first."""

    talk: TalkLine
    messages: Sequence[MessageLine]
    turns: Sequence[TurnLine]


class Inbox:
    """Reads are for whoever may READ_CHATS; what changes something checks WRITE_CHATS itself.

    Every method that names a talk raises NotFound `talk_not_found`.
    """

    def __init__(self, db: Database, *, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def list(self, enterprise: EnterpriseNumber, wanted: TalkWanted) -> Sequence[TalkLine]:
        """Whoever said something last comes first."""
        async with self._db.single() as unit:
            return await InboxViews(unit.connection).page(enterprise, wanted)

    async def waiting(self, enterprise: EnterpriseNumber) -> int:
        """How many wait for a person."""
        async with self._db.single() as unit:
            return await InboxViews(unit.connection).waiting(enterprise)

    async def get(self, enterprise: EnterpriseNumber, conversation_id: int) -> TalkLine:
        async with self._db.single() as unit:
            return await _talk(unit, enterprise, conversation_id)

    async def thread(
        self,
        enterprise: EnterpriseNumber,
        conversation_id: int,
        *,
        before: int | None = None,
        limit: int = 50,
    ) -> Thread:
        """`before`: id of the oldest message of the page before."""
        async with self._db.unit() as unit:
            talk = await _talk(unit, enterprise, conversation_id)
            views = InboxViews(unit.connection)
            messages = await views.messages(enterprise, talk, before=before, limit=limit)
            since = messages[-1].at if messages else None
            turns = await views.turns(enterprise, conversation_id, since=since)
        shown = {message.turn_id for message in messages}
        return Thread(talk, messages, [one for one in turns if one.id in shown])

    async def take_over(
        self, actor: Actor, enterprise: EnterpriseNumber, conversation_id: int
    ) -> TalkLine:
        """From now on a person speaks; the bot is silent for the tenant's pause."""
        async with self._db.unit() as unit:
            talk = await _mine(unit, actor, enterprise, conversation_id)
            await _silence(unit, enterprise, talk, None)
            await _audit(unit, actor, enterprise, "take_over", talk)
            return await _talk(unit, enterprise, conversation_id)

    async def give_back(
        self, actor: Actor, enterprise: EnterpriseNumber, conversation_id: int
    ) -> TalkLine:
        """The bot answers again, from the client's next message on."""
        async with self._db.unit() as unit:
            talk = await _mine(unit, actor, enterprise, conversation_id)
            await unit.conversations.give_back(enterprise, talk.connection_id, talk.chat_id)
            unit.chat_changed(enterprise, talk.connection_id, talk.chat_id)
            await _audit(unit, actor, enterprise, "give_back", talk)
            return await _talk(unit, enterprise, conversation_id)

    async def say(
        self,
        actor: Actor,
        enterprise: EnterpriseNumber,
        conversation_id: int,
        text: str,
        *,
        once: str,
    ) -> MessageLine:
        """Write to the client as the salon; whoever writes has taken the talk over.

        Args:
            once: unique for this message; under one that was here before nothing is said again,
                and what was said then is returned.

        Raises:
            InvalidInput: `chat_text_empty`, `chat_text_too_long` (`most`).
            Conflict: `chat_closed` (`reason`).
        """
        text = text.strip()
        if not text:
            raise InvalidInput("chat_text_empty")
        async with self._db.unit() as unit:
            talk = await _mine(unit, actor, enterprise, conversation_id)
            kind = ConnectionKind(talk.kind)
            if len(text) > LONGEST[kind]:
                raise InvalidInput("chat_text_too_long", most=LONGEST[kind])
            if talk.closed is not None:
                raise Conflict("chat_closed", reason=talk.closed)
            await _silence(unit, enterprise, talk, HandOver.STAFF_WROTE)
            saying = Saying(
                talk.connection_id,
                kind,
                talk.chat_id,
                text,
                once=f"inbox:{conversation_id}:{once}",
                about=f"chat:{conversation_id}",
                not_after=self._clock.now() + _WORTH,
                said_by="staff",
            )
            lane = lane_of(kind, talk.connection_id)
            row = await unit.conversations.said(enterprise, lane, saying.once)
            if row is None:
                (row,) = await speak(unit, enterprise, [saying])
                await _audit(unit, actor, enterprise, "say", talk)
            return await InboxViews(unit.connection).owed(enterprise, row)

    async def seen(
        self, actor: Actor, enterprise: EnterpriseNumber, conversation_id: int, up_to: int
    ) -> None:
        """A person read the messages up to this one."""
        actor.demand(Permission.READ_CHATS, enterprise)
        async with self._db.unit() as unit:
            talk = await _talk(unit, enterprise, conversation_id)
            if await unit.conversations.seen(enterprise, conversation_id, up_to):
                unit.chat_changed(enterprise, talk.connection_id, talk.chat_id)


async def _mine(
    unit: Unit, actor: Actor, enterprise: EnterpriseNumber, conversation_id: int
) -> TalkLine:
    actor.demand(Permission.WRITE_CHATS, enterprise)
    return await _talk(unit, enterprise, conversation_id)


async def _talk(unit: Unit, enterprise: EnterpriseNumber, conversation_id: int) -> TalkLine:
    talk = await InboxViews(unit.connection).get(enterprise, conversation_id)
    if talk is None:
        raise NotFound("talk_not_found")
    return talk


async def _silence(
    unit: Unit, enterprise: EnterpriseNumber, talk: TalkLine, reason: HandOver | None
) -> None:
    settings = read_settings((await unit.enterprises.get(enterprise)).settings)
    await unit.conversations.by_staff(
        enterprise, talk.connection_id, talk.chat_id,
        pause_s=settings.pause_hours * _HOUR_S,
        reason=None if reason is None else reason.value, salon=talk.salon,
    )  # fmt: skip
    unit.chat_changed(enterprise, talk.connection_id, talk.chat_id)


async def _audit(
    unit: Unit, actor: Actor, enterprise: EnterpriseNumber, what: str, talk: TalkLine
) -> None:
    await unit.audit.add(
        enterprise,
        actor=actor.name,
        action=f"chat.{what}",
        target=str(talk.id),
        detail={"channel": talk.kind},
    )
