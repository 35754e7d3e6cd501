"""Talks with clients of a salon in memory: a brain that does as it is told, a real database.

`Talks.says` is a client writing, through the journal's decision; `Talks.turns` takes whatever
turns are due, as a worker would; `Talks.said` is what the client was answered.
"""

# ruff: noqa: ARG002 - a port's methods are told more than a fake needs

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID

import msgspec

from kommutator.domain.assistant.frame import Expecting, Frame, Intent, Vocabulary
from kommutator.domain.assistant.ports import FreeTimes, Scene
from kommutator.domain.assistant.talk import (
    Acted,
    AnyAct,
    BookVisit,
    CancelVisit,
    ConfirmVisit,
    HandOver,
    Message,
    Offer,
    OptOut,
    Talk,
    Turn,
)
from kommutator.domain.chats import ChatNews, Said
from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.journal import Decided, JournalRow
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.chats.hear import HearChats
from kommutator.flows.converse.acts import DoActs
from kommutator.flows.converse.aside import Aside
from kommutator.flows.converse.converse import Converse
from kommutator.flows.converse.finish import FinishTurn
from kommutator.flows.converse.handing import TellStaff
from kommutator.flows.converse.hear import HearClients
from kommutator.flows.converse.inbox import Inbox
from kommutator.flows.converse.minds import Limits, Minds
from kommutator.flows.converse.open import OpenTurns
from kommutator.flows.converse.salon_of import SalonOf
from kommutator.flows.converse.scene import SetScene
from kommutator.flows.remind.ask import ReadQuestions
from kommutator.flows.salon.book import Book
from kommutator.flows.salon.change import ChangeVisit
from kommutator.flows.salon.services import ListVisits, VisitDesk
from kommutator.kit.errors import NotFound
from kommutator.kit.ids import SystemIds
from kommutator.kit.metrics import Metrics
from kommutator.kit.texts import Texts
from kommutator.store.database import Database
from kommutator.store.unit import Unit
from tests.support.salon import CONNECTION, HERE, HOUR_S, Hasty, Shelf, Vendor, an_account, at
from tests.support.salon import connect_salon as connect

BOT = UUID(int=42)
CHAT = "chat-1"
PHONE = "+79161234567"
WORKER = UUID(int=7)
ON = {"on": True, "debounce": {"quiet_s": 0, "longest_s": 0}}
Script = Callable[[Scene, Talk, Sequence[Message]], Awaitable[Turn]]


class _Stops:
    def read(self, text: str, vocabulary: Vocabulary, now: datetime) -> Frame:
        intents = {"стоп": Intent.STOP, "старт": Intent.START}
        return Frame(intents.get(text.lower(), Intent.OTHER))


class Reading:
    """Rules for tests: only "да" agrees."""

    def hear(self, scene: Scene, talk: Talk, messages: Sequence[Message]) -> Frame:
        agrees = [one.text.strip().lower() for one in messages] == ["да"]
        return Frame(Intent.YES if agrees else Intent.OTHER)


def propose(talk: Talk, act: BookVisit | CancelVisit) -> Turn:
    return Turn(
        msgspec.structs.replace(talk, proposal=act, expecting=Expecting.YES_OR_NO), ("Верно?",)
    )


def booking(hour: int = 10) -> BookVisit:
    return BookVisit((11,), Offer(7, at(hour), HOUR_S), "Анна", PHONE)


