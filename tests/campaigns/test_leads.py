"""Campaigns that call a CRM's leads, and tell the CRM what came of it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from kommutator.domain.commands import AddNote, Command, CreateTask, MoveLead
from kommutator.domain.connection import ConnectionKind, ConnectionStatus
from kommutator.domain.crm_data import Entity, EntityKind
from kommutator.kit.errors import Conflict
from tests.campaigns.cards import Cards
from tests.campaigns.scene import ADMIN, HERE, PLAN, Scene, phone, scene_of
from tests.support.factories import execute

AT = datetime(2026, 3, 1, tzinfo=UTC)
LEADS = {"kind": "leads", "pipeline_id": 7, "stage_ids": [71], "dont_call_tag": "не звонить"}


def lead(number: int, *, contact: int | None, tags: tuple[str, ...] = (), **more: Any) -> Entity:
    raw = {
        "_embedded": {"tags": [{"name": tag} for tag in tags]},
        "custom_fields_values": [{"field_id": 5, "values": [{"value": "Asia/Vladivostok"}]}],
    }
    contacts = (contact,) if contact else ()
    return Entity(
        EntityKind.LEADS, number, f"Deal {number}", AT, contact_ids=contacts, raw=raw, **more
    )


def contact(number: int, *phones: str) -> Entity:
    return Entity(EntityKind.CONTACTS, number, f"Client {number}", AT, phones=phones)


@pytest.fixture
async def cards() -> Cards:
    return Cards(
        leads=[
            lead(11, contact=1),
            lead(12, contact=2, tags=("не звонить",)),
            lead(13, contact=None),
            lead(14, contact=3, closed=True),
            lead(15, contact=4, tags=("vip",)),
        ],
        contacts=[contact(1, phone(1), phone(9)), contact(2, phone(2)), contact(3, phone(3)),
                  contact(4, phone(4))],
    )  # fmt: skip


@pytest.fixture
async def scene(database_url: str, cards: Cards) -> AsyncIterator[Scene]:
    async with scene_of(database_url, cards=cards) as opened:
        connection_id = opened.house.ids.uuid()
        async with opened.house.db.unit() as unit:
            await unit.connections.create(
                HERE, connection_id, kind=ConnectionKind.AMOCRM, name="amo",
                base_url="https://june.amocrm.ru", account_key="june", config={}, sealed={},
            )  # fmt: skip
            await unit.connections.set_status(HERE, connection_id, ConnectionStatus.ACTIVE)
        opened.house.directory.clear()
        yield opened


async def start(scene: Scene, **plan: Any) -> Any:
    made = await scene.house.campaigns.create(ADMIN, HERE, "Leads", PLAN | plan)
    await scene.house.campaigns.start(ADMIN, HERE, made.row.id)
    return made.row.id


async def filled(scene: Scene, campaign: Any) -> None:
    while (await scene.shown(campaign)).row.filling is not None:
        await scene.round()
        await scene.worker.idle()
    await scene.round()


async def owed(scene: Scene) -> list[Command]:
    async with scene.house.db.unit() as unit:
        rows = await unit.outbox.page(HERE, limit=50)
    crm = [row.command() for row in reversed(rows) if row.lane.startswith("crm:")]
    return [one for one in crm if isinstance(one, AddNote | MoveLead | CreateTask)]


async def test_open_leads_with_a_number_are_called(scene: Scene, cards: Cards) -> None:
    campaign = await start(scene, source=LEADS)
    await filled(scene, campaign)
    assert sorted(call.client for call in await scene.placed()) == [phone(1), phone(4)]
    rows = await scene.house.campaigns.items(HERE, campaign)
    assert [(row.phone, row.lead_id, row.name) for row in rows] == [
        (phone(1), 11, "Client 1"), (phone(4), 15, "Client 4"),
    ]  # fmt: skip
    assert [one.phone for one in await scene.house.do_not_call.page(HERE)] == [phone(2)]
    kind, query = cards.asked[0]
    assert (kind, query.stages, query.page) == (EntityKind.LEADS, ((7, 71),), 1)


async def second_account(scene: Scene) -> UUID:
    """Connected later, so never the one that is meant unless told."""
    connection_id: UUID = scene.house.ids.uuid()
    async with scene.house.db.unit() as unit:
        await unit.connections.create(
            HERE, connection_id, kind=ConnectionKind.AMOCRM, name="second",
            base_url="https://july.amocrm.ru", account_key="july", config={}, sealed={},
        )  # fmt: skip
        await unit.connections.set_status(HERE, connection_id, ConnectionStatus.ACTIVE)
    scene.house.directory.clear()
    return connection_id


async def test_the_chosen_account_is_read_and_told(scene: Scene, cards: Cards) -> None:
    second = await second_account(scene)
    chosen = LEADS | {"connection_id": str(second)}
    campaign = await start(scene, source=chosen, write_back={"talked": {"note": "{result}"}})
    await filled(scene, campaign)
    assert {asked.connection_id for asked in cards.accounts} == {second}
    for call in await scene.going():
        await scene.ends(call, "answered")
    await scene.round()
    async with scene.house.db.unit() as unit:
        rows = await unit.outbox.page(HERE, kind="add_note", limit=50)
    assert {row.lane for row in rows} == {f"crm:{second}"}


async def test_the_oldest_account_is_meant_unless_told(scene: Scene, cards: Cards) -> None:
    second = await second_account(scene)
    await filled(scene, await start(scene, source=LEADS))
    assert second not in {asked.connection_id for asked in cards.accounts}
    assert cards.accounts


async def test_no_account_takes_over_the_leads_of_another(scene: Scene) -> None:
    second = await second_account(scene)
    campaign = await start(scene, source=LEADS)
    await filled(scene, campaign)
    other = {"source": LEADS | {"connection_id": str(second)}}
    with pytest.raises(Conflict) as refused:
        await scene.house.campaigns.change(ADMIN, HERE, campaign, plan=other)
    assert refused.value.code == "campaign_account_fixed"
    stranger = LEADS | {"connection_id": str(UUID(int=1))}
    with pytest.raises(Conflict) as unknown:
        await scene.house.campaigns.create(ADMIN, HERE, "Other", PLAN | {"source": stranger})
    assert unknown.value.code == "campaign_needs_crm"


async def test_only_those_with_the_tag(scene: Scene) -> None:
    campaign = await start(scene, source=LEADS | {"tag": "vip"})
    await filled(scene, campaign)
    assert [call.client for call in await scene.placed()] == [phone(4)]


async def test_the_leads_own_time_zone(scene: Scene) -> None:
    """10:00 UTC is 13:00 in Minsk and 20:00 in Vladivostok."""
    days = {day: [["09:00", "18:00"]] for day in PLAN["windows"]}
    campaign = await start(scene, source=LEADS | {"zone_field": 5}, windows=days)
    await filled(scene, campaign)
    assert await scene.placed() == []
    rows = await scene.house.campaigns.items(HERE, campaign)
    assert {(row.waits, row.due_at) for row in rows} == {
        ("window", datetime(2026, 3, 2, 23, 0, tzinfo=UTC))
    }


async def test_a_crm_that_is_away_is_asked_again(scene: Scene, cards: Cards) -> None:
    cards.down = True
    campaign = await start(scene, source=LEADS)
    await scene.round()
    await scene.worker.idle()
    await scene.round()
    shown = await scene.shown(campaign)
    assert (shown.row.state, shown.row.waits) == ("running", "filling")
    assert '"error": "the CRM is away"' in shown.row.filling
    cards.down = False
    await scene.round(31)
    await filled(scene, campaign)
    assert len(await scene.placed()) == 2


async def test_a_page_of_leads_that_are_wanted_no_more_is_not_taken(
    scene: Scene, cards: Cards
) -> None:
    campaign = await start(scene, source=LEADS)
    change = {"source": LEADS | {"tag": "vip"}}
    cards.meanwhile = lambda: scene.house.campaigns.change(ADMIN, HERE, campaign, plan=change)
    await filled(scene, campaign)
    assert [call.client for call in await scene.placed()] == [phone(4)]


async def test_who_moves_leads_reads_them_all_first(scene: Scene, cards: Cards) -> None:
    """A lead that leaves the stage would shift the next page, and another would be left out."""
    cards.leads = [lead(number, contact=number) for number in range(1, 121)]
    cards.contacts = [contact(number, phone(number)) for number in range(1, 121)]

    async def goes_away() -> None:
        cards.down = len(cards.asked) == 3  # first page, its contacts, second page
        cards.meanwhile = None if cards.down else goes_away

    cards.meanwhile = goes_away
    campaign = await start(
        scene, source=LEADS, write_back={"talked": {"pipeline_id": 7, "status_id": 142}}
    )
    for _ in range(3):
        await scene.round()
        await scene.worker.idle()
    shown = await scene.shown(campaign)
    assert (shown.figures.items, shown.figures.placed, shown.row.waits) == (100, 0, "filling")
    cards.down = False
    await scene.round(31)
    await filled(scene, campaign)
    shown = await scene.shown(campaign)
    assert (shown.figures.items, shown.figures.placed) == (120, 2)


async def test_what_the_crm_is_told(scene: Scene) -> None:
    told = {
        "talked": {"pipeline_id": 7, "status_id": 72, "note": "{result}, {attempt}: {phone} {x}"},
        "busy": {"task": "Перезвонить", "task_in_min": 30},
    }
    campaign = await start(scene, source=LEADS, write_back=told)
    await filled(scene, campaign)
    one, other = await scene.placed()
    await scene.ends(one, "answered")
    await scene.ends(other, "busy", "busy")
    ended = scene.clock.now()
    await scene.round()
    ids = {"call_id": one.call_id}
    assert await owed(scene) == [
        AddNote(**ids, entity="leads", entity_id=11, text=f"поговорили, 1: {phone(1)} {{x}}"),
        MoveLead(**ids, lead_id=11, pipeline_id=7, status_id=72),
        CreateTask(
            call_id=other.call_id, client=phone(4), text="Перезвонить", lead_id=15,
            due_at=ended + timedelta(minutes=30),
        ),
    ]  # fmt: skip


async def test_a_crm_that_must_be_mended_pauses_it(scene: Scene) -> None:
    campaign = await start(scene, source=LEADS)
    await filled(scene, campaign)
    await execute(scene.house.db, "UPDATE connections SET status = 'broken' WHERE kind = 'amocrm'")
    scene.house.directory.clear()
    await scene.round()
    shown = await scene.shown(campaign)
    assert (shown.row.state, shown.row.reason) == ("paused", "crm_down")
