"""Reading and writing against the running twin."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kommutator.connectors.crm.amocrm.api import AmoCrmReader
from kommutator.connectors.crm.amocrm.board import AmoCrmBoard
from kommutator.connectors.crm.amocrm.writer import AmoCrmWriter
from kommutator.domain.crm_data import Entity, EntityKind
from kommutator.domain.crm_ports import (
    EntityQuery,
    EventQuery,
    Link,
    Order,
    TaskQuery,
    Unwritten,
    Written,
)
from kommutator.kit.errors import ErrorKind
from tests.connectors.amocrm.vendor import Vendor

LEADS, CONTACTS, COMPANIES = EntityKind.LEADS, EntityKind.CONTACTS, EntityKind.COMPANIES


async def every(
    reader: AmoCrmReader, account: Any, kind: EntityKind, query: EntityQuery
) -> list[Entity]:
    found: list[Entity] = []
    number, more = 1, True
    while more:
        page = await reader.entities(account, kind, replace(query, page=number))
        found += page.items
        number, more = number + 1, page.more
    return found


async def test_every_card_of_every_page_once(vendor: Vendor) -> None:
    reader, account = AmoCrmReader(await vendor.clients()), vendor.account()
    there = (await vendor.state())["accounts"]["demo"]
    for kind in EntityKind:
        got = await every(reader, account, kind, EntityQuery(limit=7))
        assert sorted(card.id for card in got) == sorted(row["id"] for row in there[kind.value])


async def test_card_and_no_card(vendor: Vendor) -> None:
    reader, account = AmoCrmReader(await vendor.clients()), vendor.account()
    (first,) = (await reader.entities(account, CONTACTS, EntityQuery(limit=1))).items
    got = await reader.entity(account, CONTACTS, first.id)
    assert got is not None
    assert (got.name, got.phones) == (first.name, first.phones)
    assert got.phones
    assert await reader.entity(account, CONTACTS, 1) is None


async def test_filters(vendor: Vendor) -> None:
    reader, account = AmoCrmReader(await vendor.clients()), vendor.account()
    leads = (await reader.entities(account, LEADS, EntityQuery())).items
    one = leads[3]
    assert one.pipeline_id is not None
    assert one.status_id is not None
    assert one.responsible_id is not None

    async def ids(**query: Any) -> set[int]:
        page = await reader.entities(account, LEADS, EntityQuery(**query))
        return {card.id for card in page.items}

    assert await ids(ids=(one.id, leads[5].id)) == {one.id, leads[5].id}
    assert await ids(stages=((one.pipeline_id, one.status_id),)) == {
        card.id
        for card in leads
        if (card.pipeline_id, card.status_id) == (one.pipeline_id, one.status_id)
    }
    assert await ids(responsible_ids=(one.responsible_id,)) == {
        card.id for card in leads if card.responsible_id == one.responsible_id
    }
    newest = max(card.updated_at for card in leads)
    assert await ids(updated_from=newest, order=Order.UPDATED) == {
        card.id for card in leads if card.updated_at == newest
    }
    assert await ids(updated_from=newest + timedelta(seconds=1)) == set()


async def test_references(vendor: Vendor) -> None:
    reader = AmoCrmReader(await vendor.clients("large"))
    large = vendor.account("large")
    assert len(await reader.users(large)) == 45
    pipelines = await reader.pipelines(large)
    assert all(any(stage.won for stage in pipeline.stages) for pipeline in pipelines)
    fields = await reader.fields(large, CONTACTS)
    assert {"PHONE", "EMAIL"} <= {spec.code for spec in fields}


async def test_created_changed_linked_and_in_the_history(vendor: Vendor) -> None:
    clients, account = await vendor.clients(), vendor.account()
    reader, writer = AmoCrmReader(clients), AmoCrmWriter(clients)
    phone = {"field_code": "PHONE", "values": [{"value": "+79000000071", "enum_code": "WORK"}]}
    client = {"name": "Новый клиент", "custom_fields_values": [phone]}
    (contact,) = await writer.create_many(account, CONTACTS, [client])
    (lead,) = await writer.create_many(account, LEADS, [{"name": "Новая сделка", "price": 5}])
    assert isinstance(contact, Written)
    assert isinstance(lead, Written)
    await writer.link(account, LEADS, lead.id, [Link(CONTACTS, contact.id, main=True)])
    await writer.update_many(account, LEADS, [{"id": lead.id, "price": 7}])
    got = await reader.entity(account, LEADS, lead.id)
    assert got is not None
    assert (got.name, got.price, got.contact_ids) == ("Новая сделка", 7, (contact.id,))
    known = await reader.entity(account, CONTACTS, contact.id)
    assert known is not None
    assert known.phones == ("+79000000071",)
    events = (await reader.events(account, EventQuery(kinds=(LEADS,), entity_ids=(lead.id,)))).items
    assert "lead_added" in {event.type for event in events}
    await writer.unlink(account, LEADS, lead.id, [Link(CONTACTS, contact.id)])
    got = await reader.entity(account, LEADS, lead.id)
    assert got is not None
    assert got.contact_ids == ()


async def test_tasks_and_notes(vendor: Vendor) -> None:
    clients, account = await vendor.clients(), vendor.account()
    reader, writer = AmoCrmReader(clients), AmoCrmWriter(clients)
    (lead,) = (await reader.entities(account, LEADS, EntityQuery(limit=1))).items
    due = int(datetime(2027, 1, 20, tzinfo=UTC).timestamp())
    task = {
        "text": "Перезвонить",
        "complete_till": due,
        "entity_id": lead.id,
        "entity_type": "leads",
        "task_type_id": 1,
    }
    (made,) = await writer.create_tasks(account, [task])
    assert isinstance(made, Written)
    (done,) = await writer.update_tasks(
        account, [{"id": made.id, "is_completed": True, "result": {"text": "Готово"}}]
    )
    assert isinstance(done, Written)
    (held,) = (await reader.tasks(account, TaskQuery(ids=(made.id,)))).items
    assert (held.completed, held.result, held.entity_id) == (True, "Готово", lead.id)
    note = {"entity_id": lead.id, "note_type": "common", "params": {"text": "Заметка"}}
    (noted,) = await writer.create_notes(account, LEADS, [note])
    assert isinstance(noted, Written)
    notes = (await reader.notes(account, LEADS, lead.id)).items
    assert [n.params["text"] for n in notes if n.id == noted.id] == ["Заметка"]


async def test_one_bad_item_of_a_batch(vendor: Vendor) -> None:
    await vendor.order("switches", batch_invalid="reject")
    clients, account = await vendor.clients(), vendor.account()
    items: list[dict[str, Any]] = [{"name": "Сделка 1"}, {"name": "Сделка 2", "price": "дорого"}]
    results = await AmoCrmWriter(clients).create_many(account, LEADS, items)
    kinds = [result.kind for result in results if isinstance(result, Unwritten)]
    assert kinds == [ErrorKind.UNSURE, ErrorKind.REJECTED]


@pytest.mark.parametrize("happens", ["before", "after"])
async def test_batches_too_large_for_the_vendor(vendor: Vendor, happens: str) -> None:
    await vendor.order("switches", batch_timeout=happens, batch_timeout_above=10)
    clients, account = await vendor.clients(), vendor.account()
    reader, writer = AmoCrmReader(clients), AmoCrmWriter(clients)
    leads = (await reader.entities(account, LEADS, EntityQuery(limit=45))).items
    results = await writer.update_many(
        account, LEADS, [{"id": lead.id, "price": 4242} for lead in leads]
    )
    assert all(isinstance(result, Written) for result in results)
    held = {row["id"]: row["price"] for row in (await vendor.state())["accounts"]["demo"]["leads"]}
    assert {held[lead.id] for lead in leads} == {4242}


async def test_lost_answer_to_a_create(vendor: Vendor) -> None:
    clients, account = await vendor.clients(), vendor.account()
    await vendor.fault("drop", path="/api/v4/leads", method="POST", after=True, count=1)
    (result,) = await AmoCrmWriter(clients).create_many(account, LEADS, [{"name": "Одна"}])
    assert isinstance(result, Unwritten)
    assert result.kind is ErrorKind.UNSURE
    held = [row["name"] for row in (await vendor.state())["accounts"]["demo"]["leads"]]
    assert held.count("Одна") == 1


async def test_hooks(vendor: Vendor) -> None:
    board, account = AmoCrmBoard(await vendor.clients()), vendor.account()
    address = "https://gateway.example/api/v1/webhooks/amocrm/secret"
    assert await board.hooks(account) == []
    await board.subscribe(account, address, ["add_lead"])
    await board.subscribe(account, address, ["add_lead", "update_lead"])
    (hook,) = await board.hooks(account, address)
    assert (set(hook.settings), hook.disabled) == ({"add_lead", "update_lead"}, False)
    await board.unsubscribe(account, address)
    await board.unsubscribe(account, address)
    assert await board.hooks(account) == []
