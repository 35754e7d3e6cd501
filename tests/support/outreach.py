"""A tenant with a salon and messengers, whose unasked messages a test sends round by round."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from kommutator.domain.chats import ChatNews, Said, Spoken
from kommutator.domain.connection import ConnectionKind, ConnectionStatus
from kommutator.domain.outreach.wanted import OutreachKind, Wanted
from kommutator.domain.salon.facts import Salon
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Role
from kommutator.flows.outreach.consents import Consents
from kommutator.flows.outreach.desk import OutreachDesk
from kommutator.flows.outreach.follow import FollowOutreach
from kommutator.flows.outreach.owe import Outreach
from kommutator.flows.outreach.ports import Recheck, SentHearer
from kommutator.flows.outreach.send import SendDue
from kommutator.kit.clock import ManualClock
from kommutator.store.database import Database

NUMBER = EnterpriseNumber("0367")
ADMIN = Actor("Anna", Role.ENTERPRISE_ADMIN, NUMBER)
OWNER = UUID(int=7)
OLGA = "+375000000070"
NOON = datetime(2026, 11, 21, 9, tzinfo=UTC)  # in Minsk; a Saturday
SALON, WHATSAPP, TELEGRAM, CLOUD = (UUID(int=n) for n in (101, 102, 103, 104))
KINDS = {
    SALON: ConnectionKind.YCLIENTS,
    WHATSAPP: ConnectionKind.WHATSAPP,
    TELEGRAM: ConnectionKind.TELEGRAM,
    CLOUD: ConnectionKind.WHATSAPP_CLOUD,
}


@dataclass
class Town:
    """Attributes:
    rechecks, heard: what stories handed in; who hears what was sent.
    spacing: seconds between messages of one number; by the database's clock.
    """

    db: Database
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOON))
    rechecks: dict[OutreachKind, Recheck] = field(default_factory=dict)
    heard: list[SentHearer] = field(default_factory=list)
    spacing: float = 0.0001

    def __post_init__(self) -> None:
        self.outreach = Outreach(clock=self.clock)
        self.follow = FollowOutreach(self.db, clock=self.clock)
        self.consents = Consents(self.db, clock=self.clock)
        self.desk = OutreachDesk(self.db, self.consents, clock=self.clock)

    def sender(self) -> SendDue:
        return SendDue(
            self.db, rechecks=self.rechecks, sent=self.heard, clock=self.clock,
            jitter=lambda: 0.5, spacing=lambda _: self.spacing,
        )  # fmt: skip

    async def settle(self, *connections: UUID, zone: str = "Europe/Minsk") -> None:
        """The tenant, its salon, and these messengers."""
        async with self.db.unit() as unit:
            await unit.enterprises.create(NUMBER, name="Spring", time_zone=zone)
            for one in (SALON, *connections):
                await unit.connections.create(
                    NUMBER, one, kind=KINDS[one], name=KINDS[one].value, base_url="https://x.test",
                    account_key=str(one), config={}, sealed={},
                )  # fmt: skip
                await unit.connections.set_status(NUMBER, one, ConnectionStatus.ACTIVE)
            await unit.salons.lock(NUMBER, SALON)
            await unit.salons.save(
                NUMBER, SALON, Salon(id=1, title="Spring", time_zone=zone), read_at=NOON
            )

    async def link(self, state: str = "open", days: int = 30) -> None:
        """The WhatsApp number was linked so many days ago."""
        await self.run(
            "INSERT INTO whatsapp_sessions (enterprise, connection_id, wanted, state, linked_at, "
            "since) VALUES ($1, $2, true, $3, $4, $5)",
            NUMBER, WHATSAPP, state, self.clock.now() - timedelta(days=days), self.clock.now(),
        )  # fmt: skip

    async def wrote(
        self, connection: UUID, chat: str, phone: str | None = OLGA, at: datetime | None = None
    ) -> None:
        """A client wrote there."""
        said = Said(f"{chat}-{at}", "hello", at or self.clock.now())
        async with self.db.unit() as unit:
            await unit.chats.hear(NUMBER, connection, ChatNews(chat, said, phone=phone))

    def want(self, once: str = "one", **more: Any) -> Wanted:
        now = self.clock.now()
        given: dict[str, Any] = {
            "enterprise": NUMBER, "salon": SALON, "phone": OLGA, "client_name": "Olga",
            "kind": OutreachKind.REMINDER_DAY, "text": "We wait for you.", "about": "visit:5",
            "once": once, "due_at": now, "not_after": now + timedelta(hours=20), "service": True,
        }  # fmt: skip
        return Wanted(**given | more)

    async def owe(self, *wanted: Wanted) -> None:
        async with self.db.unit() as unit:
            await self.outreach.owe(unit, wanted)

    async def round(self) -> list[str]:
        """Outcomes, in the order of the rows."""
        return [outcome for _, outcome in await self.sender().round(OWNER)]

    async def later(self, **more: float) -> None:
        await self.clock.advance(timedelta(**more).total_seconds())

    async def told(self, outbox: int, state: str, note: str | None = None) -> None:
        """The messenger's news of one message, as its lane writes them."""
        if state in ("sent", "failed"):
            await self.run(
                "UPDATE outbox SET state = $2 WHERE id = $1",
                outbox, "done" if state == "sent" else "dead",
            )  # fmt: skip
            connection, chat = await self.row(
                "SELECT connection_id, key FROM outbox WHERE id = $1", outbox
            )
            async with self.db.unit() as unit:
                spoken = Spoken(outbox, chat, state, message_id=f"m{outbox}", reason=note)
                await unit.chats.settle(NUMBER, connection, [spoken])
        else:
            await self.run(
                "UPDATE chat_messages SET state = $2 WHERE outbox_id = $1", outbox, state
            )

    async def sent(self) -> list[tuple[UUID, str]]:
        """What the outbox holds: by which connection, which words; without what was taken back."""
        rows = await self.rows(
            "SELECT connection_id, payload ->> 'text' AS text FROM outbox "
            "WHERE state <> 'dropped' ORDER BY id"
        )
        return [(row["connection_id"], row["text"]) for row in rows]

    async def state(self, once: str = "one") -> tuple[str, str | None]:
        row = await self.row("SELECT state, reason FROM outreach WHERE once = $1", once)
        return row["state"], row["reason"]

    async def last_outbox(self) -> int:
        return int((await self.row("SELECT max(id) AS id FROM outbox"))["id"])

    async def run(self, statement: str, *args: Any) -> None:
        async with self.db.unit() as unit:
            await unit.connection.execute(statement, *args)

    async def rows(self, query: str, *args: Any) -> list[Any]:
        async with self.db.unit() as unit:
            return list(await unit.connection.fetch(query, *args))

    async def row(self, query: str, *args: Any) -> Any:
        return (await self.rows(query, *args))[0]
