"""What RetailCRM is sent for every recorded scenario, word for word.

tests/fixtures/asterisk/payloads.txt was read line by line against the scenarios; a change in it
is a change of what customers see. `python -m tests.domain.calls.test_payloads` writes it anew.
"""

from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID

import pytest

from kommutator.connectors.crm.retailcrm.calls import event_of, record_of
from kommutator.domain.calls.board import Board, CallEvent
from kommutator.domain.calls.decide import decide
from kommutator.domain.calls.memory import Told
from kommutator.domain.calls.policy import Policy
from kommutator.domain.calls.read import read_call
from kommutator.domain.commands import CallRecord, HangupPopup, RingPopup
from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.ports import Due
from kommutator.domain.tenancy import EnterpriseNumber
from tests.support.calls import EVERY_NAME, events_of
from tests.support.payloads import EXPECTED, payload_lines

LATER = datetime(2027, 1, 1, tzinfo=UTC)
POLICY = Policy(connection="crm")
ACCOUNT = Account(
    enterprise=EnterpriseNumber("0367"),
    connection_id=UUID(int=2),
    kind=ConnectionKind.RETAILCRM,
    name="CRM",
    base_url="https://crm.example",
    status=ConnectionStatus.ACTIVE,
    config={"lines": {"+375171234567": "minsk"}, "time_zone": "Europe/Minsk"},
    secrets={},
)


def payloads(name: str) -> list[dict[str, Any]]:
    """Everything sent along one scenario, in order."""
    board, numbers = Board(), count(1)
    sent: list[dict[str, Any]] = []
    for event in events_of(name):
        _feed(board, event)
        for memory in list(board.calls.values()):
            told = memory.told.setdefault("crm", Told())
            for owed in decide(read_call(memory), told, POLICY, LATER).owed:
                due = Due(next(numbers), memory.id, owed.command, 1, unsure=False, created_at=LATER)
                if isinstance(owed.command, (RingPopup, HangupPopup)):
                    sent.append(event_of(ACCOUNT, due, owed.command))
                elif isinstance(owed.command, CallRecord):
                    sent.append(record_of(ACCOUNT, due, owed.command))
    return sent


def _feed(board: Board, event: CallEvent) -> None:
    board.feed(event)
    board.touched.clear()


def lines_of(name: str) -> list[str]:
    return [" ".join(f"{key}={_word(value)}" for key, value in p.items()) for p in payloads(name)]


def _word(value: Any) -> str:
    return "+".join(value) if isinstance(value, list) else str(value)


@pytest.mark.parametrize("name", EVERY_NAME)
def test_the_crm_is_sent_exactly_this(name: str) -> None:
    assert lines_of(name) == payload_lines()[name]


def test_no_scenario_is_missing() -> None:
    assert set(payload_lines()) == set(EVERY_NAME)


if __name__ == "__main__":
    told = ["\n".join([name, *(f"  {line}" for line in lines_of(name))]) for name in EVERY_NAME]
    EXPECTED.write_text("\n".join(told) + "\n")
