"""Calls in batches: what the vendor's answer says of each of them, and what follows."""

from typing import Any

import pytest

from kommutator.domain.commands import CallRecord, CallResult, Direction
from kommutator.domain.outcome import Done, Failed, Outcome
from kommutator.kit.errors import ErrorKind
from tests.connectors.amocrm.wire import (
    AT,
    NOTHING,
    Wire,
    account,
    calls_answer,
    contact,
    delivery_over,
    due,
    listed,
    lost,
    made,
    refusal,
)

STRANGER = "+79160000009"
NO_NOTES: list[Any] = [NOTHING] * 4  # of leads, contacts, companies, customers


def record(number: int, **changes: Any) -> CallRecord:
    return CallRecord(
        **{
            "call_id": f"c{number}",
            "direction": Direction.IN,
            "client": f"+7916000000{number}",
            "extension": "150",
            "result": CallResult.ANSWERED,
            "started_at": AT,
            "wait_s": 4,
            "talk_s": 61,
            **changes,
        }
    )


async def deliver(
    answers: list[Any], *records: CallRecord, config: dict[str, Any] | None = None, **changes: Any
) -> tuple[list[Outcome], Wire]:
    wire = Wire(answers)
    batch = [due(told, number, **changes) for number, told in enumerate(records, 1)]
    outcomes = await delivery_over(wire).deliver(account(**config or {}), batch)
    assert wire.answers == []
    return list(outcomes), wire


def done(outcomes: list[Outcome]) -> list[tuple[str | None, str | None]]:
    assert all(isinstance(outcome, Done) for outcome in outcomes), outcomes
    return [(o.vendor_id, o.note) for o in outcomes if isinstance(o, Done)]


def kinds(outcomes: list[Outcome]) -> list[ErrorKind | None]:
    return [o.kind if isinstance(o, Failed) else None for o in outcomes]


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


async def test_unknown_among_known_gets_a_contact_and_its_call() -> None:
    answers = [
        calls_answer({"0": 91}, ["1"]),
        NOTHING,
        NOTHING,
        NOTHING,
        NOTHING,
        made("contacts", 77),
        calls_answer({"0": 92}),
    ]
    outcomes, wire = await deliver(answers, record(1), record(9))
    assert done(outcomes) == [("91", None), ("92", "contact_created")]
    assert wire.lines[-2:] == ["POST /api/v4/contacts", "POST /api/v4/calls"]
    assert wire.asked[-2].body[0]["responsible_user_id"] == 11
    assert wire.asked[-1].body[0]["uniq"] == "c9"


async def test_only_unknown_is_no_error() -> None:
    config = {"unknown_number": {"in": "skip"}}
    outcomes, _ = await deliver([calls_answer({}, ["0"])], record(9), config=config)
    assert done(outcomes) == [(None, "unknown_number_skipped")]


async def test_two_unknown_calls_of_one_number_make_one_contact() -> None:
    answers = [
        calls_answer({}, ["0", "1"]),
        *[NOTHING] * 4,
        made("contacts", 77),
        calls_answer({"0": 91}),
        calls_answer({"0": 92}),
    ]
    outcomes, wire = await deliver(answers, record(9), record(9, call_id="other"))
    assert done(outcomes) == [("91", "contact_created"), ("92", None)]
    assert wire.lines.count("POST /api/v4/contacts") == 1


async def test_a_contact_that_the_search_does_not_know_yet_gets_a_note() -> None:
    answers = [
        calls_answer({}, ["0"]),
        listed("contacts", contact(77, "8 (916) 000-00-09", owner=12)),
        calls_answer({}, ["0"]),
        made("notes", 93),
    ]
    outcomes, wire = await deliver(answers, record(9))
    assert done(outcomes) == [("93", None)]
    assert wire.lines[-1] == "POST /api/v4/contacts/notes"
    (note,) = wire.asked[-1].body
    assert (note["entity_id"], note["note_type"], note["params"]["uniq"]) == (77, "call_in", "c9")


async def test_contact_and_lead_in_one_request() -> None:
    answers = [
        calls_answer({}, ["0"]),
        *[NOTHING] * 4,
        (200, [{"id": 501, "contact_id": 77, "company_id": None, "merged": False}]),
        calls_answer({"0": 91}),
    ]
    config = {
        "unknown_number": {"in": "contact_and_lead"},
        "lead": {"pipeline_id": 1300, "tags": ["Звонок"]},
    }
    outcomes, wire = await deliver(answers, record(9), config=config)
    assert done(outcomes) == [("91", "contact_created")]
    assert wire.lines[-2] == "POST /api/v4/leads/complex"
    (lead,) = wire.asked[-2].body
    assert (lead["name"], lead["pipeline_id"], lead["created_at"]) == (
        f"Звонок {STRANGER}",
        1300,
        1795194000,
    )
    assert lead["_embedded"]["tags"] == [{"name": "Звонок"}]
    assert lead["_embedded"]["contacts"][0]["custom_fields_values"][0]["field_code"] == "PHONE"


