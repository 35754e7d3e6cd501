"""One table: what the vendor answered → what it means for us.

Judged by the status first, then by the shape of the body and by its words. Refusals are
`application/problem+json`; whatever else speaks (HTML, plain text, nothing) is a web server, a
limiter or a gateway in front of the API. What no row knows is transient: tried again and counted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kommutator.connectors.refusing import body_of, silence
from kommutator.domain.refusal import Judgement, Refusal
from kommutator.kit.describe import cut
from kommutator.kit.errors import ErrorKind
from kommutator.kit.http import Answer, WireError
from kommutator.kit.plain_json import as_map, as_text, maps_in

_LONGEST_MESSAGE = 500
_LONGEST_PAUSE_S = 24 * 3600.0
_LIMITER = re.compile(r"limit|exceed|too many|block|banned|лимит|превыш|заблок", re.IGNORECASE)
_UNKNOWN_ROUTE = re.compile(r"^Cannot [A-Z]+ ", re.IGNORECASE)

ItemFaults = Mapping[str, Mapping[str, str]]
"""`request_id` → path of a field → what is wrong with it."""


class AmoCrmError(Refusal):
    """amoCRM said no, or said nothing. `items`: which items of a batch are to blame, if told."""

    def __init__(
        self, kind: ErrorKind, message: str, *, items: ItemFaults | None = None, **more: Any
    ) -> None:
        super().__init__(kind, message, **more)
        self.items: ItemFaults = items or {}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Attributes:
        write: what it means for a write, where that is something else than for a read.
    """

    kind: ErrorKind
    hint: str | None = None
    write: ErrorKind | None = None


WORDS: Mapping[int, Row] = {
    400: Row(ErrorKind.REJECTED, "amocrm_refused"),
    401: Row(ErrorKind.TOKEN_STALE, "amocrm_token_refused"),
    402: Row(ErrorKind.ACCESS_REVOKED, "amocrm_unpaid"),
    403: Row(ErrorKind.REJECTED, "amocrm_rights"),
    404: Row(ErrorKind.GONE, "amocrm_gone"),
    405: Row(ErrorKind.REJECTED, "amocrm_method_unknown"),
    413: Row(ErrorKind.REJECTED, "amocrm_too_many"),
    415: Row(ErrorKind.REJECTED, "amocrm_refused"),
    422: Row(ErrorKind.REJECTED, "amocrm_refused"),
    429: Row(ErrorKind.RATE_LIMITED, "amocrm_too_fast"),
    500: Row(ErrorKind.TRANSIENT, "amocrm_down", ErrorKind.UNSURE),
    502: Row(ErrorKind.TRANSIENT, "amocrm_down", ErrorKind.UNSURE),
    503: Row(ErrorKind.TRANSIENT, "amocrm_down"),
    504: Row(ErrorKind.TRANSIENT, "amocrm_slow", ErrorKind.UNSURE),
}
"""The API answered in its own words."""

PAGES: Mapping[int, Row] = {
    **WORDS,
    400: Row(ErrorKind.TRANSIENT),
    403: Row(ErrorKind.TRANSIENT, "amocrm_blocked"),
    404: Row(ErrorKind.TRANSIENT, "amocrm_moved"),
    405: Row(ErrorKind.TRANSIENT, "amocrm_moved"),
    422: Row(ErrorKind.TRANSIENT),
}
"""Something in front of the API answered."""

_UNKNOWN = Row(ErrorKind.TRANSIENT)
_CRASHED = Row(ErrorKind.TRANSIENT, "amocrm_down", ErrorKind.UNSURE)
_REDIRECT = Row(ErrorKind.TRANSIENT, "amocrm_moved")
_GARBLED = Row(ErrorKind.TRANSIENT, None, ErrorKind.UNSURE)
BLOCKED = Row(ErrorKind.TRANSIENT, "amocrm_blocked")


@dataclass(frozen=True, slots=True)
class Verdict:
    """`judgement` is None when the vendor did what was asked; `body` is what it said."""

    judgement: Judgement | None
    body: Any = None
    items: ItemFaults = field(default_factory=dict)


def judge(answer: Answer, *, writing: bool) -> Verdict:
    """What an answer means.

    Args:
        answer: whatever came back.
        writing: a lost or garbled answer to a write leaves us unsure; to a read it costs nothing.
    """
    body = body_of(answer)
    if 200 <= answer.status < 300:  # noqa: PLR2004  any 2xx
        if not writing and body is not None and not isinstance(body, dict):
            return Verdict(_judged(_GARBLED, answer, "an answer of another shape", writing))
        if body is not None or (not answer.body.strip() and (writing or answer.status != 200)):  # noqa: PLR2004  an empty OK is a broken one
            return Verdict(None, body)
        return Verdict(_judged(_GARBLED, answer, "an answer that is not JSON", writing))
    if is_calls_answer(answer.status, body):
        return Verdict(None, body)
    if not isinstance(body, dict):
        return Verdict(_judged(_page_row(answer), answer, "", writing))
    items = item_faults(body)
    message = _sentence(body, items)
    return Verdict(_judged(_words_row(answer, body), answer, message, writing), body, items)


