"""Many items in few requests: each gets its result, and nothing is written twice."""

from collections.abc import Sequence
from typing import Any

import pytest

from kommutator.connectors.crm.amocrm.errors import AmoCrmError
from kommutator.connectors.crm.amocrm.find_again import is_same
from kommutator.connectors.crm.amocrm.writer import AmoCrmWriter
from kommutator.domain.crm_data import EntityKind
from kommutator.domain.crm_ports import Link, Unwritten, Written
from kommutator.kit.clock import ManualClock
from kommutator.kit.errors import ErrorKind, Stage
from kommutator.kit.http import Answer, WireError
from tests.connectors.amocrm.samples import raw, sample
from tests.connectors.amocrm.scripted import Bench, account, answer, bench

LEADS = EntityKind.LEADS
NOW = 1767225600  # where a ManualClock begins
LOST = WireError(Stage.SENT, "timeout")


class Hurried(ManualClock):
    async def sleep(self, seconds: float) -> None:
        self._elapsed += seconds


def writer(here: Bench) -> AmoCrmWriter:
    return AmoCrmWriter(here.clients, clock=Hurried())


def leads(*rows: dict[str, Any], **links: Any) -> Answer:
    return answer(200, {"_links": links, "_embedded": {"leads": list(rows)}})


def updated(ids: Sequence[int]) -> Answer:
    return leads(*({"id": one, "updated_at": 1589556420} for one in ids))


def made(ids: Sequence[int]) -> Answer:
    return leads(*({"id": one, "request_id": str(n)} for n, one in enumerate(ids)))


def faults(*places: str) -> Answer:
    errors = [{"code": "InvalidType", "path": "price", "detail": "must be integer"}]
    rows = [{"request_id": place, "errors": errors} for place in places]
    return answer(400, {"validation-errors": rows, "title": "Bad Request"})


def sizes(here: Bench) -> list[int]:
    return [len(sent.body) for sent in here.wire.sent if sent.body is not None]


async def test_the_samples_answers() -> None:
    here = bench(
        answer(200, sample("docs/leads-api__04")), answer(200, sample("docs/leads-api__08"))
    )
    assert await writer(here).create_many(account(), LEADS, [{"name": "1"}, {"name": "2"}]) == [
        Written(10185151),
        Written(10185153),
    ]
    results = await writer(here).update_many(account(), LEADS, [{"id": 54884}, {"id": 54886}])
    assert [result.id for result in results if isinstance(result, Written)] == [54884, 54886]
    first, second = here.wire.sent
    assert (first.method, first.body) == (
        "POST",
        [
            {"name": "1", "created_at": NOW, "request_id": "0"},
            {"name": "2", "created_at": NOW, "request_id": "1"},
        ],
    )
    assert (second.method, second.path) == ("PATCH", "/api/v4/leads")


async def test_fifty_at_once_unless_told() -> None:
    here = bench(updated(range(1, 51)), updated(range(51, 101)), updated(range(101, 121)))
    results = await writer(here).update_many(account(), LEADS, [{"id": n} for n in range(1, 121)])
    assert [r.id for r in results if isinstance(r, Written)] == list(range(1, 121))
    assert sizes(here) == [50, 50, 20]
    here = bench(updated(range(1, 121)))
    await writer(here).update_many(account(batch=200), LEADS, [{"id": n} for n in range(1, 121)])
    assert sizes(here) == [120]


async def test_guilty_item_alone_is_refused_and_the_others_leave_again() -> None:
    here = bench(faults("1"), updated([1, 3]))
    results = await writer(here).update_many(
        account(), LEADS, [{"id": 1}, {"id": 2, "price": "x"}, {"id": 3}]
    )
    assert isinstance(results[0], Written)
    assert results[1] == Unwritten(
        ErrorKind.REJECTED,
        "price: must be integer (InvalidType)",
        "amocrm_invalid",
        fields={"price": "must be integer (InvalidType)"},
    )
    assert isinstance(results[2], Written)
    assert [[item["id"] for item in sent.body] for sent in here.wire.sent] == [[1, 2, 3], [1, 3]]


async def test_guilty_one_by_one_are_all_found() -> None:
    """However often the vendor names only the first of them."""
    here = bench(*[faults("0")] * 20)
    items = [{"id": n} for n in range(1, 21)]
    results = await writer(here).update_many(account(), LEADS, items)
    assert [r.kind for r in results if isinstance(r, Unwritten)] == [ErrorKind.REJECTED] * 20


