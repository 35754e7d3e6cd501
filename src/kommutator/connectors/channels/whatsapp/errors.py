"""One table: why the bridge did not do what was asked → what it means for us.

The bridge's codes are its own (`sidecars/whatsapp/refusal.mjs`); `refused` carries the number that
WhatsApp answered to a question. What no row knows is transient: it is tried again and counted.

A send that WhatsApp takes and refuses later (463 and others) is none of these: it is told as a
`StatusHeard` with status 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from kommutator.domain.refusal import Refusal
from kommutator.kit.describe import cut
from kommutator.kit.errors import ErrorKind, Stage
from kommutator.kit.plain_json import as_map, as_text


class WhatsAppError(Refusal):
    """WhatsApp or the bridge to it said no, or said nothing."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Attributes:
        unsure: what it means for an order that changes something.
    """

    kind: ErrorKind
    stage: Stage
    hint: str
    unsure: bool = False


ROWS: Final[Mapping[str, Row]] = {
    "bad_request": Row(ErrorKind.REJECTED, Stage.BEFORE_SENDING, "whatsapp_refused"),
    "proxy_unsupported": Row(
        ErrorKind.REJECTED, Stage.BEFORE_SENDING, "whatsapp_proxy_unsupported"
    ),
    "unknown_line": Row(ErrorKind.TRANSIENT, Stage.BEFORE_SENDING, "whatsapp_not_open"),
    "not_open": Row(ErrorKind.TRANSIENT, Stage.BEFORE_SENDING, "whatsapp_not_open"),
    "closed": Row(ErrorKind.TRANSIENT, Stage.BEFORE_SENDING, "whatsapp_not_open"),
    "store_failed": Row(ErrorKind.TRANSIENT, Stage.BEFORE_SENDING, "whatsapp_not_open"),
    "unsure": Row(ErrorKind.UNSURE, Stage.SENT, "whatsapp_unconfirmed"),
    "interrupted": Row(ErrorKind.TRANSIENT, Stage.SENT, "whatsapp_not_open", unsure=True),
    "timed_out": Row(ErrorKind.TRANSIENT, Stage.SENT, "whatsapp_unconfirmed", unsure=True),
    "died": Row(ErrorKind.TRANSIENT, Stage.SENT, "whatsapp_bridge_down", unsure=True),
    "failed": Row(ErrorKind.TRANSIENT, Stage.SENT, "whatsapp_refused"),
    "refused": Row(ErrorKind.TRANSIENT, Stage.ANSWERED, "whatsapp_refused"),
}
ANSWERED: Final[Mapping[int, ErrorKind]] = {
    400: ErrorKind.REJECTED,
    401: ErrorKind.REJECTED,
    403: ErrorKind.REJECTED,
    404: ErrorKind.REJECTED,
    406: ErrorKind.REJECTED,
    429: ErrorKind.RATE_LIMITED,
    463: ErrorKind.REJECTED,
}
"""What WhatsApp's numbers in answers to questions mean (WAWeb's IQ errors)."""

_UNKNOWN: Final = Row(ErrorKind.TRANSIENT, Stage.SENT, "whatsapp_refused")


def judged(error: object, *, writing: bool) -> WhatsAppError:
    """The bridge's refusal as ours.

    Args:
        writing: a lost answer to an order that changes something leaves us unsure.
    """
    told = as_map(error)
    code = as_text(told.get("code")) or "failed"
    row = ROWS.get(code, _UNKNOWN)
    status = _number(told.get("status"))
    kind = ANSWERED.get(status, row.kind) if code == "refused" and status else row.kind
    if row.unsure and writing:
        kind = ErrorKind.UNSURE
    message = cut(as_text(told.get("message")) or code, 300)
    return WhatsAppError(kind, message, stage=row.stage, status=status, hint=row.hint)


def missing(words: str) -> WhatsAppError:
    """There is no bridge to start; only the operator can change that."""
    return WhatsAppError(
        ErrorKind.TRANSIENT, words, stage=Stage.BEFORE_SENDING, hint="whatsapp_bridge_missing"
    )


def down(words: str) -> WhatsAppError:
    """The bridge does not start, or went away before the order reached it."""
    return WhatsAppError(
        ErrorKind.TRANSIENT, words, stage=Stage.BEFORE_SENDING, hint="whatsapp_bridge_down"
    )


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
