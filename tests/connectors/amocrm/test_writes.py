"""Pop-ups, contacts, leads, tasks, notes, stages, the tray: what is asked, and asked once."""

import asyncio
from typing import Any

import pytest

from kommutator.domain.commands import (
    AddNote,
    CallRecord,
    CancelCall,
    Command,
    CreateCustomer,
    CreateOrder,
    CreateTask,
    CreateUnsorted,
    Direction,
    HangupPopup,
    MoveLead,
    RingPopup,
    SetPresence,
)
from kommutator.domain.commands import CallResult as Result
from kommutator.domain.outcome import Done, Failed, Outcome
from kommutator.kit.errors import ErrorKind, Stage, VendorError
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
)

CLIENT = "+79160000009"
NOBODY: list[Any] = [NOTHING] * 4  # contacts and companies, each by two spellings
UNIX = 1795194000
RING = RingPopup(call_id="c1", direction=Direction.IN, client=CLIENT, extensions=("150", "151"))


async def deliver(
    command: Command, answers: list[Any], config: dict[str, Any] | None = None, **changes: Any
) -> tuple[Outcome, Wire]:
    wire = Wire(answers)
    (outcome,) = await delivery_over(wire).deliver(
        account(**config or {}), [due(command, **changes)]
    )
    assert wire.answers == []
    return outcome, wire


def told(outcome: Outcome) -> tuple[str | None, str | None]:
    assert isinstance(outcome, Done), outcome
    return outcome.vendor_id, outcome.note


# --- cards on the screens --------------------------------------------------------------------


async def test_the_card_is_shown_to_whoever_rings() -> None:
    shown = (200, {"_embedded": {"items": [{"element_id": 5, "element_type": 1, "uid": "u-1"}]}})
    outcome, wire = await deliver(RING, [shown])
    assert told(outcome) == ("u-1", None)
    assert wire.lines == ["POST /api/v2/events"]
    assert wire.asked[0].body == {
        "add": [{"type": "phone_call", "phone_number": CLIENT, "users": [11, 12]}]
    }


async def test_nobody_is_mapped_and_so_nobody_sees_it() -> None:
    config: dict[str, Any] = {"user_extensions": {}}
    outcome, _ = await deliver(RING, [], config)
    assert told(outcome) == (None, "nobody_to_show")
    _, wire = await deliver(RING, [(200, {})], config | {"popup_everybody": True})
    assert "users" not in wire.asked[0].body["add"][0]


async def test_a_card_whose_answer_was_lost_is_not_shown_twice() -> None:
    first, _ = await deliver(RING, [lost()])
    assert isinstance(first, Failed)
    assert first.kind is ErrorKind.UNSURE
    second, _ = await deliver(RING, [], attempt=2, unsure=True)
    assert told(second) == (None, "popup_not_repeated")


@pytest.mark.parametrize(
    ("command", "note"),
    [
        (
            HangupPopup(
                direction=Direction.IN, client=CLIENT, extensions=("150",), result=Result.ANSWERED
            ),
            "no_card_to_take_down",
        ),
        (SetPresence(extension="150", presence="busy"), "no_status_in_crm"),
        (
            RingPopup(direction=Direction.INTERNAL, client="151", extensions=("150",)),
            "internal_not_shown",
        ),
    ],
)
async def test_what_amocrm_has_not_needs_no_request(command: Command, note: str) -> None:
    outcome, _ = await deliver(command, [])
    assert told(outcome) == (None, note)


async def test_hang_ups_draw_from_no_budget() -> None:
    delivery = delivery_over(Wire([]))
    hangup = HangupPopup(
        direction=Direction.IN, client=CLIENT, extensions=(), result=Result.ANSWERED
    )
    assert list(delivery.budgets(account(), hangup)) == []
    assert len(delivery.budgets(account(), RING)) == 2


# --- contacts --------------------------------------------------------------------------------

CUSTOMER = CreateCustomer(call_id="c1", client=CLIENT, name="Новый клиент", extension="150")


async def test_a_contact() -> None:
    outcome, wire = await deliver(CUSTOMER, [*NOBODY, made("contacts", 77)])
    assert told(outcome) == ("77", None)
    assert wire.asked[-1].body == [
        {
            "name": "Новый клиент",
            "custom_fields_values": [
                {"field_code": "PHONE", "values": [{"value": CLIENT, "enum_code": "WORK"}]}
            ],
            "responsible_user_id": 11,
        }
    ]


