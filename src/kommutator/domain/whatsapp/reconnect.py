"""What follows when a session's socket closes (contract messaging §1.4). Pure, a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final

from kommutator.domain.whatsapp.events import Closed
from kommutator.domain.whatsapp.states import Reason, SessionState

BACKOFF_S: Final = (1.0, 2.0, 5.0, 15.0, 60.0)
STEADY_S: Final = 180.0
"""Open for so long, and failures of before are forgotten; less would let a loop never slow down."""
_QR_ENDED: Final = "qr refs"  # "QR refs attempts ended", with the code of a lost connection
BRIDGE_S: Final = 0.5
"""A bridge that died has patience of its own; its sessions need none on top of it."""
MISSING_S: Final = 10.0
"""To look whether somebody put it there costs nothing."""
_RESTARTS: Final = 5  # WhatsApp restarts a stream once or twice, not for ever
_DAMAGED: Final = 2
_LINKING_TRIES: Final = 6  # somebody looks at the page: rather say that it does not work


class Step(Enum):
    """What is done about a close."""

    AT_ONCE = auto()  # normal: reconnect, count nothing
    BACK_OFF = auto()
    FORGET = auto()  # unlinked: keys are worth nothing
    PERSON = auto()  # stop; a person must do something
    TWICE = auto()  # two more tries, then a person
    GATE = auto()  # the version is refused to everybody: one tries for all


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the table; state and reason as they are told when it is a person's turn."""

    step: Step
    state: SessionState = SessionState.RECONNECTING
    reason: Reason | None = None


_BACK: Final = Rule(Step.BACK_OFF, reason=Reason.NO_CONNECTION)
_BANNED: Final = Rule(Step.PERSON, SessionState.BANNED)

RULES: Final[Mapping[int | None, Rule]] = {
    515: Rule(Step.AT_ONCE),
    428: _BACK,
    408: _BACK,
    503: _BACK,
    None: _BACK,
    401: Rule(Step.FORGET, SessionState.LOGGED_OUT, Reason.BY_PHONE),
    440: Rule(Step.PERSON, SessionState.REPLACED),
    403: _BANNED,
    402: _BANNED,
    406: _BANNED,
    405: Rule(Step.GATE, reason=Reason.VERSION_REFUSED),
    500: Rule(Step.TWICE, SessionState.LOGGED_OUT, Reason.STATE_DAMAGED),
    411: Rule(Step.PERSON, SessionState.STOPPED, Reason.PHONE_OUTDATED),
}
"""Code → what to do; any other code is a network's mood, like none at all."""
_OURS: Final[Mapping[str, tuple[Reason, float]]] = {
    "bridge_died": (Reason.BRIDGE_DIED, BRIDGE_S),
    "bridge_down": (Reason.BRIDGE_DIED, BRIDGE_S),
    "bridge_missing": (Reason.BRIDGE_MISSING, MISSING_S),
}
"""Where it was not WhatsApp: whoever holds the sockets says so instead of a code."""


@dataclass(frozen=True, slots=True)
class History:
    """What happened to this session since it was steady.

    Attributes:
        linked: a phone has us as its device.
        failures: closes that counted.
        restarts: 515 in a row. damaged: 500 in a row.
        passkey: the phone asked for one.
    """

    linked: bool
    failures: int = 0
    restarts: int = 0
    damaged: int = 0
    passkey: bool = False


@dataclass(frozen=True, slots=True)
class Next:
    """What to do, and what is true meanwhile.

    Attributes:
        after_s: reconnect then; None: only when a person asked.
        forget: delete creds and keys.
        version_refused: shut the gate for all sessions.
    """

    state: SessionState
    reason: Reason | None
    after_s: float | None
    history: History
    forget: bool = False
    version_refused: bool = False


def decide(closed: Closed, history: History, jitter: float) -> Next:  # noqa: PLR0911  a table
    """What follows.

    Args:
        jitter: a number in [0, 1): waits are spread from half to one and a half.
    """
    if history.passkey and not history.linked:
        return Next(SessionState.PASSKEY_REQUIRED, None, None, history, forget=True)
    if _QR_ENDED in closed.reason.lower() and not history.linked:
        return _expired(history, Reason.NOT_SCANNED)
    if closed.code is None and closed.reason in _OURS:
        reason, wait = _OURS[closed.reason]  # no failure of this session's: nothing is counted
        return Next(SessionState.RECONNECTING, reason, wait * (0.5 + jitter), history)
    rule = RULES.get(closed.code, _BACK)
    match rule.step:
        case Step.AT_ONCE if history.restarts < _RESTARTS:
            state = SessionState.CONNECTING if history.linked else SessionState.PAIRING
            return Next(state, None, 0.0, replace(history, restarts=history.restarts + 1))
        case Step.TWICE if history.damaged < _DAMAGED:
            return _back_off(rule, replace(history, damaged=history.damaged + 1), jitter)
        case Step.FORGET | Step.TWICE:
            return Next(rule.state, rule.reason, None, History(linked=False), forget=True)
        case Step.PERSON:
            return Next(rule.state, rule.reason, None, history)
        case Step.GATE:
            refused = _back_off(rule, history, jitter)
            return replace(refused, after_s=refused.after_s or 0.0, version_refused=True)
        case _:
            return _back_off(rule, history, jitter)


def _back_off(rule: Rule, history: History, jitter: float) -> Next:
    if not history.linked and history.failures + 1 >= _LINKING_TRIES and rule.step is not Step.GATE:
        return _expired(history, rule.reason)
    wait = BACKOFF_S[min(history.failures, len(BACKOFF_S) - 1)] * (0.5 + jitter)
    failed = replace(history, failures=history.failures + 1)
    return Next(SessionState.RECONNECTING, rule.reason, wait, failed)


def _expired(history: History, reason: Reason | None) -> Next:
    """Never a loop of codes that nobody looks at."""
    fresh = History(linked=history.linked)
    return Next(SessionState.QR_EXPIRED, reason, None, fresh, forget=True)


def after_opening(history: History) -> History:
    """Open: whatever was damaged or restarted is not; failures are forgotten only when steady."""
    return replace(history, linked=True, restarts=0, damaged=0, passkey=False)


def when_steady(history: History) -> History:
    """Open for `STEADY_S`."""
    return History(linked=history.linked)