TRAY = {"unknown_number": {"in": "unsorted"}, "is_unsorted_on": True}


async def test_the_tray_holds_the_call_itself() -> None:
    answers = [
        calls_answer({}, ["0"]),
        NOTHING,
        (200, {"_embedded": {"unsorted": [{"uid": "u1"}]}}),
    ]
    outcomes, wire = await deliver(answers, record(9), config=TRAY)
    assert done(outcomes) == [("u1", "in_tray")]
    assert wire.asked[-1].body[0]["metadata"]["is_call_event_needed"] is True


async def test_the_tray_is_not_filled_twice() -> None:
    row = {
        "uid": "u1",
        "metadata": {
            "service_code": "kommutator",
            "called_at": 1795194000,
            "phone": STRANGER,
            "from": "x",
        },
    }
    answers = [*NO_NOTES, listed("unsorted", row)]
    outcomes, _ = await deliver(answers, record(9), config=TRAY, attempt=2, unsure=True)
    assert done(outcomes) == [("u1", "in_tray")]


async def test_a_rules_card_of_the_tray_gets_its_call_as_a_note() -> None:
    row = {
        "uid": "u1",
        "metadata": {"service_code": "kommutator_rule", "called_at": 1795194000, "phone": STRANGER},
        "_embedded": {"contacts": [{"id": 88}]},
    }
    answers = [calls_answer({}, ["0"]), listed("unsorted", row), made("notes", 93)]
    outcomes, wire = await deliver(answers, record(9), config={"is_unsorted_on": True})
    assert done(outcomes) == [("93", "in_tray")]
    assert wire.asked[-1].body[0]["entity_id"] == 88


async def test_no_tray_means_a_contact() -> None:
    answers = [
        calls_answer({}, ["0"]),
        *[NOTHING] * 4,
        made("contacts", 77),
        calls_answer({"0": 91}),
    ]
    config = {"unknown_number": {"in": "unsorted"}}
    outcomes, _ = await deliver(answers, record(9), config=config)
    assert done(outcomes) == [("91", "contact_created")]


async def test_a_task_instead_of_a_call() -> None:
    answers = [calls_answer({}, ["0"]), made("tasks", 31)]
    config = {"unknown_number": {"in": "task"}, "task": {"due_minutes": 15}}
    told = record(9, result=CallResult.NO_ANSWER, rang=("151", "150"), extension="151")
    outcomes, wire = await deliver(answers, told, config=config)
    assert done(outcomes) == [("31", "task_instead_of_call")]
    assert wire.asked[-1].body == [
        {
            "task_type_id": 1,
            "text": f"Перезвонить {STRANGER}",
            "complete_till": 1795194900,
            "created_at": 1795194000,
            "responsible_user_id": 12,
        }
    ]


async def test_always_on_the_contact_by_setting() -> None:
    answers = [listed("contacts", contact(77, STRANGER)), made("notes", 93)]
    outcomes, wire = await deliver(answers, record(9), config={"call_to": "contact_note"})
    assert done(outcomes) == [("93", None)]
    assert "POST /api/v4/calls" not in wire.lines


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


# --- refusals and lost answers ---------------------------------------------------------------


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


# --- what goes wrong on the way of a stranger's call -----------------------------------------


async def test_the_tray_is_off_after_all() -> None:
    answers = [
        calls_answer({}, ["0"]),
        NOTHING,
        refusal("0"),
        *[NOTHING] * 4,
        made("contacts", 77),
        calls_answer({"0": 91}),
    ]
    outcomes, _ = await deliver(answers, record(9), config=TRAY)
    assert done(outcomes) == [("91", "contact_created")]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [((503, "down"), ErrorKind.TRANSIENT), (lost(), ErrorKind.UNSURE)],
    ids=["down", "lost"],
)
async def test_the_tray_does_not_answer(answer: Any, kind: ErrorKind) -> None:
    outcomes, _ = await deliver([calls_answer({}, ["0"]), NOTHING, answer], record(9), config=TRAY)
    assert kinds(outcomes) == [kind]


async def test_a_tray_that_cannot_be_looked_into_leaves_the_call_unsure() -> None:
    answers = [*NO_NOTES, (503, "down")]
    outcomes, _ = await deliver(answers, record(9), config=TRAY, attempt=2, unsure=True)
    assert kinds(outcomes) == [ErrorKind.UNSURE]


