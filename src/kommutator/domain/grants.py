"""What an exchange in vain means for a grant, and what follows for its connection. Pure.

Every reason is a slug with two sentences: `grant.<reason>` and `grant.<reason>.action`.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from kommutator.domain.connection import ConnectionStatus
from kommutator.domain.oauth import GrantState
from kommutator.kit.errors import ErrorKind, Stage, VendorError

REFRESH_REVOKED = "refresh_revoked"
"""The hint by which an Authorizer says that the token is used or revoked."""

ANSWER_LOST = "refresh_answer_lost"
TOKEN_MISSING = "refresh_token_missing"  # noqa: S105  a slug
_ENDED = frozenset({GrantState.REVOKED, GrantState.UNINSTALLED})
_PROBED = frozenset({GrantState.UNPAID, GrantState.BLOCKED})
RENEWABLE = frozenset({GrantState.ACTIVE}) | _PROBED


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds before the first and the longest repeat."""

    first: float
    longest: float


SOON = Pace(2.0, 600.0)
SELDOM = Pace(300.0, 21_600.0)


@dataclass(frozen=True, slots=True)
class Trouble:
    """An exchange in vain.

    Attributes:
        unused: the vendor certainly did not take the refresh token this time.
        pace: when it is worth trying again; of an ended grant nobody does.
    """

    state: GrantState
    reason: str
    unused: bool
    pace: Pace = SOON


_BY_STATUS = {
    HTTPStatus.PAYMENT_REQUIRED: Trouble(GrantState.UNPAID, "unpaid", unused=True, pace=SELDOM),
    HTTPStatus.FORBIDDEN: Trouble(GrantState.BLOCKED, "blocked", unused=True, pace=SELDOM),
}
_LOST = Trouble(GrantState.LOST, ANSWER_LOST, unused=False)
_REVOKED = Trouble(GrantState.REVOKED, "token_revoked", unused=True)
_REFUSALS = (ErrorKind.ACCESS_REVOKED, ErrorKind.REJECTED, ErrorKind.TOKEN_STALE)


def judge(error: VendorError, state: GrantState, *, doubtful: bool) -> Trouble:
    """What the vendor's refusal or silence makes of a grant in this `state`.

    Args:
        doubtful: the same token left before and its answer never came. If the vendor now calls
            it used, that exchange was ours, and the pair it brought is lost.
    """
    if error.hint == REFRESH_REVOKED:
        return _LOST if doubtful else _REVOKED
    if error.status in _BY_STATUS:
        return _BY_STATUS[HTTPStatus(error.status)]
    pace = SELDOM if state in _PROBED else SOON
    if error.hint is not None and error.hint.endswith("client_wrong"):
        return Trouble(state, "app_wrong", unused=True, pace=SELDOM)
    if error.stage is Stage.BEFORE_SENDING or error.kind is ErrorKind.RATE_LIMITED:
        return Trouble(state, "vendor_unreachable", unused=True, pace=pace)
    if error.kind in _REFUSALS:
        return Trouble(GrantState.REVOKED, "refresh_refused", unused=True)
    return Trouble(state, "refresh_answer_awaited", unused=False, pace=pace)


def connection_status(
    state: GrantState, *, token_lives: bool, now: ConnectionStatus, ours: bool
) -> ConnectionStatus:
    """What the connection becomes.

    Args:
        token_lives: the access token is not over yet.
        now: its status until now; drafts, and what people paused, are left as they are.
        ours: an earlier trouble of the grant is the reason of that status.
    """
    if now in (ConnectionStatus.DRAFT, ConnectionStatus.REMOVED):
        return now
    if state in _ENDED or (state is GrantState.LOST and not token_lives):
        return ConnectionStatus.BROKEN
    if now is not ConnectionStatus.ACTIVE and not ours:
        return now
    return ConnectionStatus.PAUSED if state in _PROBED else ConnectionStatus.ACTIVE
