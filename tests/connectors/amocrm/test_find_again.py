"""What may have been created is found by its time and by all that was sent."""

import pytest

from kommutator.connectors.crm.amocrm.errors import AmoCrmError
from kommutator.connectors.crm.amocrm.find_again import find_again, is_same
from kommutator.kit.errors import ErrorKind
from kommutator.kit.http import Answer
from tests.connectors.amocrm.scripted import Bench, account, bench
from tests.support.scripted import answer

NOW = 1767225600
MINE = {"name": "x", "created_at": NOW}


def leads(*ids: int, name: str = "x", more: bool = False) -> Answer:
    links = {"next": {"href": "…"}} if more else {}
    rows = [{"id": number, "name": name, "created_at": NOW} for number in ids]
    return answer(200, {"_links": links, "_embedded": {"leads": rows}})


async def look(here: Bench, items: int = 1) -> dict[int, int]:
    client = here.clients.of(account())
    return await find_again(client, "/api/v4/leads", "leads", [MINE] * items)


async def test_asked_by_its_time_the_newest_first() -> None:
    here = bench(leads(77))
    assert await look(here) == {0: 77}
    (sent,) = here.wire.sent
    assert (sent.method, ("filter[created_at][from]", str(NOW)) in sent.params) == ("GET", True)
    assert ("order[id]", "desc") in sent.params


async def test_what_never_arrived_is_not_found() -> None:
    assert await look(bench(answer(204))) == {}


async def test_equal_ones_are_counted_not_told_apart() -> None:
    assert await look(bench(leads(5, 6)), items=3) == {0: 5, 1: 6}


async def test_list_without_an_end_tells_nothing() -> None:
    """What was not seen may be further down, so it must not be made a second time."""
    here = bench(*[leads(5, name="y", more=True)] * 8)
    with pytest.raises(AmoCrmError) as unsure:
        await look(here)
    assert unsure.value.kind is ErrorKind.UNSURE
    assert len(here.wire.sent) == 8


def test_same_means_everything_that_was_sent() -> None:
    phone = {"field_code": "PHONE", "values": [{"value": "+7 (900) 000-00-01"}]}
    other = {"field_code": "PHONE", "values": [{"value": "+79000000002"}]}
    sent = {"name": "x", "created_at": 5, "custom_fields_values": [phone]}
    plain = {"field_id": 3, "values": [{"value": "89000000001", "enum_id": 1}]}
    assert is_same(sent, sent | {"price": 0, "custom_fields_values": [other, plain]})
    assert not is_same(sent, sent | {"custom_fields_values": [other]})
    assert not is_same(sent, sent | {"created_at": 6})
    assert not is_same(sent, sent | {"name": "y"})
    note = {"entity_id": 5, "note_type": "common", "params": {"text": "hello"}}
    assert is_same(note, note | {"id": 1, "params": {"text": "hello", "x": 1}})
    assert not is_same(note, note | {"params": {"text": "bye"}})
