"""Tasks: on which card they go, who has to do them, and known again."""

from typing import Any

from kommutator.domain.commands import Command, CreateTask
from kommutator.domain.outcome import Done
from tests.connectors.amocrm.wire import (
    AT,
    Wire,
    account,
    contact,
    delivery_over,
    due,
    listed,
    made,
)
from tests.connectors.amocrm.writes.commands import (
    CLIENT,
    CUSTOMER,
    NOBODY,
    ORDER,
    TASK,
    UNIX,
    deliver,
    told,
)

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