@pytest.mark.parametrize(
    ("contacts", "answers"),
    [([], []), ([{"id": 88}], [refusal("0")])],
    ids=["without a contact", "refused"],
)
async def test_a_tray_that_takes_no_note_tells_of_the_call_anyway(
    contacts: list[Any], answers: list[Any]
) -> None:
    row = {
        "uid": "u1",
        "metadata": {"service_code": "kommutator_rule", "called_at": 1795194000, "phone": STRANGER},
        "_embedded": {"contacts": contacts},
    }
    asked = [calls_answer({}, ["0"]), listed("unsorted", row), *answers]
    outcomes, _ = await deliver(asked, record(9), config={"is_unsorted_on": True})
    assert done(outcomes) == [("u1", "in_tray")]


async def test_other_cards_of_the_tray_are_not_ours() -> None:
    others = {"service_code": "uis", "called_at": 1795194000, "phone": STRANGER}
    answers = [
        calls_answer({}, ["0"]),
        listed("unsorted", {"uid": "u1", "metadata": others}),
        (200, {"_embedded": {"unsorted": [{"uid": "u2"}]}}),
    ]
    outcomes, _ = await deliver(answers, record(9), config=TRAY)
    assert done(outcomes) == [("u2", "in_tray")]


async def test_older_cards_of_the_tray_are_not_paged_through() -> None:
    """A tray that nobody empties holds thousands; newest first, ours is not below older ones."""
    row = {"uid": "u1", "created_at": 1795194000 - 601, "metadata": {"service_code": "uis"}}
    page = {"_embedded": {"unsorted": [row]}, "_links": {"next": {"href": "…?page=2"}}}
    answers = [
        calls_answer({}, ["0"]),
        (200, page),
        (200, {"_embedded": {"unsorted": [{"uid": "u2"}]}}),
    ]
    outcomes, _ = await deliver(answers, record(9), config=TRAY)
    assert done(outcomes) == [("u2", "in_tray")]


async def test_a_contact_that_vanished_is_made_anew() -> None:
    """The note of a remembered contact is refused: somebody has deleted it since."""
    wire = Wire(
        [
            calls_answer({}, ["0"]),
            *[NOTHING] * 4,
            made("contacts", 77),
            calls_answer({}, ["0"]),
            refusal("0"),
            calls_answer({}, ["0"]),
            *[NOTHING] * 4,
            made("contacts", 78),
            calls_answer({"0": 91}),
        ]
    )
    delivery = delivery_over(wire)
    first = list(await delivery.deliver(account(), [due(record(9), 1)]))
    assert kinds(first) == [ErrorKind.REJECTED]
    second = list(await delivery.deliver(account(), [due(record(9, call_id="other"), 2)]))
    assert done(second) == [("91", "contact_created")]


async def test_an_answer_without_words_about_the_second_try() -> None:
    answers = [
        calls_answer({}, ["0"]),
        listed("contacts", contact(77, STRANGER)),
        (200, {"_embedded": {"calls": []}, "errors": []}),
    ]
    outcomes, _ = await deliver(answers, record(9))
    assert kinds(outcomes) == [ErrorKind.UNSURE]


async def test_a_contact_and_lead_that_nobody_names() -> None:
    config = {"unknown_number": {"in": "contact_and_lead"}}
    answers = [calls_answer({}, ["0"]), *[NOTHING] * 4, (200, [])]
    outcomes, _ = await deliver(answers, record(9), config=config)
    assert kinds(outcomes) == [ErrorKind.UNSURE]


async def test_a_strangers_call_as_a_note_of_the_new_contact() -> None:
    answers = [*[NOTHING] * 8, made("contacts", 77), made("notes", 93)]
    outcomes, wire = await deliver(answers, record(9), config={"call_to": "contact_note"})
    assert done(outcomes) == [("93", "contact_created")]
    assert "POST /api/v4/calls" not in wire.lines


async def test_contact_notes_of_an_account_that_is_down() -> None:
    outcomes, _ = await deliver([(503, "down")], record(9), config={"call_to": "contact_note"})
    assert kinds(outcomes) == [ErrorKind.TRANSIENT]


async def test_the_task_of_an_earlier_attempt() -> None:
    row = {
        "id": 31,
        "text": f"Перезвонить {STRANGER}",
        "created_at": 1795194000,
        "task_type_id": 1,
        "complete_till": 1,
    }
    answers = [*NO_NOTES, calls_answer({}, ["0"]), listed("tasks", row)]
    config = {"unknown_number": {"in": "task"}}
    outcomes, _ = await deliver(answers, record(9), config=config, attempt=2, unsure=True)
    assert done(outcomes) == [("31", "found_earlier")]


async def test_older_notes_end_the_search() -> None:
    old = {"id": 5, "created_at": 1795100000, "params": {"uniq": "older"}}
    page = (200, {"_embedded": {"notes": [old]}, "_links": {"next": {"href": "x"}}})
    answers = [page, NOTHING, NOTHING, NOTHING, calls_answer({"0": 91})]
    outcomes, _ = await deliver(answers, record(1), attempt=2, unsure=True)
    assert done(outcomes) == [("91", None)]
