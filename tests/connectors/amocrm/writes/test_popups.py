"""Cards on the screens of whoever rings: shown once, and what amoCRM has not."""

from typing import Any

import pytest

from kommutator.domain.commands import CallResult as Result
from kommutator.domain.commands import Command, Direction, HangupPopup, RingPopup, SetPresence
from kommutator.domain.outcome import Failed
from kommutator.kit.errors import ErrorKind
from tests.connectors.amocrm.wire import Wire, account, delivery_over, lost
from tests.connectors.amocrm.writes.commands import CLIENT, RING, deliver, told


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