async def test_refusal_that_names_nobody_is_halved_down_to_the_guilty() -> None:
    bad = answer(400, {"title": "Bad Request", "detail": "something"})
    here = bench(bad, bad, bad, updated([2]), updated([3, 4]))
    items = [{"id": n} for n in (1, 2, 3, 4)]
    results = await writer(here).update_many(account(), LEADS, items)
    assert [isinstance(result, Written) for result in results] == [False, True, True, True]
    assert sizes(here) == [4, 2, 1, 1, 2]


async def test_504_splits_an_update_and_the_next_ones_stay_small() -> None:
    slow = answer(504)
    here = bench(slow, slow, updated([1]), updated([2, 3]), updated([4]))
    items = [{"id": n} for n in (1, 2, 3, 4)]
    write = writer(here)
    results = await write.update_many(account(), LEADS, items)
    assert [r.id for r in results if isinstance(r, Written)] == [1, 2, 3, 4]
    assert sizes(here) == [4, 2, 1, 2, 1]


async def test_504_without_an_end_gives_up_and_says_so() -> None:
    here = bench(*[answer(504)] * 30)
    items = [{"id": n} for n in range(1, 61)]
    results = await writer(here).update_many(account(), LEADS, items)
    assert len(results) == 60
    kinds = {r.kind for r in results if isinstance(r, Unwritten)}
    assert kinds <= {ErrorKind.UNSURE, ErrorKind.TRANSIENT}
    assert len(here.wire.sent) <= 8


async def test_lost_answer_to_an_update_is_told_not_guessed() -> None:
    here = bench(LOST)
    (result,) = await writer(here).update_many(account(), LEADS, [{"id": 1}])
    assert isinstance(result, Unwritten)
    assert (result.kind, result.hint) == (ErrorKind.UNSURE, "amocrm_slow")


async def test_lost_create_is_found_again() -> None:
    held = {"id": 77, "name": "x", "created_at": NOW}
    here = bench(LOST, leads(held))
    results = await writer(here).create_many(account(), LEADS, [{"name": "x"}])
    assert results == [Written(77, found_again=True)]
    look = here.wire.sent[1]
    assert (look.method, ("filter[created_at][from]", str(NOW)) in look.params) == ("GET", True)
    assert ("order[id]", "desc") in look.params


async def test_lost_create_that_never_arrived_is_repeated_once() -> None:
    here = bench(LOST, answer(204), made([78]))
    assert await writer(here).create_many(account(), LEADS, [{"name": "x"}]) == [Written(78)]
    assert [sent.method for sent in here.wire.sent] == ["POST", "GET", "POST"]


async def test_list_without_an_end_leaves_a_create_open() -> None:
    """What was not seen may be further down, so it is not made a second time."""
    page = leads({"id": 5, "name": "y", "created_at": NOW}, next={"href": "…"})
    here = bench(LOST, *[page] * 8)
    (result,) = await writer(here).create_many(account(), LEADS, [{"name": "x"}])
    assert isinstance(result, Unwritten)
    assert result.kind is ErrorKind.UNSURE
    assert [sent.method for sent in here.wire.sent] == ["POST", *["GET"] * 8]


async def test_equal_creates_are_counted_not_told_apart() -> None:
    held = [{"id": n, "name": "x", "created_at": NOW} for n in (5, 6)]
    here = bench(LOST, leads(*held), made([9]))
    results = await writer(here).create_many(account(), LEADS, [{"name": "x"}] * 3)
    assert results == [Written(5, found_again=True), Written(6, found_again=True), Written(9)]
    assert len(here.wire.sent[2].body) == 1


async def test_create_of_a_caller_who_looks_himself_is_left_to_him() -> None:
    here = bench(LOST, made([8]))
    mine = [{"name": "x", "created_at": 1700000000}]
    (result,) = await writer(here).create_many(account(), LEADS, mine)
    assert isinstance(result, Unwritten)
    assert result.kind is ErrorKind.UNSURE
    assert len(here.wire.sent) == 1


async def test_look_that_fails_leaves_it_open() -> None:
    here = bench(LOST, LOST)
    items = [{"name": str(n)} for n in range(60)]
    results = await writer(here).create_many(account(), LEADS, items)
    kinds = [result.kind for result in results if isinstance(result, Unwritten)]
    assert kinds == [ErrorKind.UNSURE] * 50 + [ErrorKind.TRANSIENT] * 10


