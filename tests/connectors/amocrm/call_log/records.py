"""Records of calls on their way to a scripted amoCRM, and what became of each."""

from typing import Any

from kommutator.domain.commands import CallRecord, CallResult, Direction
from kommutator.domain.outcome import Done, Failed, Outcome
from kommutator.kit.errors import ErrorKind
from tests.connectors.amocrm.wire import AT, NOTHING, Wire, account, delivery_over, due

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