@pytest.mark.parametrize("spelling", ["8 (916) 000-00-09", "9160000009", "+7 916 0000009"])
async def test_a_contact_that_is_there_in_another_spelling(spelling: str) -> None:
    found = listed("contacts", contact(5, "+79160000010"), contact(77, spelling))
    outcome, _ = await deliver(CUSTOMER, [found])
    assert told(outcome) == ("77", "customer_known")


async def test_a_contact_of_the_tray_or_the_bin_is_none() -> None:
    found = listed("contacts", contact(5, CLIENT, is_unsorted=True))
    binned = listed("contacts", contact(6, CLIENT, is_deleted=True))
    company = listed("companies", contact(8, CLIENT))
    outcome, _ = await deliver(CUSTOMER, [found, company])
    assert told(outcome) == ("8", "customer_known")
    outcome, _ = await deliver(CUSTOMER, [binned, NOTHING, company])
    assert told(outcome) == ("8", "customer_known")


async def test_the_contact_name_by_setting() -> None:
    command = CreateCustomer(client=CLIENT, name=CLIENT)  # a rule without a name
    config = {"contact_name": "Клиент {phone}"}
    _, wire = await deliver(command, [*NOBODY, made("contacts", 77)], config)
    assert wire.asked[-1].body[0]["name"] == f"Клиент {CLIENT}"


async def test_two_calls_at_once_make_one_contact() -> None:
    wire = Wire([*NOBODY, made("contacts", 77)])
    delivery = delivery_over(wire)
    pair = await asyncio.gather(
        delivery.deliver(account(), [due(CUSTOMER, 1)]),
        delivery.deliver(account(), [due(CUSTOMER, 2)]),
    )
    assert [told(outcome) for (outcome,) in pair] == [("77", None), ("77", "customer_known")]
    assert wire.lines.count("POST /api/v4/contacts") == 1


# --- leads -----------------------------------------------------------------------------------

ORDER = CreateOrder(call_id="c1", client=CLIENT, method="missed", rang=("151", "150"))
PLACES = {"lead_methods": {"missed": {"pipeline_id": 1301, "status_id": 7, "tags": ["Пропущен"]}}}


async def test_a_lead_of_a_known_client() -> None:
    answers = [listed("contacts", contact(77, CLIENT, owner=99)), made("leads", 501)]
    outcome, wire = await deliver(ORDER, answers, PLACES)
    assert told(outcome) == ("501", None)
    assert wire.asked[-1].body == [
        {
            "name": f"Звонок {CLIENT}",
            "created_at": UNIX,
            "pipeline_id": 1301,
            "status_id": 7,
            "responsible_user_id": 99,
            "_embedded": {
                "tags": [{"name": "Пропущен"}],
                "contacts": [{"id": 77, "is_main": True}],
            },
        }
    ]


async def test_a_lead_of_a_company() -> None:
    answers = [NOTHING, NOTHING, listed("companies", contact(8, CLIENT)), made("leads", 501)]
    _, wire = await deliver(ORDER, answers)
    assert wire.asked[-1].body[0]["_embedded"]["companies"] == [{"id": 8}]


async def test_a_lead_of_a_stranger_comes_with_its_contact() -> None:
    answers = [*NOBODY, (200, [{"id": 501, "contact_id": 77}])]
    outcome, wire = await deliver(ORDER, answers, {"missed_owner": "last_rang"})
    assert told(outcome) == ("501", None)
    assert wire.lines[-1] == "POST /api/v4/leads/complex"
    (lead,) = wire.asked[-1].body
    assert lead["responsible_user_id"] == 11
    assert lead["_embedded"]["tags"] == [{"name": "missed"}]
    assert lead["_embedded"]["contacts"][0]["responsible_user_id"] == 11


async def test_a_lead_is_known_again_by_its_time_and_its_contact() -> None:
    row = {"id": 501, "name": f"Звонок {CLIENT}", "created_at": UNIX}
    mine = {**row, "_embedded": {"contacts": [{"id": 77}], "tags": []}}
    others = {**row, "id": 400, "_embedded": {"contacts": [{"id": 78}], "tags": []}}
    answers = [listed("contacts", contact(77, CLIENT)), listed("leads", others, mine)]
    outcome, _ = await deliver(ORDER, answers, attempt=2, unsure=True)
    assert told(outcome) == ("501", "found_earlier")


async def test_a_lead_that_never_arrived_is_made() -> None:
    answers = [listed("contacts", contact(77, CLIENT)), NOTHING, made("leads", 501)]
    outcome, _ = await deliver(ORDER, answers, attempt=2, unsure=True)
    assert told(outcome) == ("501", None)