@pytest.mark.parametrize("refusal", [answer(429), answer(503), LOST])
async def test_look_that_fails_takes_nothing_back(refusal: Answer | WireError) -> None:
    """What the answer did name stays written; the rest may be there, so it is not "refused"."""
    here = bench(made([7]), refusal)
    written, other = await writer(here).create_many(
        account(), LEADS, [{"name": "a"}, {"name": "b"}]
    )
    assert written == Written(7)
    assert isinstance(other, Unwritten)
    assert other.kind is ErrorKind.UNSURE
    here = bench(faults("1"), refusal)
    first, guilty = await writer(here).create_many(
        account(), LEADS, [{"name": "a"}, {"price": "x"}]
    )
    assert isinstance(first, Unwritten)
    assert isinstance(guilty, Unwritten)
    assert (first.kind, guilty.kind) == (ErrorKind.UNSURE, ErrorKind.REJECTED)


async def test_batch_refused_in_part_may_have_been_taken_in_part() -> None:
    """Not documented, so it is looked for: what is there is not created again."""
    there = {"id": 5, "name": "a", "created_at": NOW}
    here = bench(faults("1"), leads(there), made([6]))
    results = await writer(here).create_many(
        account(), LEADS, [{"name": "a"}, {"name": "b", "price": "x"}, {"name": "c"}]
    )
    assert results[0] == Written(5, found_again=True)
    assert isinstance(results[1], Unwritten)
    assert results[2] == Written(6)


@pytest.mark.parametrize(
    ("refusal", "kind"),
    [
        (answer(429, raw("errors/429_html.txt")), ErrorKind.RATE_LIMITED),
        (answer(402, {"title": "x"}), ErrorKind.ACCESS_REVOKED),
        (answer(403, {"title": "Forbidden", "detail": "no"}), ErrorKind.REJECTED),
        (answer(403, b"<html>"), ErrorKind.TRANSIENT),
        (answer(503, b""), ErrorKind.TRANSIENT),
        (WireError(Stage.BEFORE_SENDING, "connect"), ErrorKind.TRANSIENT),
    ],
)
async def test_what_stops_one_stops_all(refusal: Answer | WireError, kind: ErrorKind) -> None:
    here = bench(updated(range(1, 51)), refusal)
    results = await writer(here).update_many(account(), LEADS, [{"id": n} for n in range(1, 151)])
    assert all(isinstance(result, Written) for result in results[:50])
    assert [r.kind for r in results[50:] if isinstance(r, Unwritten)] == [kind] * 100
    assert len(here.wire.sent) == 2


async def test_item_that_the_answer_does_not_name() -> None:
    """It is asked for by itself, where the vendor may say why."""
    here = bench(updated([1]), updated([]), made([7]), answer(204), faults("0"))
    results = await writer(here).update_many(account(), LEADS, [{"id": 1}, {"id": 2}])
    assert isinstance(results[1], Unwritten)
    assert results[1].kind is ErrorKind.GONE
    created = await writer(here).create_many(account(), LEADS, [{"name": "a"}, {"name": "b"}])
    assert isinstance(created[1], Unwritten)
    assert created[1].kind is ErrorKind.REJECTED
    here = bench(made([]))
    (nothing,) = await writer(here).create_many(account(), LEADS, [{"name": "a"}])
    assert isinstance(nothing, Unwritten)
    assert nothing.kind is ErrorKind.UNSURE


async def test_one_card() -> None:
    here = bench(made([5]), answer(200, {"id": 5, "updated_at": 1589556420}), faults("0"))
    write = writer(here)
    assert await write.create(account(), LEADS, {"name": "x"}) == Written(5)
    assert (await write.update(account(), LEADS, 5, {"price": 3})).id == 5
    assert (here.wire.sent[1].path, here.wire.sent[1].body) == ("/api/v4/leads/5", {"price": 3})
    with pytest.raises(AmoCrmError) as refused:
        await write.create(account(), LEADS, {"price": "x"})
    assert refused.value.items == {"0": {"price": "must be integer (InvalidType)"}}


async def test_links() -> None:
    here = bench(answer(200, {}), answer(204))
    link = Link(EntityKind.CONTACTS, 7, main=True)
    await writer(here).link(account(), LEADS, 5, [link])
    await writer(here).unlink(account(), LEADS, 5, [Link(EntityKind.COMPANIES, 8)])
    assert [(sent.path, sent.body) for sent in here.wire.sent] == [
        (
            "/api/v4/leads/5/link",
            [{"to_entity_id": 7, "to_entity_type": "contacts", "metadata": {"is_main": True}}],
        ),
        ("/api/v4/leads/5/unlink", [{"to_entity_id": 8, "to_entity_type": "companies"}]),
    ]


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
