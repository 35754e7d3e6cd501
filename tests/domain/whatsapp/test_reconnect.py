"""What follows when a socket closes, row by row of the contract (messaging §1.4)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kommutator.domain.whatsapp.events import Closed
from kommutator.domain.whatsapp.reconnect import (
    BACKOFF_S,
    BRIDGE_S,
    MISSING_S,
    History,
    after_opening,
    decide,
    when_steady,
)
from kommutator.domain.whatsapp.states import WAITS_FOR_PERSON, Reason, SessionState

LINKED = History(linked=True)
FRESH = History(linked=False)


@pytest.mark.parametrize(
    ("closed", "history", "state", "after_s", "forget"),
    [
        (Closed(515), LINKED, "connecting", 0.0, False),
        (Closed(515), FRESH, "pairing", 0.0, False),
        (Closed(428), LINKED, "reconnecting", 1.0, False),
        (Closed(408, "connectionLost"), LINKED, "reconnecting", 1.0, False),
        (Closed(503), LINKED, "reconnecting", 1.0, False),
        (Closed(None), LINKED, "reconnecting", 1.0, False),
        (Closed(599), LINKED, "reconnecting", 1.0, False),
        (Closed(408, "QR refs attempts ended"), FRESH, "qr_expired", None, True),
        (Closed(401, "device_removed"), LINKED, "logged_out", None, True),
        (Closed(440), LINKED, "replaced", None, False),
        (Closed(403), LINKED, "banned", None, False),
        (Closed(402), LINKED, "banned", None, False),
        (Closed(406), LINKED, "banned", None, False),
        (Closed(405), LINKED, "reconnecting", 1.0, False),
        (Closed(500), LINKED, "reconnecting", 1.0, False),
        (Closed(500), replace(LINKED, damaged=2), "logged_out", None, True),
        (Closed(411), LINKED, "stopped", None, False),
        (Closed(401, "Invalid buffer"), replace(FRESH, passkey=True), "passkey_required", None,
         True),
    ],
    ids=str,
)  # fmt: skip
def test_the_table(
    closed: Closed, history: History, state: str, after_s: float | None, forget: bool
) -> None:
    following = decide(closed, history, 0.5)
    assert (following.state, following.after_s, following.forget) == (state, after_s, forget)


@pytest.mark.parametrize(
    ("closed", "reason"),
    [
        (Closed(405), Reason.VERSION_REFUSED),
        (Closed(411), Reason.PHONE_OUTDATED),
        (Closed(None, "bridge_died"), Reason.BRIDGE_DIED),
        (Closed(None, "bridge_missing"), Reason.BRIDGE_MISSING),
        (Closed(503), Reason.NO_CONNECTION),
        (Closed(401), Reason.BY_PHONE),
    ],
    ids=str,
)
def test_the_reason(closed: Closed, reason: Reason) -> None:
    assert decide(closed, LINKED, 0.5).reason is reason


def test_only_a_refused_version_shuts_the_gate() -> None:
    shut = [
        code
        for code in (None, 401, 403, 405, 408, 411, 428, 440, 500, 503, 515)
        if decide(Closed(code), LINKED, 0.5).version_refused
    ]
    assert shut == [405]


def test_waits_grow_and_stay_at_a_minute() -> None:
    history, waits = LINKED, []
    for _ in range(7):
        following = decide(Closed(428), history, 0.5)
        waits.append(following.after_s)
        history = following.history
    assert waits == [*BACKOFF_S, 60.0, 60.0]
    assert BACKOFF_S == (1.0, 2.0, 5.0, 15.0, 60.0)


@pytest.mark.parametrize("history", [LINKED, FRESH, replace(LINKED, failures=4)], ids=str)
@pytest.mark.parametrize(
    ("reason", "after_s"),
    [("bridge_died", BRIDGE_S), ("bridge_down", BRIDGE_S), ("bridge_missing", MISSING_S)],
)
def test_what_becomes_of_the_bridge_is_no_fault_of_the_session(
    reason: str, after_s: float, history: History
) -> None:
    """The bridge waits before it starts anew; the session adds nothing to that."""
    following = decide(Closed(None, reason), history, 0.5)
    assert (following.after_s, following.history) == (after_s, history)


def test_opening_alone_does_not_forget_failures() -> None:
    """Else a loop of connect and close would never slow down."""
    history = LINKED
    for _ in range(4):
        history = after_opening(decide(Closed(428), history, 0.5).history)
    assert decide(Closed(428), history, 0.5).after_s == 60.0
    assert decide(Closed(428), when_steady(history), 0.5).after_s == 1.0


def test_a_stream_that_restarts_for_ever_slows_down() -> None:
    history, waits = LINKED, []
    for _ in range(7):
        following = decide(Closed(515), history, 0.5)
        waits.append(following.after_s)
        history = following.history
    assert waits == [0.0] * 5 + [1.0, 2.0]


def test_linking_that_does_not_get_through_says_so() -> None:
    history, states = FRESH, []
    for _ in range(6):
        following = decide(Closed(503), history, 0.5)
        states.append(following.state)
        history = following.history
    assert states == [SessionState.RECONNECTING] * 5 + [SessionState.QR_EXPIRED]


@given(
    code=st.one_of(st.none(), st.integers(400, 599)),
    history=st.builds(
        History, linked=st.booleans(), failures=st.integers(0, 50), restarts=st.integers(0, 9),
        damaged=st.integers(0, 5), passkey=st.booleans(),
    ),
    jitter=st.floats(0, 1, exclude_max=True),
)  # fmt: skip
def test_whoever_is_not_tried_again_waits_for_a_person(
    code: int | None, history: History, jitter: float
) -> None:
    following = decide(Closed(code), history, jitter)
    assert (following.after_s is None) == (following.state in WAITS_FOR_PERSON)
    assert following.after_s is None or 0 <= following.after_s <= 90
    assert not following.forget or following.after_s is None
