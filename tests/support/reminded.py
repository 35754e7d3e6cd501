"""A salon with reminders whose visits change as a test says, told as its copy tells them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from kommutator.domain.assistant.talk import Question, Rate
from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.outreach.wanted import REMINDERS, OutreachKind
from kommutator.domain.salon.changes import VisitChange, news_of
from kommutator.domain.salon.facts import Booked, StaffMember, Visit
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.converse.ports import Where
from kommutator.flows.outreach.owe import Outreach
from kommutator.flows.remind.ask import OpenQuestion, ReadQuestions
from kommutator.flows.remind.plan import PlanMessages
from kommutator.flows.remind.rate import KeepRating
from kommutator.flows.remind.recheck import StillTrue
from kommutator.flows.remind.win_back import WinBack
from kommutator.flows.remind.wording import Wording
from kommutator.kit.errors import ErrorKind, VendorError
from kommutator.kit.texts import Texts
from kommutator.kit.zones import zone
from tests.support.outreach import NUMBER, OLGA, SALON, TELEGRAM, Town

ACCOUNT = Account(
    enterprise=NUMBER,
    connection_id=SALON,
    kind=ConnectionKind.YCLIENTS,
    name="Spring",
    base_url="https://x.test",
    status=ConnectionStatus.ACTIVE,
    config={"salon_id": 1},
    secrets={},
)
BOOKED_AT = datetime(2026, 11, 20, 6, tzinfo=UTC)
VISIT = Visit(
    id=5,
    staff_id=1,
    starts_at=datetime.fromisoformat("2026-11-23T15:00"),
    seance_s=3600,
    services=(Booked(11, "Стрижка", 1500),),
    client_id=70,
    client_name="Ольга Иванова",
    client_phone=OLGA,
    created_at=BOOKED_AT,
)


@dataclass
class Reminded:
    """Attributes:
    vendor: record id → as the booking system has it now.
    away: it does not answer.
    connected: what the directory knows, the salon first.
    """

    town: Town
    vendor: dict[int, Visit] = field(default_factory=dict)
    away: bool = False
    connected: list[Account] = field(default_factory=lambda: [ACCOUNT])

    @classmethod
    async def of(cls, town: Town) -> Reminded:
        made = cls(town)
        texts, clock = Texts.load(), town.clock
        wording = Wording(texts)
        outreach = Outreach(clock=clock)
        made.plan = PlanMessages(outreach, wording, clock=clock)
        made.win_back = WinBack(town.db, made, outreach, wording, clock=clock)
        made.rating = KeepRating(made, texts, clock=clock)
        still = StillTrue(made, made, wording, clock=clock)  # type: ignore[arg-type]  # of the shelf only what is asked
        for kind in (*REMINDERS, OutreachKind.REVIEW):
            town.rechecks[kind] = still
        town.rechecks[OutreachKind.WIN_BACK] = made.win_back
        town.heard.append(OpenQuestion(clock=clock))
        async with town.db.unit() as unit:
            await unit.salons.lock(NUMBER, SALON)
            await unit.salon_lists.save_staff(
                NUMBER, SALON, [StaffMember(1, "Анна")], read_at=town.clock.now()
            )
        return made

    def __post_init__(self) -> None:
        self.plan: PlanMessages
        self.win_back: WinBack
        self.rating: KeepRating

    # --- as the copy and the directory ---------------------------------------------------------

    async def account(self, connection_id: UUID) -> Account:
        assert connection_id == SALON
        return self.connected[0]

    async def accounts(self, _enterprise: EnterpriseNumber) -> list[Account]:
        return self.connected

    async def active_enterprises(self) -> list[EnterpriseNumber]:
        return [NUMBER]

    async def reread(self, _account: Account, record_id: int) -> Visit | None:
        if self.away:
            raise VendorError(ErrorKind.TRANSIENT, "away")
        visit = self.vendor.get(record_id)
        if visit is not None:
            await self.happens(visit)
        return visit

    async def now(self, _account: Account) -> datetime:
        return self.town.clock.now().astimezone(zone("Europe/Minsk")).replace(tzinfo=None)

    # --- what a test does ----------------------------------------------------------------------

    async def happens(self, visit: Visit, *, first_read: bool = False) -> None:
        """The visit is so from now on, and everybody hears what changed."""
        self.vendor[visit.id] = visit
        async with self.town.db.unit() as unit:
            kept = await unit.salons.get(NUMBER, SALON)
            assert kept is not None
            before = await unit.salon_visits.get(NUMBER, SALON, visit.id)
            await unit.salon_visits.save(NUMBER, SALON, [visit], read_at=self.town.clock.now())
            change = VisitChange(before, visit, news_of(before, visit), first_read)
            if change.news or first_read:
                await self.plan(unit, ACCOUNT, kept.salon, [change])

    async def until(self, moment: datetime) -> list[str]:
        """Time goes by; returns what was said until then, in order."""
        before = await self.said()
        while True:
            due = await self.town.row(
                "SELECT min(due_at) AS at FROM outreach WHERE state = 'queued' AND due_at <= $1",
                moment,
            )  # fmt: skip
            if due is None or due[0] is None:
                break
            ahead = (max(due[0], self.town.clock.now()) - self.town.clock.now()).total_seconds()
            await self.town.clock.advance(ahead + 1)
            await self.town.round()
        ahead = (moment - self.town.clock.now()).total_seconds()
        await self.town.clock.advance(max(0.0, ahead))
        return (await self.said())[len(before) :]

    async def said(self) -> list[str]:
        rows = await self.town.rows(
            "SELECT text FROM chat_messages WHERE direction = 'out' ORDER BY id"
        )
        return [row["text"] for row in rows]

    async def reasons(self) -> list[str]:
        """What became of each message: kind, state and why."""
        rows = await self.town.rows("SELECT kind, state, reason FROM outreach ORDER BY id")
        return [" ".join(part for part in row if part) for row in rows]

    async def questions(self) -> list[Question]:
        async with self.town.db.unit() as unit:
            asked = ReadQuestions(clock=self.town.clock)
            return list(await asked(unit, NUMBER, TELEGRAM, "70"))

    async def rates(self, stars: int, words: str = "", record_id: int = 5) -> list[str]:
        """What the client is told besides the thanks."""
        async with self.town.db.unit() as unit:
            where, rate = Where(TELEGRAM, "70"), Rate(record_id, stars, words)
            return list(await self.rating(unit, ACCOUNT, where, rate, "ru"))

    async def rules(self, **rules: Any) -> None:
        async with self.town.db.unit() as unit:
            await unit.enterprises.update(NUMBER, settings={"remind": {"rules": rules}})

    def moved(self, **hours: float) -> Visit:
        return replace(VISIT, starts_at=VISIT.starts_at + timedelta(**hours))
