"""A campaign over the leads of a running amoCRM twin: read, called, noted, moved."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from kommutator.compose.campaigns import compose_campaigns
from kommutator.connectors.crm.amocrm.api import AmoCrmReader
from kommutator.connectors.crm.amocrm.client import AmoCrmClients
from kommutator.connectors.crm.amocrm.writes import AmoCrmDelivery
from kommutator.domain.connection import ConnectionKind
from kommutator.flows.forms import ConnectionForm
from kommutator.flows.turns import Turns
from kommutator.kit.http import HttpClient
from kommutator.workers.campaigns import CampaignWorker
from kommutator.workers.delivery_runner import DeliveryRunner
from kommutator.workers.engine import LaneEngine
from tests.campaigns.scene import PLAN
from tests.support.amocrm_live import ADMIN, HERE, Live, open_live
from tests.support.factories import execute
from tests.support.waiting import eventually


@dataclass
class Stage:
    live: Live
    worker: CampaignWorker

    async def lead(self, lead_id: int) -> dict[str, Any]:
        leads = (await self.live.state())["leads"]
        return next(one for one in leads if one["id"] == lead_id)

    async def texts(self, lead_id: int) -> list[str]:
        notes = (await self.live.state())["notes"]
        own = [note for note in notes if note["entity_id"] == lead_id]
        return [note["params"].get("text", "") for note in own]


@pytest.fixture
async def stage(database_url: str) -> AsyncIterator[Stage]:
    async with AsyncExitStack() as stack:
        live = await stack.enter_async_context(open_live(database_url))
        house, clock = live.house, live.house.clock
        async with house.db.unit() as unit:
            await unit.extensions.put(HERE, "150")
        secrets = {"ami_user": "gateway", "ami_secret": "not-a-real-secret"}
        form = ConnectionForm(ConnectionKind.ASTERISK, "pbx.example.com", secrets=secrets)
        await house.set_up.save(ADMIN, HERE, form)
        await house.set_up.activate(ADMIN, HERE, ConnectionKind.ASTERISK)
        house.directory.clear()
        pbx = await house.directory.account_of(HERE, ConnectionKind.ASTERISK)
        assert pbx is not None
        await execute(
            house.db,
            "INSERT INTO lanes (lane, enterprise, lease_until, last_success_at) "
            "VALUES ($1, $2, 'infinity', now())",
            pbx.lane,
            HERE,
        )
        http = HttpClient(clock=clock, allowed_hosts={"127.0.0.1"})
        stack.push_async_callback(http.close)
        turns = Turns(house.db, clock=clock)
        clients = AmoCrmClients(http, access=house.grants, turn=turns)
        dialer = compose_campaigns(
            house.db, house.directory, house.clicks, house.texts, AmoCrmReader(clients),
            clock=clock, ids=house.ids,
        )  # fmt: skip
        await stack.enter_async_context(_delivering(live, clients))
        yield Stage(live, dialer.worker)
        await dialer.worker.stop()


@asynccontextmanager
async def _delivering(live: Live, clients: AmoCrmClients) -> AsyncIterator[None]:
    house = live.house
    delivery = AmoCrmDelivery(clients, clock=house.clock)
    runner = DeliveryRunner(
        house.db, house.directory, {delivery.kind: delivery}, clock=house.clock, ids=house.ids
    )
    engine = LaneEngine(
        house.db, {"crm": runner}, clock=house.clock, ids=house.ids, roles=["worker"]
    )
    await engine.start()
    house.db.waker = engine.wake
    try:
        yield
    finally:
        await engine.stop()


async def test_leads_of_a_stage_are_called_noted_and_moved(stage: Stage) -> None:
    state = await stage.live.state()
    (sales, *_) = state["pipelines"]
    first, talks = (status["id"] for status in sales["statuses"][1:3])
    expected = {
        lead["id"]
        for lead in state["leads"]
        if lead["status_id"] == first and not lead["is_deleted"]
    }
    assert len(expected) > 3
    told = {"pipeline_id": sales["id"], "status_id": talks, "note": "Обзвон: {result}"}
    source = {"kind": "leads", "pipeline_id": sales["id"], "stage_ids": [first]}
    plan = PLAN | {"agents": ["150"], "source": source, "write_back": {"talked": told}}
    campaigns = stage.live.house.campaigns
    made = await campaigns.create(ADMIN, HERE, "Leads", plan)
    await campaigns.start(ADMIN, HERE, made.row.id)

    async def read() -> bool:
        await stage.worker.round()
        shown = await campaigns.get(HERE, made.row.id)
        return shown.row.filling is None and shown.figures.placed > 0

    await eventually(read, 30)
    items = await campaigns.items(HERE, made.row.id, limit=200)
    assert {item.lead_id for item in items} <= expected
    (call,) = await campaigns.attempts(HERE, made.row.id)
    called = next(item.lead_id for item in items if item.last_call == call.call_id)
    assert called is not None
    await campaigns.pause(ADMIN, HERE, made.row.id)
    await execute(
        stage.live.house.db,
        "UPDATE calls SET phase = 'ended', result = 'answered', talk_s = 5, ended_at = now() "
        "WHERE id = $1",
        call.call_id,
    )
    await stage.worker.round()

    async def moved() -> bool:
        return bool((await stage.lead(called))["status_id"] == talks)

    await eventually(moved, 30)
    assert (await stage.texts(called)).count("Обзвон: поговорили") == 1