@dataclass
class ScriptedBrain:
    """Knows "запишите [hour]", "отмените <records>", "да", "стоп" and "человека"; repeats the rest.
    To a reminder "приду <records>", "один <record>" and "три <record>".

    Attributes:
        thinking: called while it thinks; may write, raise or wait.
        heard: the texts of each turn it was asked about.
    """

    name: str = "rules"
    thinking: Callable[[], Awaitable[None]] | None = None
    heard: list[list[str]] = field(default_factory=list)
    scenes: list[Scene] = field(default_factory=list)

    async def turn(
        self, scene: Scene, talk: Talk, messages: Sequence[Message], times: FreeTimes
    ) -> Turn:
        self.heard.append([one.text for one in messages])
        self.scenes.append(scene)
        if self.thinking is not None:
            await self.thinking()
        return replace_brain(self._answer(talk, "\n".join(self.heard[-1])), self.name)

    def _answer(self, talk: Talk, text: str) -> Turn:  # noqa: PLR0911  a line for each word
        word, _, rest = text.lower().partition(" ")
        match word:
            case "запишите":
                return propose(talk, booking(int(rest or 10)))
            case "отмените":
                first, *also = map(int, rest.split())
                return propose(talk, CancelVisit(first, tuple(also)))
            case "да" if talk.proposal is not None:
                return Turn(talk, act=talk.proposal)
            case "самовольно":
                return Turn(talk, act=booking())
            case "стоп":
                return Turn(talk, act=OptOut())
            case "приду":
                first, *also = map(int, rest.split())
                return Turn(talk, act=ConfirmVisit(first, tuple(also)))
            case "три":
                heard = Frame(Intent.CANCEL, choice=3)
                asked = propose(talk, CancelVisit(int(rest)))
                return msgspec.structs.replace(asked, understood=heard, answers=(int(rest),))
            case "один":
                heard = Frame(Intent.CONFIRM, choice=1)
                return Turn(talk, act=ConfirmVisit(int(rest)), understood=heard)
            case "человека":
                return Turn(talk, ("Зову.",), hand_over=HandOver.ASKED)
        return Turn(talk, (f"Вы написали: {text}",))

    async def told(
        self, scene: Scene, talk: Talk, act: AnyAct, acted: Acted, times: FreeTimes
    ) -> Turn:
        times_shown = ", ".join(f"{one.starts_at:%H:%M}" for one in acted.alternatives)
        return Turn(Talk(language=talk.language), (f"{acted.state} {times_shown}".strip(),))


def replace_brain(turn: Turn, name: str) -> Turn:
    return msgspec.structs.replace(turn, brain=name)


class _Desk:
    """A messenger whose news are what a test wrote."""

    kind = ConnectionKind.TELEGRAM

    def read(self, account: Account, body: bytes) -> Sequence[ChatNews]:
        given = json.loads(body)
        said = Said(
            given["id"], given["text"], datetime.fromtimestamp(given["at"], UTC),
            kind=given["kind"], from_me=given["from_me"], late=given["late"],
        )  # fmt: skip
        return [ChatNews(given["chat"], said, given["grouped"], "Анна К.", given["phone"])]


@dataclass
class _Directory:
    known: list[Account]

    async def account(self, connection_id: UUID) -> Account:
        for one in self.known:
            if one.connection_id == connection_id:
                return one
        raise NotFound("connection_not_found")

    async def accounts(self, enterprise: EnterpriseNumber) -> Sequence[Account]:
        return [one for one in self.known if one.enterprise == enterprise]


@dataclass
class Talks:
    db: Database
    vendor: Vendor
    shelf: Shelf
    brain: ScriptedBrain
    converse: Converse
    inbox: Inbox
    metrics: Metrics
    directory: _Directory
    hearing: HearChats
    numbers: Any = field(default_factory=lambda: count(1))

    async def says(self, text: str, chat: str = CHAT, **more: Any) -> None:
        """A client writes; `id`: of the message, else a new one."""
        number = next(self.numbers)
        body = {
            "id": f"m{number}", "text": text, "kind": "text", "chat": chat, "phone": PHONE,
            "from_me": False, "late": False, "at": 0, "grouped": False, **more,
        }  # fmt: skip
        row = JournalRow(
            id=number, enterprise=HERE, source="telegram", kind="update", key=None,
            connection_id=BOT, received_at=datetime.now(UTC), body=json.dumps(body).encode(),
        )  # fmt: skip
        async with self.db.unit() as unit:
            assert isinstance(await self.hearing.decide(unit, row), Decided)

    async def turns(self, limit: int = 10) -> int:
        """Take what is due, until nothing is; returns how many turns were taken."""
        taken = 0
        while claimed := await self.converse.claim(WORKER, limit, 30.0):
            for one in claimed:
                await self.converse.turn(one)
                taken += 1
        return taken

    async def said(self, chat: str = CHAT) -> list[str]:
        """What the bot wrote, in order."""
        rows = await self.rows(
            "SELECT m.text FROM chat_messages m JOIN outbox o ON o.id = m.outbox_id "
            "WHERE m.chat_id = $1 AND m.said_by = 'bot' ORDER BY o.id", chat,
        )  # fmt: skip
        return [row["text"] for row in rows]

    async def talk(self, chat: str = CHAT) -> Mapping[str, Any]:
        (row,) = await self.rows("SELECT * FROM conversations WHERE chat_id = $1", chat)
        return row

    async def rows(self, query: str, *args: Any) -> list[Mapping[str, Any]]:
        async with self.db.single() as unit:
            return [dict(row) for row in await unit.connection.fetch(query, *args)]

    async def settings(self, **assistant: Any) -> None:
        async with self.db.single() as unit:
            await unit.connection.execute(
                "UPDATE enterprises SET settings = $2 WHERE number = $1",
                HERE, {"assistant": {**ON, **assistant}},
            )  # fmt: skip

    async def lapse(self) -> None:
        """Leases of the dead are over, and pauses between tries."""
        await self.rows(
            "UPDATE conversations SET lease_until = NULL, "
            "due_at = CASE WHEN due_at IS NOT NULL THEN clock_timestamp() END"
        )


