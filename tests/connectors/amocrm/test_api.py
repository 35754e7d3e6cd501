"""Reading: what is asked, and how a list ends."""

from datetime import UTC, datetime
from typing import Any

import pytest

from kommutator.connectors.crm.amocrm.api import AmoCrmReader
from kommutator.connectors.crm.amocrm.board import AmoCrmBoard
from kommutator.connectors.crm.amocrm.errors import AmoCrmError
from kommutator.connectors.crm.amocrm.queries import entity_pairs, event_pairs, task_pairs
from kommutator.domain.crm_data import EntityKind, Hook
from kommutator.domain.crm_ports import EntityQuery, EventQuery, Order, TaskQuery
from kommutator.kit.http import Answer
from tests.connectors.amocrm.samples import sample
from tests.connectors.amocrm.scripted import account, bench
from tests.support.scripted import answer

LEADS, CONTACTS = EntityKind.LEADS, EntityKind.CONTACTS
DAY = datetime(2026, 1, 20, tzinfo=UTC)


def page(name: str, rows: list[dict[str, Any]], *, more: bool) -> Answer:
    links = {"next": {"href": "https://evil.example/next"}} if more else {}
    return answer(200, {"_links": links, "_embedded": {name: rows}})


def test_question_in_the_vendors_spelling() -> None:
    query = EntityQuery(
        page=2,
        limit=900,
        ids=(5, 6),
        text="Иван",
        updated_from=DAY,
        updated_to=DAY,
        responsible_ids=(7,),
        stages=((1, 142), (2, 30)),
        price_from=0,
        fields={44: ("a", "b")},
        order=Order.UPDATED,
        newest_first=True,
    )
    assert entity_pairs(LEADS, query) == [
        ("page", "2"),
        ("limit", "250"),
        ("with", "contacts"),
        ("order[updated_at]", "desc"),
        ("query", "Иван"),
        ("filter[id][]", "5"),
        ("filter[id][]", "6"),
        ("filter[responsible_user_id][]", "7"),
        ("filter[statuses][0][pipeline_id]", "1"),
        ("filter[statuses][0][status_id]", "142"),
        ("filter[statuses][1][pipeline_id]", "2"),
        ("filter[statuses][1][status_id]", "30"),
        ("filter[updated_at][from]", "1768867200"),
        ("filter[updated_at][to]", "1768867200"),
        ("filter[price][from]", "0"),
        ("filter[custom_fields_values][44][]", "a"),
        ("filter[custom_fields_values][44][]", "b"),
    ]
    assert ("with", "contacts,only_deleted") in entity_pairs(LEADS, EntityQuery(deleted=True))


def test_history_and_tasks_in_the_vendors_spelling() -> None:
    query = EventQuery(
        limit=500, types=("lead_added",), kinds=(LEADS,), entity_ids=tuple(range(20))
    )
    pairs = event_pairs(query)
    assert pairs[:4] == [
        ("page", "1"),
        ("limit", "100"),
        ("filter[type][]", "lead_added"),
        ("filter[entity][]", "lead"),
    ]
    assert len([pair for pair in pairs if pair[0] == "filter[entity_id][]"]) == 10
    assert task_pairs(TaskQuery(completed=False, kind=CONTACTS, entity_ids=(3,)))[2:] == [
        ("filter[is_completed]", "0"),
        ("filter[entity_type]", "contacts"),
        ("filter[entity_id][]", "3"),
    ]


async def test_page_of_leads() -> None:
    here = bench(answer(200, sample("docs/leads-api__01_GET")))
    got = await AmoCrmReader(here.clients).entities(account(), LEADS, EntityQuery())
    assert ([lead.id for lead in got.items], got.more) == ([19619, 14460], True)
    assert here.wire.sent[0].path == "/api/v4/leads"


async def test_national_numbers_are_of_the_accounts_country() -> None:
    """Kommo's accounts are not in Russia; the country of the tenant's PBX goes before."""
    phone = {"field_code": "PHONE", "values": [{"value": "067 123 45 67"}]}
    card = page("contacts", [{"id": 1, "custom_fields_values": [phone]}], more=False)
    for config, phones in (
        ({}, ()),
        ({"country": "UA"}, ("+380671234567",)),
        ({"country": "RU", "region": "UA"}, ("+380671234567",)),
    ):
        reader = AmoCrmReader(bench(card).clients)
        got = await reader.entities(account(**config), CONTACTS, EntityQuery())
        assert got.items[0].phones == phones


async def test_nothing_is_an_empty_page_and_no_card() -> None:
    here = bench(answer(204), answer(204))
    reader = AmoCrmReader(here.clients)
    got = await reader.entities(account(), CONTACTS, EntityQuery(text="x"))
    assert (list(got.items), got.more) == ([], False)
    assert await reader.entity(account(), CONTACTS, 999) is None


async def test_all_pages_are_our_own_addresses() -> None:
    """`_links.next` says that there is more; where to is not believed."""
    rows = [{"id": n, "name": str(n)} for n in range(3)]
    here = bench(page("users", rows[:2], more=True), page("users", rows[2:], more=False))
    users = await AmoCrmReader(here.clients).users(account())
    assert [user.id for user in users] == [0, 1, 2]
    assert [sent.url for sent in here.wire.sent] == ["https://example.amocrm.ru/api/v4/users"] * 2
    assert [dict(sent.params)["page"] for sent in here.wire.sent] == ["1", "2"]


async def test_a_list_that_promises_more_and_has_nothing_ends() -> None:
    here = bench(
        page("custom_fields", [{"id": 1}], more=True), page("custom_fields", [], more=True)
    )
    fields = await AmoCrmReader(here.clients).fields(account(), CONTACTS)
    assert [spec.id for spec in fields] == [1]
    here = bench(page("custom_fields", [{"id": 1}], more=True), answer(204))
    assert len(await AmoCrmReader(here.clients).fields(account(), LEADS)) == 1


async def test_hooks() -> None:
    here = bench(
        answer(200, sample("docs/webhooks-api__01")),
        answer(201, sample("docs/webhooks-api__03")),
        answer(204),
        answer(404, {"title": "Not Found"}),
    )
    board = AmoCrmBoard(here.clients)
    assert [hook.disabled for hook in await board.hooks(account())] == [False, True]
    made = await board.subscribe(account(), "https://example.test", ["add_lead"])
    assert made == Hook(1056949, "https://example.test", ("add_lead",))
    await board.unsubscribe(account(), "https://example.test")
    await board.unsubscribe(account(), "https://example.test")
    assert [(sent.method, sent.body) for sent in here.wire.sent[1:3]] == [
        ("POST", {"destination": "https://example.test", "settings": ["add_lead"]}),
        ("DELETE", {"destination": "https://example.test"}),
    ]


async def test_hook_of_one_address() -> None:
    """Whether the vendor filters is not relied on."""
    here = bench(answer(200, sample("docs/webhooks-api__01")))
    (hook,) = await AmoCrmBoard(here.clients).hooks(account(), "https://webhook-uri.com")
    assert hook.id == 839656


async def test_hooks_without_the_right() -> None:
    here = bench(answer(403, {"title": "Forbidden", "detail": "no"}))
    with pytest.raises(AmoCrmError) as refused:
        await AmoCrmBoard(here.clients).unsubscribe(account(), "https://example.test")
    assert refused.value.hint == "amocrm_rights"
