"""One table: what the vendor answered → what it means for us.

Judged by what the body says (booking codes, then known sentences), then by the status. What is no
JSON comes from a web server in front of the API. What no row knows is transient: tried again and
counted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kommutator.connectors.crm.yclients.envelope import (
    Envelope,
    booking_code,
    open_envelope,
    sentence,
)
from kommutator.connectors.refusing import silence
from kommutator.domain.refusal import Judgement, Refusal
from kommutator.domain.salon.booking import Refused
from kommutator.kit.describe import cut
from kommutator.kit.errors import ErrorKind
from kommutator.kit.http import Answer, WireError

_LONGEST_MESSAGE = 500
_LONGEST_PAUSE_S = 24 * 3600.0


class YClientsError(Refusal):
    """YClients said no, or said nothing.

    `booking`: why it does not take a visit, if it said so in its codes; `appointment`: about which
    one of the request.
    """

    def __init__(
        self,
        kind: ErrorKind,
        message: str,
        *,
        booking: Refused | None = None,
        appointment: int | None = None,
        **more: Any,
    ) -> None:
        super().__init__(kind, message, **more)
        self.booking = booking
        self.appointment = appointment


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; `write`: for a write, where that is something else."""

    kind: ErrorKind
    hint: str | None = None
    write: ErrorKind | None = None


T, R, GONE = ErrorKind.TRANSIENT, ErrorKind.REJECTED, ErrorKind.GONE
REVOKED, UNSURE = ErrorKind.ACCESS_REVOKED, ErrorKind.UNSURE

WORDS: Mapping[int, Row] = {
    400: Row(R, "yclients_refused"),
    401: Row(REVOKED, "yclients_token_refused"),
    402: Row(REVOKED, "yclients_licence_over"),
    403: Row(R, "yclients_rights"),
    404: Row(GONE, "yclients_gone"),
    405: Row(R, "yclients_method_unknown"),
    406: Row(R, "yclients_method_unknown"),
    409: Row(R, "yclients_busy"),
    413: Row(R, "yclients_refused"),
    415: Row(R, "yclients_refused"),
    422: Row(R, "yclients_refused"),
    429: Row(ErrorKind.RATE_LIMITED, "yclients_too_fast"),
    500: Row(T, "yclients_down", UNSURE),
    502: Row(T, "yclients_down", UNSURE),
    503: Row(T, "yclients_down"),
    504: Row(T, "yclients_slow", UNSURE),
}
"""The API answered in its own words."""

PAGES: Mapping[int, Row] = {
    **WORDS,
    400: Row(T),
    401: Row(T, "yclients_blocked"),
    402: Row(T, "yclients_blocked"),
    403: Row(T, "yclients_blocked"),
    404: Row(T, "yclients_moved"),
    405: Row(T, "yclients_moved"),
    406: Row(T, "yclients_moved"),
    409: Row(T),
    422: Row(T),
}
"""Something in front of the API answered."""

TEXTS: tuple[tuple[re.Pattern[str], Row], ...] = tuple(
    (re.compile(words, re.IGNORECASE), row)
    for words, row in (
        (r"идентификатор партн[её]ра", Row(REVOKED, "yclients_partner_refused")),
        (r"продлить лицензию", Row(REVOKED, "yclients_licence_over")),
        (r"уже установил это приложение|already installed", Row(ErrorKind.ALREADY_DONE)),
        (r"нет прав|недостаточно прав", Row(R, "yclients_rights")),
        (r"филиал не найден|не указан филиал", Row(GONE, "yclients_salon_gone")),
        (r"уже занят|является нерабочим", Row(R, "yclients_busy")),
        (r"превышен|too many requests", Row(ErrorKind.RATE_LIMITED, "yclients_too_fast")),
    )
)
"""Sentences that mean the same whatever the status; the vendor is not of one mind about it."""

BOOKING: Mapping[int, Refused] = {
    431: Refused.BAD_PHONE,
    432: Refused.BAD_CODE,
    433: Refused.TAKEN,
    434: Refused.BLACKLISTED,
    435: Refused.NO_NAME,
    436: Refused.NOBODY,
    437: Refused.OVERLAP,
    438: Refused.GONE,
}
"""Codes of online booking (contract §1.4)."""

