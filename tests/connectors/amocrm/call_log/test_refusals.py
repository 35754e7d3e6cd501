"""Refused, too slow, answer lost: who of a batch is hit, and what is looked for before a repeat."""

from typing import Any

import pytest

from kommutator.domain.outcome import Failed
from kommutator.kit.errors import ErrorKind
from tests.connectors.amocrm.call_log.records import NO_NOTES, deliver, done, kinds, record
from tests.connectors.amocrm.wire import NOTHING, calls_answer, listed, lost, refusal


async def test_the_guilty_stands_alone() -> None:
    answers = [
        refusal("1"),
        *NO_NOTES,
        refusal("1"),
        *NO_NOTES,
        calls_answer({"0": 91}),
        refusal("0"),
        calls_answer({"0": 93}),
    ]
    outcomes, _ = await deliver(answers, record(1), record(2), record(3))
    assert kinds(outcomes) == [None, ErrorKind.REJECTED, None]
    refused = outcomes[1]
    assert isinstance(refused, Failed)
    assert "not a phone" in refused.message


async def test_what_a_refused_batch_has_written_all_the_same_is_not_written_again() -> None:
    note = {"id": 92, "created_at": 1795194000, "params": {"uniq": "c2"}}
    answers = [refusal("0"), NOTHING, listed("notes", note), NOTHING, NOTHING, refusal("0")]
    outcomes, wire = await deliver(answers, record(1), record(2))
    assert kinds(outcomes) == [ErrorKind.REJECTED, None]
    assert done(outcomes[1:]) == [("92", "found_earlier")]
    assert [item["uniq"] for item in wire.asked[-1].body] == ["c1"]


async def test_a_batch_that_is_too_slow_is_halved() -> None:
    answers = [
        (504, {"title": "Gateway Timeout", "status": 504}),
        *NO_NOTES,
        calls_answer({"0": 91}),
        calls_answer({"0": 92}),
    ]
    outcomes, _ = await deliver(answers, record(1), record(2))
    assert done(outcomes) == [("91", None), ("92", None)]


async def test_a_lost_answer_is_looked_for_first() -> None:
    outcomes, _ = await deliver([lost()], record(1), record(2))
    assert kinds(outcomes) == [ErrorKind.UNSURE, ErrorKind.UNSURE]
    note = {"id": 91, "created_at": 1795194000, "params": {"uniq": "c1"}}
    answers = [listed("notes", note), *[NOTHING] * 3, calls_answer({"0": 92})]
    again, wire = await deliver(answers, record(1), record(2), attempt=2, unsure=True)
    assert done(again) == [("91", "found_earlier"), ("92", None)]
    assert [item["uniq"] for item in wire.asked[-1].body] == ["c2"]
    assert dict(wire.asked[0].params)["filter[updated_at][from]"] == "1795193400"


async def test_looking_fails_and_so_nothing_is_repeated() -> None:
    answers = [(503, "down")]
    outcomes, _ = await deliver(answers, record(1), attempt=2, unsure=True)
    assert kinds(outcomes) == [ErrorKind.UNSURE]


async def test_an_account_without_customers_has_no_notes_of_them() -> None:
    no_customers = (403, {"title": "Forbidden", "status": 403, "detail": "no rights"})
    answers = [NOTHING, NOTHING, NOTHING, no_customers, calls_answer({"0": 91})]
    outcomes, _ = await deliver(answers, record(1), attempt=2, unsure=True)
    assert done(outcomes) == [("91", None)]


async def test_older_notes_end_the_search() -> None:
    old = {"id": 5, "created_at": 1795100000, "params": {"uniq": "older"}}
    page = (200, {"_embedded": {"notes": [old]}, "_links": {"next": {"href": "x"}}})
    answers = [page, NOTHING, NOTHING, NOTHING, calls_answer({"0": 91})]
    outcomes, _ = await deliver(answers, record(1), attempt=2, unsure=True)
    assert done(outcomes) == [("91", None)]


async def test_what_the_answer_does_not_speak_of_is_unsure() -> None:
    outcomes, _ = await deliver([calls_answer({"0": 91})], record(1), record(2))
    assert kinds(outcomes) == [None, ErrorKind.UNSURE]


async def test_another_fault_of_one_item_is_its_own() -> None:
    body = {
        "errors": [{"title": "Bad phone", "status": 226, "request_id": "0"}],
        "_embedded": {"calls": [{"id": 92, "request_id": "1"}]},
    }
    outcomes, _ = await deliver([(200, body)], record(1), record(2))
    assert kinds(outcomes) == [ErrorKind.REJECTED, None]


@pytest.mark.parametrize(
    ("answer", "kind", "after"),
    [
        ((429, "slow down"), ErrorKind.RATE_LIMITED, 60.0),
        ((429, {"status": 429, "retry_after": 300}), ErrorKind.RATE_LIMITED, 300.0),
        ((402, {"status": 402, "detail": "unpaid"}), ErrorKind.ACCESS_REVOKED, None),
        ((403, "<html>blocked</html>"), ErrorKind.TRANSIENT, 300.0),
    ],
)
async def test_the_whole_account_is_refused(
    answer: Any, kind: ErrorKind, after: float | None
) -> None:
    outcomes, _ = await deliver([answer], record(1), record(2))
    assert kinds(outcomes) == [kind, kind]
    assert {o.retry_after for o in outcomes if isinstance(o, Failed)} == {after}


async def test_a_token_that_even_its_successor_does_not_replace_parks_the_lane() -> None:
    refused = (401, {"title": "Unauthorized", "status": 401, "detail": "no"})
    outcomes, wire = await deliver([refused, refused], record(1))
    assert kinds(outcomes) == [ErrorKind.ACCESS_REVOKED]
    assert len(wire.asked) == 2
