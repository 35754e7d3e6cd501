"""The error table against every refusal the vendor is known to give."""

import json
from typing import Any

import pytest

from kommutator.connectors.crm.retailcrm.errors import (
    TEXTS,
    RetailCrmError,
    judge,
    judge_silence,
)
from kommutator.connectors.crm.retailcrm.texts import HINTS
from kommutator.domain.outcome import Exchange, Failed
from kommutator.domain.refusal import Judgement
from kommutator.kit.errors import ErrorKind, Stage
from kommutator.kit.http import Answer, WireError
from tests.connectors.retailcrm.samples import error_items

EXPECTED = {
    '"apiKey" is missing.': (ErrorKind.ACCESS_REVOKED, "key_missing"),
    'Wrong "apiKey" value.': (ErrorKind.ACCESS_REVOKED, "key_wrong"),
    "Access denied.": (ErrorKind.REJECTED, "scope_missing"),
    "Parameter 'integrationModule' is missing": (ErrorKind.REJECTED, "parameters_refused"),
    "Errors in the entity format": (ErrorKind.REJECTED, "entity_refused"),
    "Task is not loaded": (ErrorKind.REJECTED, "task_refused"),
    "Errors in the input parameters": (ErrorKind.REJECTED, "parameters_refused"),
    "Failed to activate module": (ErrorKind.REJECTED, "module_not_activated"),
    "Not enabled simple connection": (ErrorKind.REJECTED, "not_simple_connection"),
    "Not found": (ErrorKind.GONE, "entity_gone"),
    "API method not found": (ErrorKind.REJECTED, "method_unknown"),
    "Account does not exist.": (ErrorKind.ACCESS_REVOKED, "account_missing"),
    "Costs are loaded with errors": (ErrorKind.REJECTED, "partly_loaded"),
    "Telephony not enabled": (ErrorKind.ACCESS_REVOKED, "telephony_off"),
    "Telephony not enabled or not supports calls upload": (
        ErrorKind.ACCESS_REVOKED,
        "telephony_off",
    ),
    'Input value "integrationModule" contains a non-scalar value.': (
        ErrorKind.REJECTED,
        "request_malformed",
    ),
}
HTML = {405: (ErrorKind.ACCESS_REVOKED, "account_missing"), 503: (ErrorKind.RATE_LIMITED, None)}


def answer(status: int, body: Any, headers: dict[str, str] | None = None) -> Answer:
    raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return Answer(status, headers or {}, raw, 1.0)


@pytest.mark.parametrize("item", error_items(), ids=lambda item: f"{item['status']}")
@pytest.mark.parametrize("writing", [True, False])
def test_every_known_refusal(item: dict[str, Any], writing: bool) -> None:
    judged = judge(answer(item["status"], item["body"]), writing=writing)
    if isinstance(item["body"], dict):
        expected = EXPECTED[item["body"]["errorMsg"]]
    else:
        expected = HTML[item["status"]]
    assert judged is not None
    assert (judged.kind, judged.hint) == expected


@pytest.mark.parametrize(
    ("status", "body", "kind", "hint"),
    [
        (403, 'Wrong "apiKey" value', ErrorKind.ACCESS_REVOKED, "key_wrong"),  # as Go spells it
        (503, "Rate limit exceeded", ErrorKind.RATE_LIMITED, None),
        (429, "Rate limit exceeded", ErrorKind.RATE_LIMITED, None),
        (429, "Slow down", ErrorKind.RATE_LIMITED, None),
        (200, "Something new", ErrorKind.TRANSIENT, None),
        (500, "Something new", ErrorKind.TRANSIENT, None),
        (402, "Something new", ErrorKind.TRANSIENT, None),
        (400, "Something new", ErrorKind.REJECTED, "parameters_refused"),
        (401, "Something new", ErrorKind.ACCESS_REVOKED, "key_wrong"),
        (460, "Something new", ErrorKind.REJECTED, "partly_loaded"),
    ],
)
def test_words_first_then_status(status: int, body: str, kind: ErrorKind, hint: str | None) -> None:
    judged = judge(answer(status, {"success": False, "errorMsg": body}), writing=True)
    assert judged is not None
    assert (judged.kind, judged.hint, judged.message) == (kind, hint, body)


