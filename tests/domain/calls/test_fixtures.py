"""Every recorded scenario against the outcome that an independent reducer wrote down."""

from typing import Any

import pytest

from kommutator.domain.calls.call import Phase
from tests.support.calls import NAMES, events_of, expected, only_call, recorded

# (direction, the prototype's words, hang-up cause) → (our result, our reason)
_VERDICTS: dict[tuple[str, str, str | None, int | None], tuple[str, str | None]] = {
    ("in", "answered", None, None): ("answered", None),
    ("out", "answered", None, None): ("answered", None),
    ("internal", "answered", None, None): ("answered", None),
    ("in", "missed", "busy", 17): ("no_answer", "busy"),
    ("in", "missed", "cancelled", 127): ("no_answer", "caller_gave_up"),
    ("in", "missed", "no_answer", 21): ("no_answer", "declined"),
    ("in", "missed", "no_answer", 0): ("no_answer", "no_answer"),
    ("in", "missed", "failed", None): ("no_answer", "unreachable"),
    ("out", "busy", None, 17): ("busy", "busy"),
    ("out", "cancelled", None, 127): ("cancelled", "cancelled"),
    ("out", "no_answer", None, 1): ("failed", "bad_number"),
    ("out", "manager_busy", None, None): ("failed", "manager_busy"),
    ("out", "manager_no_answer", None, None): ("failed", "manager_no_answer"),
    ("out", "manager_unreachable", None, None): ("failed", "manager_unreachable"),
}


def test_every_scenario_is_there() -> None:
    assert len(NAMES) == 27
    assert set(NAMES) == set(expected())


@pytest.mark.parametrize("name", NAMES)
def test_the_recorded_call_is_understood(name: str) -> None:
    call = only_call(events_of(name))
    want: dict[str, Any] = expected()[name]
    key = (want["dir"], want["status"], want.get("reason"), want.get("cause"))

    assert call.phase is Phase.ENDED
    assert call.direction == want["dir"]
    assert (call.result, call.reason) == _VERDICTS[key]
    assert list(call.rang) == want.get("rang", [])
    assert list(call.answered_by) == want.get("answered_by", [])
    assert call.wait_s == pytest.approx(want["wait"], abs=0.51)
    assert call.talk_s == pytest.approx(want["talk"], abs=0.51)
    assert bool(call.record_name and call.answered_at) == want["rec"]
    words = [word.replace("blind:", "blind->") for word in call.transfers]
    assert words == want.get("transfers", [])


@pytest.mark.parametrize(
    ("name", "client", "line", "extension"),
    [
        ("inbound_answered", "+375000000070", "+375171234567", "150"),
        ("inbound_nobody_answers", "+375000000070", "+375171234567", "150"),
        ("transfer_attended", "+375000000070", "+375171234567", "152"),
        ("outbound_busy", "+375000000070", None, "150"),
        ("click2call_client_busy", "+375000000070", None, "150"),
        ("internal_answered", None, None, "151"),
    ],
)
def test_who_spoke_with_whom_over_which_line(
    name: str, client: str | None, line: str | None, extension: str
) -> None:
    call = only_call(events_of(name))

    assert (call.client, call.line, call.extension) == (client, line, extension)


@pytest.mark.parametrize("name", [n for n in NAMES if not n.startswith("click2call")])
def test_a_dialplan_without_our_variables_is_understood_all_the_same(name: str) -> None:
    plain = [
        {field: value for field, value in event.items() if "ChanVariable" not in field}
        for event in recorded(name)
    ]
    with_hints, without = only_call(events_of(name)), only_call(events_of(name, plain))

    assert without.direction == with_hints.direction
    assert without.client == with_hints.client
    assert (without.result, without.reason) == (with_hints.result, with_hints.reason)
    assert without.answered_by == with_hints.answered_by


def test_the_consultation_call_becomes_part_of_the_clients_call() -> None:
    call = only_call(events_of("transfer_attended"))

    assert call.id == "1795193338.35"
    assert call.answered_by == ("150", "152")