def channel_account() -> Account:
    return replace(
        an_account(), connection_id=BOT, kind=ConnectionKind.TELEGRAM, config={}, account_key="42"
    )


@asynccontextmanager
async def open_talks(dsn: str, *brains: ScriptedBrain) -> AsyncIterator[Talks]:
    """`brains` beside the one of the rules."""
    db = await Database.open(dsn, size=8)
    await connect(db)
    async with db.unit() as unit:
        await unit.connections.create(
            HERE, BOT, kind=ConnectionKind.TELEGRAM, name="Bot", base_url="https://t.example",
            account_key="42", config={}, sealed={},
        )  # fmt: skip
        await unit.connections.set_status(HERE, BOT, ConnectionStatus.ACTIVE)
    talks = _made(db, brains)
    await talks.settings()
    try:
        yield talks
    finally:
        await db.close()


def _made(db: Database, brains: Sequence[ScriptedBrain]) -> Talks:
    vendor, brain, clock, metrics = Vendor(), ScriptedBrain(), Hasty(), Metrics()
    shelf, texts = Shelf(vendor), Texts.load()
    desk = VisitDesk(
        accounts=None,  # type: ignore[arg-type]  # a talk has its salon from its channel
        reader=None,  # type: ignore[arg-type]  # asked only about unknown phones
        writer=vendor,
        shelf=shelf,
        listed=ListVisits(db),
        book=Book(db, vendor, shelf, clock=clock, ids=SystemIds(), metrics=metrics),
        change=ChangeVisit(db, vendor, shelf),
    )
    directory = _Directory([an_account(), channel_account()])
    salon_of = SalonOf(directory)
    minds = Minds(
        {"rules": brain, **{one.name: one for one in brains}}, Reading(), Limits(2.0, 0.2)
    )
    asks = ReadQuestions(clock=clock)
    tell = TellStaff(texts, clock=clock, public_url="http://house.example")
    return Talks(
        db=db,
        vendor=vendor,
        shelf=shelf,
        brain=brain,
        converse=Converse(
            db,
            shelf,
            OpenTurns(db, directory, salon_of, asks),
            SetScene(db, shelf, _Nobody()),
            minds,
            DoActs(desk),
            FinishTurn(db, tell, lambda *_: "Хочет стрижку.", clock=clock, metrics=metrics),
            texts,
        ),
        inbox=Inbox(db, clock=clock),
        metrics=metrics,
        directory=directory,
        hearing=HearChats(
            directory,
            {"telegram": _Desk()},  # type: ignore[dict-item]  # only `read` is asked of it
            texts,
            _nothing_else,
            [HearClients(salon_of, Aside(_Stops(), texts, asks, clock=clock), metrics)],
            clock=clock,
        ),
    )


class _Nobody:
    """A vendor that knows no phone."""

    async def clients_by_phone(self, account: Account, phone: str) -> Sequence[Any]:
        return ()


async def _nothing_else(unit: Unit, row: JournalRow) -> Decided:
    raise AssertionError(row)


__all__ = ["CONNECTION", "HERE", "Talks", "open_talks"]
