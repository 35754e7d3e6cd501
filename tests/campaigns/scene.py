"""A house with a PBX that tests play: they say what became of each call."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from kommutator.compose.campaigns import compose_campaigns
from kommutator.domain.campaigns.plan import DAYS
from kommutator.domain.commands import OriginateCall
from kommutator.domain.connection import ConnectionKind
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Role
from kommutator.flows.forms import ConnectionForm
from kommutator.flows.house import House
from kommutator.kit.clock import ManualClock
from kommutator.kit.ids import SystemIds
from kommutator.workers.campaigns import CampaignWorker
from tests.campaigns.cards import Cards
from tests.support.factories import execute
from tests.support.house import open_house

HERE = EnterpriseNumber("0367")
ADMIN = Actor("anna", Role.ENTERPRISE_ADMIN, HERE)
ALL_WEEK = {day: [["00:00", "24:00"]] for day in DAYS}
START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
PLAN: dict[str, Any] = {
    "agents": ["150", "151"], "windows": ALL_WEEK, "per_minute": 120, "concurrency": 2,
    "wrap_up_s": 0, "failures": 3,
}  # fmt: skip


def phone(number: int) -> str:
    return f"+3751700000{number:02}"


@dataclass
class Scene:
    """`worker` is not started: tests turn it round by round."""

    house: House
    clock: ManualClock
    worker: CampaignWorker
    ended: set[str] = field(default_factory=set)

    async def campaign(self, *phones: str, **changes: Any) -> UUID:
        """Started, with these numbers."""
        made = await self.house.campaigns.create(ADMIN, HERE, "Spring", PLAN | changes)
        await self.house.campaigns.add_text(ADMIN, HERE, made.row.id, "\n".join(phones))
        await self.house.campaigns.start(ADMIN, HERE, made.row.id)
        return made.row.id

    async def round(self, seconds: float = 0.5) -> None:
        await self.clock.advance(seconds)
        await self.worker.round()

    async def placed(self) -> list[OriginateCall]:
        """Every call ever owed to the PBX, oldest first."""
        async with self.house.db.unit() as unit:
            rows = await unit.outbox.page(HERE, kind="originate_call", limit=200)
        orders = [row.command() for row in reversed(rows)]
        return [order for order in orders if isinstance(order, OriginateCall)]

    async def going(self) -> list[OriginateCall]:
        return [one for one in await self.placed() if one.call_id not in self.ended]

    async def ends(self, call: OriginateCall, result: str, reason: str | None = None) -> None:
        """As the row of a call that followed its events would say."""
        assert call.call_id is not None
        self.ended.add(call.call_id)
        await execute(
            self.house.db,
            """UPDATE calls SET phase = 'ended', result = $3, reason = $4, ended_at = $5,
                      talk_s = CASE WHEN $3 = 'answered' THEN 42 ELSE 0 END
                WHERE enterprise = $1 AND id = $2""",
            HERE, call.call_id, result, reason, self.clock.now(),
        )  # fmt: skip

    async def shown(self, campaign: UUID) -> Any:
        return await self.house.campaigns.get(HERE, campaign)

    async def items(self, campaign: UUID) -> dict[str, tuple[str, str | None]]:
        rows = await self.house.campaigns.items(HERE, campaign, limit=200)
        return {row.phone: (row.state, row.outcome) for row in rows}

    async def link(self, *, up: bool) -> None:
        """The lane of the PBX, as its owner would keep it."""
        pbx = await self.house.directory.account_of(HERE, ConnectionKind.ASTERISK)
        assert pbx is not None
        await execute(
            self.house.db,
            """INSERT INTO lanes (lane, enterprise, lease_until, last_success_at, last_error_at)
               VALUES ($1, $2, 'infinity', now(),
                       CASE WHEN $3 THEN NULL ELSE now() + interval '1 day' END)
               ON CONFLICT (lane) DO UPDATE SET last_error_at = excluded.last_error_at""",
            pbx.lane, HERE, up,
        )  # fmt: skip


@asynccontextmanager
async def scene_of(database_url: str, *, cards: Cards | None = None) -> AsyncIterator[Scene]:
    clock = ManualClock(START)
    async with open_house(database_url, clock=clock) as house:
        async with house.db.unit() as unit:
            await unit.enterprises.create(HERE, name="June", time_zone="Europe/Minsk")
            settings = {
                "dialing": {"countries": ["BY", "RU"], "per_employee": 600, "per_enterprise": 6000}
            }
            await unit.connection.execute("UPDATE enterprises SET settings = $1", settings)
            for number in ("150", "151", "152"):
                await unit.extensions.put(HERE, number)
        secrets = {"ami_user": "gateway", "ami_secret": "not-a-real-secret"}
        form = ConnectionForm(
            ConnectionKind.ASTERISK, "pbx.example.com", secrets=secrets, config={"region": "BY"}
        )
        await house.set_up.save(ADMIN, HERE, form)
        await house.set_up.activate(ADMIN, HERE, ConnectionKind.ASTERISK)
        ids = SystemIds()
        dialer = compose_campaigns(
            house.db,
            house.directory,
            house.clicks,
            house.texts,
            cards or Cards(),
            clock=clock,
            ids=ids,
        )
        scene = Scene(house, clock, dialer.worker)
        await scene.link(up=True)
        try:
            yield scene
        finally:
            await dialer.worker.stop()