async def test_made_and_not_said_what_is_unsure() -> None:
    answers = [listed("contacts", contact(77, CLIENT)), (200, {"_embedded": {}})]
    outcome, _ = await deliver(ORDER, answers)
    assert isinstance(outcome, Failed)
    assert outcome.kind is ErrorKind.UNSURE


# --- tasks -----------------------------------------------------------------------------------

TASK = CreateTask(call_id="c1", client=CLIENT, text="Перезвонить", default_performer="16")
LEADS: dict[str, Any] = {"_embedded": {"leads": [{"id": 501}, {"id": 502}]}}


async def test_a_task_on_the_only_open_lead() -> None:
    answers = [
        listed("contacts", contact(77, CLIENT, owner=99, **LEADS)),
        listed("leads", {"id": 501, "status_id": 142}, {"id": 502, "status_id": 7}),
        made("tasks", 31),
    ]
    outcome, wire = await deliver(TASK, answers)
    assert told(outcome) == ("31", None)
    assert wire.asked[-1].body == [
        {
            "task_type_id": 1,
            "text": "Перезвонить",
            "complete_till": UNIX + 3600,
            "created_at": UNIX,
            "entity_id": 502,
            "entity_type": "leads",
            "responsible_user_id": 99,
        }
    ]


async def test_a_task_on_the_contact_when_several_leads_are_open() -> None:
    answers = [
        listed("contacts", contact(77, CLIENT, **LEADS)),
        listed("leads", {"id": 501, "status_id": 6}, {"id": 502, "status_id": 7}),
        made("tasks", 31),
    ]
    _, wire = await deliver(TASK, answers)
    task = wire.asked[-1].body[0]
    assert (task["entity_id"], task["entity_type"]) == (77, "contacts")
    assert task["responsible_user_id"] == 16


async def test_a_task_of_a_stranger_names_the_number() -> None:
    _, wire = await deliver(TASK, [*NOBODY, made("tasks", 31)])
    task = wire.asked[-1].body[0]
    assert task["text"] == f"Перезвонить {CLIENT}"
    assert "entity_id" not in task


async def test_a_task_on_a_named_lead_for_a_named_employee() -> None:
    command = CreateTask(client=CLIENT, text="Итог", lead_id=501, performer="151", due_at=AT)
    _, wire = await deliver(command, [made("tasks", 31)])
    task = wire.asked[-1].body[0]
    assert (task["entity_id"], task["entity_type"]) == (501, "leads")
    assert (task["responsible_user_id"], task["complete_till"]) == (12, UNIX)


async def test_a_task_on_a_named_lead_is_for_its_owner() -> None:
    command = CreateTask(client=CLIENT, text="", lead_id=501)
    answers = [(200, {"id": 501, "responsible_user_id": 99}), made("tasks", 31)]
    _, wire = await deliver(command, answers)
    task = wire.asked[-1].body[0]
    assert (task["responsible_user_id"], task["text"]) == (99, f"Перезвонить {CLIENT}")


async def test_a_task_is_known_again() -> None:
    row = {
        "id": 31,
        "text": "Перезвонить",
        "complete_till": UNIX + 3600,
        "created_at": UNIX,
        "entity_id": 77,
        "entity_type": "contacts",
        "task_type_id": 1,
        "responsible_user_id": 99,
    }
    answers = [listed("contacts", contact(77, CLIENT, owner=99)), listed("tasks", row)]
    outcome, _ = await deliver(TASK, answers, attempt=2, unsure=True)
    assert told(outcome) == ("31", "found_earlier")


# --- notes, stages, the tray -----------------------------------------------------------------

NOTE = AddNote(entity="leads", entity_id=501, text="Не дозвонились")


async def test_a_note_is_written_once() -> None:
    outcome, wire = await deliver(NOTE, [made("notes", 91)])
    assert told(outcome) == ("91", None)
    assert wire.lines == ["POST /api/v4/leads/notes"]
    (note,) = wire.asked[0].body
    assert note == {
        "entity_id": 501,
        "note_type": "common",
        "params": {"text": "Не дозвонились"},
        "created_at": UNIX,
    }
    again, _ = await deliver(NOTE, [listed("notes", {"id": 91, **note})], attempt=2, unsure=True)
    assert told(again) == ("91", "found_earlier")


