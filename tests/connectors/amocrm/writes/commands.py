"""One command at a time on its way to a scripted amoCRM, and the commands of most tests."""

from typing import Any

from kommutator.domain.commands import (
    AddNote,
    Command,
    CreateCustomer,
    CreateOrder,
    CreateTask,
    Direction,
    RingPopup,
)
from kommutator.domain.outcome import Done, Outcome
from tests.connectors.amocrm.wire import NOTHING, Wire, account, delivery_over, due

CLIENT = "+79160000009"
NOBODY: list[Any] = [NOTHING] * 4  # contacts and companies, each by two spellings
UNIX = 1795194000
RING = RingPopup(call_id="c1", direction=Direction.IN, client=CLIENT, extensions=("150", "151"))
CUSTOMER = CreateCustomer(call_id="c1", client=CLIENT, name="Новый клиент", extension="150")
ORDER = CreateOrder(call_id="c1", client=CLIENT, method="missed", rang=("151", "150"))
TASK = CreateTask(call_id="c1", client=CLIENT, text="Перезвонить", default_performer="16")
NOTE = AddNote(entity="leads", entity_id=501, text="Не дозвонились")


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