def is_calls_answer(status: int, body: object) -> bool:
    """The answer of /calls to nothing but unknown numbers: HTTP 400, yet data, item by item."""
    if status != 400 or not isinstance(body, dict):  # noqa: PLR2004  the vendor's own choice
        return False
    return "_embedded" in body and "errors" in body and "validation-errors" not in body


def _words_row(answer: Answer, body: Mapping[str, Any]) -> Row:
    text = " ".join(filter(None, (as_text(body.get(key)) for key in ("title", "detail", "hint"))))
    if answer.status == 403 and (not text or _LIMITER.search(text)):  # noqa: PLR2004  not of rights
        return BLOCKED
    if answer.status == 404 and _UNKNOWN_ROUTE.match(as_text(body.get("detail")) or ""):  # noqa: PLR2004  no such path
        return Row(ErrorKind.REJECTED, "amocrm_method_unknown")
    if answer.status == 422 and "limit" in text.lower():  # noqa: PLR2004  more than 250
        return Row(ErrorKind.REJECTED, "amocrm_too_many")
    if answer.status == 400 and "validation-errors" in body:  # noqa: PLR2004  named fields
        return Row(ErrorKind.REJECTED, "amocrm_invalid")
    return WORDS.get(answer.status) or _other(answer.status)


def _page_row(answer: Answer) -> Row:
    return PAGES.get(answer.status) or _other(answer.status)


def _other(status: int) -> Row:
    if 300 <= status < 400:  # noqa: PLR2004  redirects are not followed
        return _REDIRECT
    return _CRASHED if status >= 500 else _UNKNOWN  # noqa: PLR2004  any other 5xx


def _judged(row: Row, answer: Answer, message: str, writing: bool) -> Judgement:  # noqa: FBT001  as judge's
    kind = row.write if writing and row.write is not None else row.kind
    said = message or f"HTTP {answer.status} without JSON"
    return Judgement(kind, cut(said, _LONGEST_MESSAGE), row.hint, pause_of(answer))


def pause_of(answer: Answer) -> float | None:
    """Seconds that the vendor asks us to wait: `Retry-After`, or `retry_after` of the body."""
    text = answer.headers.get("retry-after", "").strip()
    if not text.isdecimal():
        text = as_text(as_map(body_of(answer)).get("retry_after")) or ""
    return min(float(text), _LONGEST_PAUSE_S) if re.fullmatch(r"\d{1,9}", text) else None


def item_faults(body: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Of a `validation-errors` envelope, by item."""
    return {
        as_text(item.get("request_id")) or "0": {
            as_text(fault.get("path")) or "": _fault(fault) for fault in maps_in(item.get("errors"))
        }
        for item in maps_in(body.get("validation-errors"))
    }


def _fault(fault: Mapping[str, Any]) -> str:
    code, detail = as_text(fault.get("code")), as_text(fault.get("detail"))
    return f"{detail} ({code})" if detail and code else detail or code or "?"


def faults_in_words(faults: Mapping[str, str]) -> str:
    """One item's faults for people: "path: what; path: what"."""
    return "; ".join(f"{path}: {what}" if path else what for path, what in faults.items())


def _sentence(body: Mapping[str, Any], items: ItemFaults) -> str:
    """The vendor's words, readable: which item, which field, what is wrong."""
    hint = as_text(body.get("hint"))
    detail = as_text(body.get("detail")) or as_text(body.get("title"))
    named = [
        f"{request_id}: {faults_in_words(faults)}" if len(items) > 1 else faults_in_words(faults)
        for request_id, faults in items.items()
    ]
    head = ": ".join(part for part in (detail, hint) if part)
    return "; ".join(part for part in (head, *named) if part)


_WIRE_HINTS = {
    "address_refused": "amocrm_address_foreign",
    "insecure_url": "amocrm_address_foreign",
    "dns": "amocrm_account_missing",
    "tls": "amocrm_tls_failed",
    "timeout": "amocrm_slow",
    "too_large": "amocrm_answer_too_large",
}


def judge_silence(error: WireError, *, writing: bool) -> Judgement:
    """What it means that no usable answer came."""
    return silence(error, _WIRE_HINTS, writing=writing)
