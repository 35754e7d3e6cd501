"""A call of a number that the CRM does not know: the contact, lead or task it becomes."""

from kommutator.domain.commands import CallResult
from kommutator.kit.errors import ErrorKind
from tests.connectors.amocrm.call_log.records import (
    NO_NOTES,
    STRANGER,
    deliver,
    done,
    kinds,
    record,
)
from tests.connectors.amocrm.wire import (
    NOTHING,
    Wire,
    account,
    calls_answer,
    contact,
    delivery_over,
    due,
    listed,
    made,
    refusal,
)


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


async def test_a_contact_and_lead_that_nobody_names() -> None:
    config = {"unknown_number": {"in": "contact_and_lead"}}
    answers = [calls_answer({}, ["0"]), *[NOTHING] * 4, (200, [])]
    outcomes, _ = await deliver(answers, record(9), config=config)
    assert kinds(outcomes) == [ErrorKind.UNSURE]


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


async def test_a_strangers_call_as_a_note_of_the_new_contact() -> None:
    answers = [*[NOTHING] * 8, made("contacts", 77), made("notes", 93)]
    outcomes, wire = await deliver(answers, record(9), config={"call_to": "contact_note"})
    assert done(outcomes) == [("93", "contact_created")]
    assert "POST /api/v4/calls" not in wire.lines