HINTS: Mapping[Refused, str] = {
    Refused.BAD_PHONE: "booking_bad_phone",
    Refused.BAD_CODE: "booking_bad_code",
    Refused.TAKEN: "booking_taken",
    Refused.BLACKLISTED: "booking_blacklisted",
    Refused.NO_NAME: "booking_no_name",
    Refused.NOBODY: "booking_nobody",
    Refused.OVERLAP: "booking_overlap",
    Refused.GONE: "booking_gone",
    Refused.OTHER: "booking_other",
}

TELLING = frozenset(
    {
        "yclients_licence_over",
        "yclients_token_refused",
        "yclients_partner_refused",
        "yclients_rights",
        "yclients_salon_gone",
    }
)
"""Hints of what a person must repair."""

_UNKNOWN = Row(T)
_CRASHED = Row(T, "yclients_down", UNSURE)
_REDIRECT = Row(T, "yclients_moved")
_GARBLED = Row(T, None, UNSURE)
_REFUSED_IN_PEACE = Row(R, "yclients_refused")  # HTTP 200, `success` false


@dataclass(frozen=True, slots=True)
class Verdict:
    """`judgement` is None when the vendor did what was asked; `envelope` is what it said."""

    judgement: Judgement | None
    envelope: Envelope
    booking: Refused | None = None
    appointment: int | None = None


def judge(answer: Answer, *, writing: bool) -> Verdict:
    """What an answer means.

    Args:
        answer: whatever came back.
        writing: a lost or garbled answer to a write leaves us unsure; to a read it costs nothing.
    """
    envelope = open_envelope(answer.body)
    good = 200 <= answer.status < 300  # noqa: PLR2004  any 2xx
    if envelope is None or (good and _hollow(envelope, answer, writing=writing)):
        row = _GARBLED if good else _by_status(PAGES, answer.status)
        return Verdict(_judged(row, answer, "", writing=writing), envelope or Envelope(None))
    if good and envelope.success is not False:
        return Verdict(None, envelope)
    if envelope.body is None:
        row = _by_status(PAGES, answer.status)
        return Verdict(_judged(row, answer, "", writing=writing), envelope)
    return _refused(answer, envelope, writing=writing)


def _hollow(envelope: Envelope, answer: Answer, *, writing: bool) -> bool:
    """A 200 with nothing in it, where something was asked for."""
    return envelope.body is None and not writing and answer.status == 200  # noqa: PLR2004  204 may


def _refused(answer: Answer, envelope: Envelope, *, writing: bool) -> Verdict:
    text = sentence(envelope)
    code, appointment = booking_code(envelope, answer.status)
    if code is not None:
        booking = BOOKING[code]
        judgement = Judgement(R, cut(text or str(code), _LONGEST_MESSAGE), HINTS[booking])
        return Verdict(judgement, envelope, booking, appointment)
    crashed = answer.status >= 500  # noqa: PLR2004  any 5xx: what it says is not to be trusted
    known = None if crashed else next((row for words, row in TEXTS if words.search(text)), None)
    good = answer.status < 300  # noqa: PLR2004  refused in peace
    row = known or (_REFUSED_IN_PEACE if good else _by_status(WORDS, answer.status))
    return Verdict(_judged(row, answer, text, writing=writing), envelope)


def _by_status(table: Mapping[int, Row], status: int) -> Row:
    if (row := table.get(status)) is not None:
        return row
    if 300 <= status < 400:  # noqa: PLR2004  redirects are not followed
        return _REDIRECT
    return _CRASHED if status >= 500 else _UNKNOWN  # noqa: PLR2004  any other 5xx


def _judged(row: Row, answer: Answer, message: str, *, writing: bool) -> Judgement:
    kind = row.write if writing and row.write is not None else row.kind
    said = message or f"HTTP {answer.status} without a word"
    return Judgement(kind, cut(said, _LONGEST_MESSAGE), row.hint, pause_of(answer))


def pause_of(answer: Answer) -> float | None:
    """Seconds that the vendor asks us to wait, if it does (`Retry-After` is optional, §1.1)."""
    text = answer.headers.get("retry-after", "").strip()
    return min(float(text), _LONGEST_PAUSE_S) if re.fullmatch(r"\d{1,9}", text) else None


_WIRE_HINTS = {
    "address_refused": "yclients_address_wrong",
    "insecure_url": "yclients_address_wrong",
    "dns": "yclients_address_wrong",
    "tls": "yclients_tls_failed",
    "timeout": "yclients_slow",
    "too_large": "yclients_answer_too_large",
}


def judge_silence(error: WireError, *, writing: bool) -> Judgement:
    """What it means that no usable answer came."""
    return silence(error, _WIRE_HINTS, writing=writing)
