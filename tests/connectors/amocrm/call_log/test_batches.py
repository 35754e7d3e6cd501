"""Calls of known numbers: how many go in one request, whose they are, what is left out."""

from kommutator.domain.commands import CallResult, Direction
from kommutator.kit.errors import ErrorKind
from tests.connectors.amocrm.call_log.records import STRANGER, deliver, done, kinds, record
from tests.connectors.amocrm.wire import calls_answer, contact, listed, made


async def test_a_batch_is_one_request() -> None:
    outcomes, wire = await deliver([calls_answer({"0": 91, "1": 92})], record(1), record(2))
    assert done(outcomes) == [("91", None), ("92", None)]
    assert [item["uniq"] for item in wire.asked[0].body] == ["c1", "c2"]
    assert {item["call_responsible"] for item in wire.asked[0].body} == {11}


async def test_a_smaller_batch_by_setting() -> None:
    answers = [calls_answer({"0": 91}), calls_answer({"0": 92})]
    _, wire = await deliver(answers, record(1), record(2), config={"batch": 1})
    assert wire.lines == ["POST /api/v4/calls"] * 2


async def test_internal_calls_are_none_of_the_crms() -> None:
    outcomes, _ = await deliver([], record(1, direction=Direction.INTERNAL))
    assert done(outcomes) == [(None, "internal_not_recorded")]


async def test_always_on_the_contact_by_setting() -> None:
    answers = [listed("contacts", contact(77, STRANGER)), made("notes", 93)]
    outcomes, wire = await deliver(answers, record(9), config={"call_to": "contact_note"})
    assert done(outcomes) == [("93", None)]
    assert "POST /api/v4/calls" not in wire.lines


async def test_contact_notes_of_an_account_that_is_down() -> None:
    outcomes, _ = await deliver([(503, "down")], record(9), config={"call_to": "contact_note"})
    assert kinds(outcomes) == [ErrorKind.TRANSIENT]


async def test_a_missed_call_asks_for_the_clients_owner_only_if_told_to() -> None:
    told = record(9, result=CallResult.NO_ANSWER, rang=("150", "151"))
    _, wire = await deliver([calls_answer({"0": 91})], told)
    assert wire.asked[-1].body[0]["call_responsible"] == 11
    answers = [listed("contacts", contact(77, STRANGER, owner=99)), calls_answer({"0": 91})]
    _, wire = await deliver(answers, told, config={"missed_owner": "client_owner"})
    assert wire.asked[-1].body[0]["call_responsible"] == 99


async def test_while_owners_are_asked_some_calls_are_written() -> None:
    """An attempt is cut off after 30 s; fifty look-ups before the first call would never end."""
    missed = {"client": STRANGER, "result": CallResult.NO_ANSWER, "rang": ("150",)}
    told = [record(n, **missed) for n in range(1, 13)]
    found = listed("contacts", contact(77, STRANGER, owner=99))
    first, second = (calls_answer({str(n): 90 + n for n in range(size)}) for size in (10, 2))
    answers = [*[found] * 10, first, *[found] * 2, second]
    outcomes, wire = await deliver(answers, *told, config={"missed_owner": "client_owner"})
    assert kinds(outcomes) == [None] * 12
    sent = [len(asked.body) for asked in wire.asked if asked.method == "POST"]
    assert sent == [10, 2]