@pytest.mark.parametrize(
    ("status", "writing", "kind", "hint"),
    [
        (502, True, ErrorKind.UNSURE, "vendor_down"),
        (504, True, ErrorKind.UNSURE, "vendor_down"),
        (500, True, ErrorKind.UNSURE, "vendor_down"),
        (504, False, ErrorKind.TRANSIENT, "vendor_down"),
        (503, True, ErrorKind.TRANSIENT, "vendor_down"),  # not nginx's limit page
        (200, True, ErrorKind.UNSURE, None),
        (200, False, ErrorKind.TRANSIENT, None),
        (302, True, ErrorKind.TRANSIENT, "address_moved"),
        (403, True, ErrorKind.TRANSIENT, "blocked"),
        (404, False, ErrorKind.ACCESS_REVOKED, "account_missing"),
        (418, True, ErrorKind.TRANSIENT, None),
    ],
)
@pytest.mark.parametrize("body", ["<html>oops</html>", "", '{"success": tr', "[]"])
def test_pages_instead_of_json(
    status: int, writing: bool, kind: ErrorKind, hint: str | None, body: str
) -> None:
    judged = judge(answer(status, body), writing=writing)
    assert judged == Judgement(kind, f"HTTP {status} without JSON", hint)


def test_success_counts_only_with_a_2xx() -> None:
    assert judge(answer(201, {"success": True}), writing=True) is None
    assert judge(answer(200, {"success": True}), writing=True) is None
    judged = judge(answer(500, {"success": True}), writing=True)
    assert judged == Judgement(ErrorKind.TRANSIENT, "HTTP 500", None)


def test_details_as_map_and_as_list() -> None:
    body = {"success": False, "errorMsg": "Errors in the entity format", "errors": {"logo": "no"}}
    judged = judge(answer(400, body), writing=True)
    assert judged is not None
    assert judged.message == "Errors in the entity format; logo: no"
    body = {"success": False, "errorMsg": "Failed to activate module", "errors": ["broke", "sad"]}
    judged = judge(answer(400, body), writing=True)
    assert judged is not None
    assert judged.message == "Failed to activate module; broke; sad"


@pytest.mark.parametrize(
    ("headers", "pause"),
    [({}, 1.0), ({"retry-after": "7"}, 7.0), ({"retry-after": "Fri, 31 Dec"}, 1.0)],
)
def test_pause(headers: dict[str, str], pause: float) -> None:
    judged = judge(
        answer(503, "<h1>503 Service Temporarily Unavailable</h1>", headers), writing=True
    )
    assert judged is not None
    assert (judged.kind, judged.retry_after) == (ErrorKind.RATE_LIMITED, pause)


@pytest.mark.parametrize(
    ("stage", "reason", "writing", "kind", "hint"),
    [
        (Stage.BEFORE_SENDING, "dns", True, ErrorKind.TRANSIENT, "account_missing"),
        (Stage.BEFORE_SENDING, "connect", True, ErrorKind.TRANSIENT, None),
        (Stage.BEFORE_SENDING, "tls", True, ErrorKind.TRANSIENT, "tls_failed"),
        (Stage.BEFORE_SENDING, "address_refused", True, ErrorKind.REJECTED, "address_refused"),
        (Stage.SENT, "timeout", True, ErrorKind.UNSURE, "vendor_slow"),
        (Stage.SENT, "reset", True, ErrorKind.UNSURE, None),
        (Stage.SENT, "timeout", False, ErrorKind.TRANSIENT, "vendor_slow"),
        (Stage.ANSWERED, "too_large", True, ErrorKind.UNSURE, None),
    ],
)
def test_silence(
    stage: Stage, reason: str, writing: bool, kind: ErrorKind, hint: str | None
) -> None:
    judged = judge_silence(WireError(stage, reason), writing=writing)
    assert (judged.kind, judged.hint) == (kind, hint)


def test_every_hint_has_a_sentence_in_three_languages() -> None:
    for row in TEXTS:
        assert row.hint is None or row.hint in HINTS
    for slug, sentences in HINTS.items():
        assert set(sentences) == {"ru", "uk", "en"}, slug
        assert all(text.endswith(".") for text in sentences.values()), slug


def test_refusal_becomes_an_outcome() -> None:
    exchange = Exchange({"method": "POST"}, {"status": 400}, 2.0)
    error = RetailCrmError(
        ErrorKind.REJECTED, "no", status=400, hint="entity_refused", exchange=exchange
    )
    assert error.as_outcome() == Failed(
        ErrorKind.REJECTED, Stage.ANSWERED, "no", exchange, None, "entity_refused"
    )
