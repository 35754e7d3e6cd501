"""The tree of everything that can go wrong.

KommutatorError
├── UserError            a person can repair it: what happened, whose turn, one action
│   ├── InvalidInput     400   the words of the request are off
│   ├── Unauthorized     401   who are you?
│   ├── Forbidden        403   you are known, but not allowed
│   ├── NotFound         404   also for another tenant's ids: existence is not disclosed
│   ├── Conflict         409   someone or something else holds it
│   ├── FieldsRefused    422   a vendor will not take some of the values
│   ├── TooMany          429   slow down
│   └── Unavailable      503   a part we need is down; the request was not accepted
├── VendorError          a CRM, PBX or messenger said no, or said nothing
└── InternalError        our fault; carries an id that is also in the log
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class ErrorKind(StrEnum):
    """What a failed attempt means for the outbox. One enum for all connectors."""

    TRANSIENT = "transient"  # backoff
    RATE_LIMITED = "rate_limited"  # wait exactly `retry_after`
    TOKEN_STALE = "token_stale"  # noqa: S105 - an error kind: refresh once, retry
    ACCESS_REVOKED = "access_revoked"  # park the lane, a person must reconnect
    REJECTED = "rejected"  # dead letter: the vendor will never take this
    GONE = "gone"  # the entity vanished: re-resolve once, then dead letter
    ALREADY_DONE = "already_done"  # the vendor has it: done
    UNSURE = "unsure"  # sent, no answer: find_again, then decide
    OURS = "ours"  # a bug: few retries, alert


class Stage(StrEnum):
    """How far an attempt came; decides whether a blind retry is safe."""

    BEFORE_SENDING = "before_sending"
    SENT = "sent"
    ANSWERED = "answered"


class KommutatorError(Exception):
    """Root of the tree."""


class UserError(KommutatorError):
    """An error a person meets.

    `code` is a stable slug; the texts `error.<code>`, `error.<code>.action` of the catalogs
    say what happened, whose turn it is and the one action that repairs it. `params` fill the
    text and must be free of secrets.
    """

    status = 400

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


class InvalidInput(UserError):
    status = 400


class Unauthorized(UserError):
    status = 401


class Forbidden(UserError):
    status = 403


class NotFound(UserError):
    status = 404


class Conflict(UserError):
    status = 409


class TooMany(UserError):
    """`retry_after` in seconds."""

    status = 429

    def __init__(self, code: str, *, retry_after: float, **params: Any) -> None:
        super().__init__(code, **params)
        self.retry_after = retry_after


class FieldsRefused(UserError):
    """The vendor refused a value. `fields`: path within what was given → what is wrong."""

    status = 422

    def __init__(self, code: str, *, fields: Mapping[str, str], **params: Any) -> None:
        super().__init__(code, **params)
        self.fields = fields


class Unavailable(UserError):
    status = 503


class VendorError(KommutatorError):
    """A vendor's refusal or silence, already judged by the connector's error table.

    Attributes:
        kind: what the outbox does with it.
        stage: how far the attempt came.
        message: the vendor's own words, cut and redacted; safe to show to the tenant.
        status: HTTP status or None if there was no answer.
        retry_after: seconds the vendor asked us to wait, if it did.
        hint: slug of our own sentence about it (catalog key `hint.<slug>`), if we have one.
    """

    def __init__(
        self,
        kind: ErrorKind,
        message: str,
        *,
        stage: Stage = Stage.ANSWERED,
        status: int | None = None,
        retry_after: float | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.stage = stage
        self.status = status
        self.retry_after = retry_after
        self.hint = hint


class InternalError(KommutatorError):
    """Our fault. `error_id` is shown to the person and found in the log."""

    def __init__(self, error_id: str) -> None:
        super().__init__(error_id)
        self.error_id = error_id
