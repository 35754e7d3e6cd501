"""Many items in few requests: each gets its result, and nothing is written twice."""

from collections.abc import Sequence
from typing import Any

import pytest

from kommutator.connectors.crm.amocrm.writer import AmoCrmWriter
from kommutator.domain.crm_data import EntityKind
from kommutator.domain.crm_ports import Link, Unwritten, Written
from kommutator.kit.errors import ErrorKind, Stage
from kommutator.kit.http import Answer, WireError
from tests.connectors.amocrm.samples import raw, sample
from tests.connectors.amocrm.scripted import Bench, account, bench
from tests.support.scripted import answer

LEADS = EntityKind.LEADS
LOST = WireError(Stage.SENT, "timeout")


def writer(here: Bench) -> AmoCrmWriter:
    return AmoCrmWriter(here.clients)


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
            {"name": "1", "request_id": "0"},
            {"name": "2", "request_id": "1"},
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


@pytest.mark.parametrize("silence", [LOST, answer(504)])
async def test_create_that_may_have_arrived_is_never_sent_again(
    silence: Answer | WireError,
) -> None:
    here = bench(silence, made([8]))
    items = [{"name": str(n), "created_at": 1700000000} for n in range(2)]
    results = await writer(here).create_many(account(), LEADS, items)
    assert [r.kind for r in results if isinstance(r, Unwritten)] == [ErrorKind.UNSURE] * 2
    assert len(here.wire.sent) == 1


async def test_rest_of_a_refused_batch_of_creates_may_be_there() -> None:
    """Whether such a batch is taken in part is not documented."""
    here = bench(faults("1"))
    first, guilty = await writer(here).create_many(
        account(), LEADS, [{"name": "a"}, {"price": "x"}]
    )
    assert isinstance(first, Unwritten)
    assert isinstance(guilty, Unwritten)
    assert (first.kind, guilty.kind) == (ErrorKind.UNSURE, ErrorKind.REJECTED)
    assert len(here.wire.sent) == 1


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
    """A change is asked for by itself, where the vendor may say why."""
    here = bench(updated([1]), updated([]), made([7]))
    results = await writer(here).update_many(account(), LEADS, [{"id": 1}, {"id": 2}])
    assert isinstance(results[1], Unwritten)
    assert results[1].kind is ErrorKind.GONE
    created = await writer(here).create_many(account(), LEADS, [{"name": "a"}, {"name": "b"}])
    assert created[0] == Written(7)
    assert isinstance(created[1], Unwritten)
    assert created[1].kind is ErrorKind.UNSURE
    here = bench(made([]))
    (nothing,) = await writer(here).create_many(account(), LEADS, [{"name": "a"}])
    assert isinstance(nothing, Unwritten)
    assert nothing.kind is ErrorKind.UNSURE


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
