"""One table: what the vendor answered → what it means for us.

Judged by the body's `success` and `errorMsg` first, by the status only where there is none:
the vendor answers refusals with 200 as well. The texts are those that the vendor's own SDKs
switch on. Whatever no row knows is transient: it is tried again and counted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from kommutator.connectors.refusing import map_in, silence
from kommutator.domain.refusal import Judgement, Refusal
from kommutator.kit.describe import cut
from kommutator.kit.errors import ErrorKind
from kommutator.kit.http import Answer, WireError

RATE_PAUSE_S = 1.0  # the vendor names no pause; its window is one second
_LIMIT_PAGE = b"service temporarily unavailable"  # nginx limit_req; other 503 pages are outages


class RetailCrmError(Refusal):
    """RetailCRM said no, or said nothing."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `text` is matched against the whole `errorMsg`."""

    text: re.Pattern[str]
    kind: ErrorKind
    hint: str | None


def _row(text: str, kind: ErrorKind, hint: str | None) -> Row:
    return Row(re.compile(text, re.IGNORECASE), kind, hint)


TEXTS: tuple[Row, ...] = (
    _row(r'"apiKey" is missing\.?', ErrorKind.ACCESS_REVOKED, "key_missing"),
    _row(r'Wrong "apiKey" value\.?', ErrorKind.ACCESS_REVOKED, "key_wrong"),
    _row(r"Access denied\.?", ErrorKind.REJECTED, "scope_missing"),
    _row(r"Account does not exist\.?", ErrorKind.ACCESS_REVOKED, "account_missing"),
    _row(r"Telephony not enabled.*", ErrorKind.ACCESS_REVOKED, "telephony_off"),
    _row(r"Rate limit exceeded\.?", ErrorKind.RATE_LIMITED, None),
    _row(r"API method not found\.?", ErrorKind.REJECTED, "method_unknown"),
    _row(r"Not found\.?", ErrorKind.GONE, "entity_gone"),
    _row(r"Task is not loaded\.?", ErrorKind.REJECTED, "task_refused"),
    _row(r"Failed to activate module\.?", ErrorKind.REJECTED, "module_not_activated"),
    _row(r"Not enabled simple connection\.?", ErrorKind.REJECTED, "not_simple_connection"),
    _row(r"Errors in the entity format\.?", ErrorKind.REJECTED, "entity_refused"),
    _row(r"Validation error\.?", ErrorKind.REJECTED, "entity_refused"),
    _row(r"Errors in the input parameters\.?", ErrorKind.REJECTED, "parameters_refused"),
    _row(r"Parameter '[\w\]\[\-]+' is missing\.?", ErrorKind.REJECTED, "parameters_refused"),
    _row(r"Input value .+ contains a non-scalar value\.?", ErrorKind.REJECTED, "request_malformed"),
    _row(r".+ (?:is|are) loaded with errors\.?", ErrorKind.REJECTED, "partly_loaded"),
)

_STATUSES: dict[int, tuple[ErrorKind, str | None]] = {
    400: (ErrorKind.REJECTED, "parameters_refused"),
    401: (ErrorKind.ACCESS_REVOKED, "key_wrong"),
    404: (ErrorKind.GONE, "entity_gone"),
    413: (ErrorKind.REJECTED, "request_malformed"),
    422: (ErrorKind.REJECTED, "entity_refused"),
    429: (ErrorKind.RATE_LIMITED, None),
    460: (ErrorKind.REJECTED, "partly_loaded"),
}
_UNDECIDED_FROM = 500  # a crash or a gateway's silence: the write may have happened


def judge(answer: Answer, *, writing: bool) -> Judgement | None:
    """What an answer means; None when the vendor did what was asked.

    Args:
        answer: whatever came back.
        writing: a lost or garbled answer to a write leaves us unsure; to a read it costs nothing.
    """
    if answer.body.lstrip()[:1] == b"<" or not answer.body.strip():
        return _judge_page(answer, writing=writing)
    body = map_in(answer)
    if body is None:
        return _judge_page(answer, writing=writing)
    if body.get("success") is True and 200 <= answer.status < 300:  # noqa: PLR2004  any 2xx
        return None
    return _judge_words(answer, body)


def _judge_words(answer: Answer, body: dict[str, object]) -> Judgement:
    """The application answered in its own words, so nothing was half done."""
    headline = str(body.get("errorMsg") or "").strip()
    message = _sentence(headline, body.get("errors")) or f"HTTP {answer.status}"
    kind, hint = _by_text(headline) or _STATUSES.get(answer.status, (ErrorKind.TRANSIENT, None))
    return Judgement(
        kind, message, hint, _pause(answer) if kind is ErrorKind.RATE_LIMITED else None
    )


def _by_text(headline: str) -> tuple[ErrorKind, str | None] | None:
    found = next((row for row in TEXTS if row.text.fullmatch(headline)), None)
    return None if found is None else (found.kind, found.hint)


def _judge_page(answer: Answer, *, writing: bool) -> Judgement:
    """Something that is not the API spoke: a web server, a gateway, a filter."""
    status, message = answer.status, f"HTTP {answer.status} without JSON"
    if status in (404, 405):  # the vendor's own answer for a subdomain nobody has
        return Judgement(ErrorKind.ACCESS_REVOKED, message, "account_missing")
    if status == 429 or (status == 503 and _LIMIT_PAGE in answer.body.lower()):  # noqa: PLR2004 - too many requests
        return Judgement(ErrorKind.RATE_LIMITED, message, None, _pause(answer))
    if status == 503:  # noqa: PLR2004  refused at the door
        return Judgement(ErrorKind.TRANSIENT, message, "vendor_down", _pause(answer, default=None))
    if 300 <= status < 400:  # noqa: PLR2004  redirects
        return Judgement(ErrorKind.TRANSIENT, message, "address_moved")
    if status == 403:  # noqa: PLR2004  a filter in front of the CRM
        return Judgement(ErrorKind.TRANSIENT, message, "blocked")
    undecided = writing and (status < 300 or status >= _UNDECIDED_FROM)  # noqa: PLR2004  2xx, 5xx
    hint = "vendor_down" if status >= _UNDECIDED_FROM else None
    return Judgement(ErrorKind.UNSURE if undecided else ErrorKind.TRANSIENT, message, hint)


_WIRE_HINTS = {
    "address_refused": "address_refused",
    "insecure_url": "address_refused",
    "dns": "account_missing",
    "tls": "tls_failed",
    "timeout": "vendor_slow",
}


def judge_silence(error: WireError, *, writing: bool) -> Judgement:
    """What it means that no usable answer came."""
    return silence(error, _WIRE_HINTS, writing=writing)


def _sentence(headline: str, errors: object) -> str:
    """The vendor's words. `errors` is an object or a list, or an empty list for an empty object."""
    details: list[str] = []
    if isinstance(errors, dict):
        details = [f"{name}: {text}" for name, text in errors.items()]
    elif isinstance(errors, list):
        details = [str(text) for text in errors]
    return cut("; ".join(part for part in (headline, *details) if part), 500)


def _pause(answer: Answer, default: float | None = RATE_PAUSE_S) -> float | None:
    text = answer.headers.get("retry-after", "")
    return float(text) if text.isdecimal() else default
