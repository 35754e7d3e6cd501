"""One visible effect at the running twin, whatever the wire does and whoever tries again."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from kommutator.domain.commands import (
    AddNote,
    CallRecord,
    CallResult,
    Command,
    CreateCustomer,
    CreateOrder,
    CreateTask,
    CreateUnsorted,
    Direction,
    MoveLead,
    RingPopup,
)
from kommutator.domain.delivery import Dead, Finish
from kommutator.domain.ports import Due
from kommutator.kit.clock import SystemClock
from kommutator.kit.http import HttpClient
from kommutator.twins import RunningTwins, TwinsConfig, start_twins
from tests.connectors.amocrm.outbox import Crm, holders, settled, written
from tests.connectors.amocrm.wire import AT, due

STRANGER = "+79990000042"
LOST: list[dict[str, Any]] = [
    {"kind": "drop", "after": True},
    {"kind": "html_504", "after": True},
    {"kind": "json_504", "after": True},
    {"kind": "cut_off", "after": True},
    {"kind": "garbage", "after": True},
    {"kind": "drop"},
    {"kind": "html_502"},
    {"kind": "json_429"},
]
losses = pytest.mark.parametrize(
    "loss", LOST, ids=lambda loss: f"{loss['kind']}{'-after' if loss.get('after') else ''}"
)


@pytest.fixture
async def twins() -> AsyncIterator[RunningTwins]:
    config = TwinsConfig(names=("amocrm",), ports={"amocrm": 0}, environment={})
    async with await start_twins(config) as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    client = HttpClient(clock=SystemClock(), allowed_hosts={"127.0.0.1"})
    yield client
    await client.close()


@pytest.fixture
async def crm(twins: RunningTwins, http: HttpClient) -> Crm:
    return await Crm.of(http, twins.base_urls["amocrm"])


def record(name: str, phone: str = STRANGER, **changes: Any) -> CallRecord:
    return CallRecord(
        **{
            "call_id": name,
            "direction": Direction.IN,
            "client": phone,
            "extension": "150",
            "result": CallResult.ANSWERED,
            "started_at": AT,
            "wait_s": 4,
            "talk_s": 61,
            **changes,
        }
    )


def records(phones: list[str], first: int = 1) -> list[Due]:
    return [
        due(record(f"c{n}", phone, started_at=AT + timedelta(seconds=n)), n)
        for n, phone in enumerate(phones, first)
    ]


async def known_phones(crm: Crm, count: int) -> list[str]:
    fields = [
        custom
        for contact in (await crm.state())["contacts"]
        for custom in contact["custom_fields_values"] or ()
    ]
    phones = [str(f["values"][0]["value"]) for f in fields if f["field_code"] == "PHONE"]
    return phones[:count]


# --- calls -----------------------------------------------------------------------------------


@losses
async def test_a_batch_whose_answer_is_lost(crm: Crm, loss: dict[str, Any]) -> None:
    phones = [*await known_phones(crm, 6), STRANGER]
    await crm.order("faults", path="/api/v4/calls", count=1, **loss)
    fates = await settled(crm, records(phones))
    assert set(map(type, fates.values())) == {Finish}
    assert written(await crm.state()) == Counter({f"c{n}": 1 for n in range(1, 8)})


@losses
@pytest.mark.parametrize("path", ["/api/v4/contacts", "/api/v4/calls", "/api/v4/leads/complex"])
@pytest.mark.parametrize("wish", ["contact", "contact_and_lead"])
async def test_a_strangers_call_whose_chain_breaks(
    crm: Crm, loss: dict[str, Any], path: str, wish: str
) -> None:
    before = len((await crm.state())["leads"])
    await crm.order("faults", path=path, method="POST", count=2, **loss)
    await settled(crm, records([STRANGER, STRANGER]), unknown_number={"in": wish})
    state = await crm.state()
    assert len(holders(state, STRANGER)) == 1
    assert written(state) == Counter({"c1": 1, "c2": 1})
    assert len(state["leads"]) - before == (wish == "contact_and_lead")


@losses
async def test_the_tray_gets_a_call_once(crm: Crm, loss: dict[str, Any]) -> None:
    await crm.order("faults", path="/api/v4/leads/unsorted/sip", count=1, **loss)
    wish = {"in": "unsorted"}
    await settled(crm, records([STRANGER]), unknown_number=wish, is_unsorted_on=True)
    state = await crm.state()
    assert len(state["unsorted"]) == 1
    assert written(state)["c1"] <= 1
    assert len(holders(state, STRANGER)) == 1


async def test_a_rules_tray_and_its_record_are_one_call(crm: Crm) -> None:
    tray = CreateUnsorted(call_id="c1", client=STRANGER, name="Заявка", started_at=AT, talk_s=61)
    await settled(crm, [due(tray, 1)], is_unsorted_on=True)
    await settled(crm, [due(record("c1"), 2)], is_unsorted_on=True)
    state = await crm.state()
    assert len(state["unsorted"]) == 1
    assert written(state) == Counter({"c1": 1})
    assert len(holders(state, STRANGER)) == 1


@pytest.mark.parametrize(
    "switches",
    [
        {},
        {"query_match": "substring"},
        {"filters": False},
        {"calls_uniq_is_unique": True},
        {"batch_timeout": "before", "batch_timeout_above": 5},
        {"batch_timeout": "after", "batch_timeout_above": 5},
    ],
    ids=lambda switches: "-".join(map(str, switches.values())) or "plain",
)
async def test_a_storm_of_faults(crm: Crm, switches: dict[str, Any]) -> None:
    """A hundred calls, two fifths of them of strangers who call twice; every tenth answer lost."""
    await crm.order("switches", **switches)
    known = await known_phones(crm, 30)
    strangers = [f"+79990001{n:03}" for n in range(20)]
    phones = [*known, *strangers, *known, *strangers]
    for kind, after in (("html_504", True), ("drop", True), ("json_429", False)):
        await crm.order("faults", kind=kind, after=after, path="/api/v4/", probability=0.04)
    fates = await settled(crm, records(phones), at_once=25)
    state = await crm.state()
    assert set(map(type, fates.values())) == {Finish}
    assert written(state) == Counter({f"c{n}": 1 for n in range(1, len(phones) + 1)})
    assert {len(holders(state, phone)) for phone in strangers} == {1}


@pytest.mark.parametrize("taken", ["reject", "partial"])
async def test_one_bad_item_of_a_batch(crm: Crm, taken: str) -> None:
    """Whether the vendor takes the others of a refused batch is not documented."""
    await crm.order("switches", batch_invalid=taken)
    phones = await known_phones(crm, 8)
    dues = records(phones)
    dues[3] = due(record("bad", phones[3], talk_s=-1), 4)
    fates = await settled(crm, dues)
    assert {n for n, fate in fates.items() if isinstance(fate, Dead)} == {4}
    assert written(await crm.state()) == Counter({f"c{n}": 1 for n in (1, 2, 3, 5, 6, 7, 8)})


# --- everything else -------------------------------------------------------------------------


async def some_lead(crm: Crm) -> dict[str, Any]:
    lead: dict[str, Any] = (await crm.state())["leads"][0]
    return lead


def things(name: str, lead_id: int, known: str) -> Command:
    commands: dict[str, Command] = {
        "customer": CreateCustomer(client=STRANGER, name="Новый", extension="150"),
        "order": CreateOrder(client=STRANGER, method="Пропущен"),
        "order of a known client": CreateOrder(client=known),
        "task": CreateTask(client=known, text="Перезвонить"),
        "task of a stranger": CreateTask(client=STRANGER, text="Перезвонить"),
        "task on a lead": CreateTask(client=known, text="Итог", lead_id=lead_id),
        "note": AddNote(entity="leads", entity_id=lead_id, text="Не дозвонились"),
        "tray": CreateUnsorted(call_id="c1", client=STRANGER, name="З", started_at=AT),
    }
    return commands[name]


PLACES = {
    "customer": ("contacts", "/api/v4/contacts"),
    "order": ("leads", "/api/v4/leads/complex"),
    "order of a known client": ("leads", "/api/v4/leads"),
    "task": ("tasks", "/api/v4/tasks"),
    "task of a stranger": ("tasks", "/api/v4/tasks"),
    "task on a lead": ("tasks", "/api/v4/tasks"),
    "note": ("notes", "/api/v4/leads/notes"),
    "tray": ("unsorted", "/api/v4/leads/unsorted/sip"),
}


@losses
@pytest.mark.parametrize("thing", list(PLACES))
async def test_every_thing_is_made_once(crm: Crm, thing: str, loss: dict[str, Any]) -> None:
    what, path = PLACES[thing]
    lead, (known,) = await some_lead(crm), await known_phones(crm, 1)
    before = len((await crm.state())[what])
    await crm.order("faults", path=path, method="POST", count=1, **loss)
    fates = await settled(crm, [due(things(thing, lead["id"], known))], is_unsorted_on=True)
    assert isinstance(fates[1], Finish)
    assert len((await crm.state())[what]) == before + 1


async def test_two_commands_are_two_things(crm: Crm) -> None:
    lead = await some_lead(crm)
    before = len((await crm.state())["notes"])
    note = AddNote(entity="leads", entity_id=lead["id"], text="Не дозвонились")
    later = AT + timedelta(minutes=3)
    await settled(crm, [due(note, 1)])
    await settled(crm, [due(note, 2, created_at=later, attempt=2, unsure=True)])
    assert len((await crm.state())["notes"]) == before + 2


async def test_a_lead_is_moved(crm: Crm) -> None:
    state = await crm.state()
    lead, pipeline = state["leads"][0], state["pipelines"][1]
    command = MoveLead(lead_id=lead["id"], pipeline_id=pipeline["id"], status_id=142)
    await settled(crm, [due(command)])
    moved = (await crm.state())["leads"][0]
    assert (moved["pipeline_id"], moved["status_id"]) == (pipeline["id"], 142)


async def test_a_card_is_shown_to_the_users_at_the_phones_that_ring(crm: Crm) -> None:
    (known,) = await known_phones(crm, 1)
    ring = RingPopup(direction=Direction.IN, client=known, extensions=("150", "151"))
    await settled(crm, [due(ring)])
    (popup,) = (await crm.state())["popups"]
    assert sorted(popup["users"]) == sorted(crm.users[:2])


async def test_two_calls_of_one_stranger_at_the_same_time(crm: Crm) -> None:
    delivery, account = crm.process(), crm.account()
    await asyncio.gather(*(delivery.deliver(account, [one]) for one in records([STRANGER] * 6)))
    state = await crm.state()
    assert len(holders(state, STRANGER)) == 1
    assert written(state) == Counter({f"c{n}": 1 for n in range(1, 7)})