async def test_the_same_words_of_another_day_are_another_note() -> None:
    older = {"id": 90, "entity_id": 501, "note_type": "common", "created_at": UNIX - 86_400}
    older["params"] = {"text": "Не дозвонились"}
    outcome, _ = await deliver(
        NOTE, [listed("notes", older), made("notes", 91)], attempt=2, unsure=True
    )
    assert told(outcome) == ("91", None)


async def test_a_lead_is_moved_by_both_ids() -> None:
    command = MoveLead(lead_id=501, pipeline_id=1300, status_id=142)
    outcome, wire = await deliver(command, [(200, {"id": 501, "updated_at": UNIX})])
    assert told(outcome) == ("501", None)
    assert wire.lines == ["PATCH /api/v4/leads/501"]
    assert wire.asked[0].body == {"pipeline_id": 1300, "status_id": 142}


UNSORTED = CreateUnsorted(call_id="c1", client=CLIENT, name="Заявка {phone}", started_at=AT)


async def test_a_rule_fills_the_tray() -> None:
    answers = [(200, {"_embedded": {"unsorted": [{"uid": "u1"}]}})]
    outcome, wire = await deliver(UNSORTED, answers, {"is_unsorted_on": True})
    assert told(outcome) == ("u1", None)
    (item,) = wire.asked[0].body
    assert item["_embedded"]["leads"][0]["name"] == f"Заявка {CLIENT}"
    assert item["metadata"]["is_call_event_needed"] is False


async def test_a_rule_does_not_fill_the_tray_twice() -> None:
    row = {
        "uid": "u1",
        "metadata": {"service_code": "kommutator_rule", "called_at": UNIX, "from": CLIENT},
    }
    answers = [listed("unsorted", row)]
    outcome, _ = await deliver(UNSORTED, answers, {"is_unsorted_on": True}, attempt=2, unsure=True)
    assert told(outcome) == ("u1", "found_earlier")


async def test_without_a_tray_a_rule_makes_a_contact() -> None:
    outcome, _ = await deliver(UNSORTED, [*NOBODY, made("contacts", 77)])
    assert told(outcome) == ("77", "no_tray_contact")


# --- what is no vendor's doing ---------------------------------------------------------------


async def test_a_command_for_a_pbx_is_a_bug() -> None:
    outcome, _ = await deliver(CancelCall(extension="150"), [])
    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.stage) == (ErrorKind.OURS, Stage.BEFORE_SENDING)


async def test_no_grant_no_request(monkeypatch: pytest.MonkeyPatch) -> None:
    async def no_access(*_: object) -> None:
        raise VendorError(ErrorKind.ACCESS_REVOKED, "uninstalled", hint="grant_uninstalled")

    monkeypatch.setattr("tests.connectors.amocrm.wire.OneToken.access", no_access)
    outcome, wire = await deliver(NOTE, [])
    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.message) == (ErrorKind.ACCESS_REVOKED, "uninstalled")
    assert wire.asked == []


async def test_a_record_among_others_and_an_empty_batch() -> None:
    told_of = CallRecord(
        call_id="c1",
        direction=Direction.OUT,
        client=CLIENT,
        extension="150",
        result=Result.BUSY,
        started_at=AT,
        wait_s=1,
        talk_s=0,
    )
    wire = Wire([made("notes", 91), calls_answer({"0": 92})])
    delivery = delivery_over(wire)
    assert list(await delivery.deliver(account(), [])) == []
    outcomes = await delivery.deliver(account(), [due(NOTE, 1), due(told_of, 2)])
    assert [told(outcome) for outcome in outcomes] == [("91", None), ("92", None)]


async def test_only_records_go_in_batches() -> None:
    delivery = delivery_over(Wire([]))
    assert (delivery.batch_limit(NOTE), delivery.concurrency(account())) == (1, 4)
    assert delivery.patience(RING).timeout == 2.5
    assert delivery.patience(NOTE).timeout == 30.0


async def test_a_task_goes_on_the_lead_that_was_just_made() -> None:
    """The vendor's search knows the new contact later than we do."""
    answers = [*NOBODY, made("contacts", 77), made("leads", 501)]
    wire = Wire([*answers, listed("leads", {"id": 501, "status_id": 7}), made("tasks", 31)])
    delivery = delivery_over(wire)
    commands: list[Command] = [CUSTOMER, ORDER, TASK]
    for number, command in enumerate(commands, 1):
        (outcome,) = await delivery.deliver(account(), [due(command, number)])
        assert isinstance(outcome, Done)
    task = wire.asked[-1].body[0]
    assert (task["entity_id"], task["entity_type"]) == (501, "leads")
