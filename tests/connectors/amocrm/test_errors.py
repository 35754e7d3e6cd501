"""The error table, row by row, reads and writes."""

from typing import Any

import pytest

from kommutator.connectors.crm.amocrm.errors import item_faults, judge, judge_silence, pause_of
from kommutator.domain.refusal import Judgement
from kommutator.kit.errors import ErrorKind, Stage
from kommutator.kit.http import Answer, WireError
from tests.connectors.amocrm.samples import raw, sample
from tests.support.scripted import answer

STALE = ErrorKind.TOKEN_STALE
HTML = b"<html><head><title>429 Too Many Requests</title></head><body></body></html>"
T, U, R = ErrorKind.TRANSIENT, ErrorKind.UNSURE, ErrorKind.REJECTED


def problem(status: int, detail: str, title: str = "x") -> dict[str, Any]:
    return {"title": title, "type": "https://httpstatus.es/x", "status": status, "detail": detail}


@pytest.mark.parametrize(
    ("status", "body", "read", "write", "hint"),
    [
        (400, sample("errors/400_empty_body"), R, R, "amocrm_refused"),
        (400, sample("errors/400_validation"), R, R, "amocrm_invalid"),
        (400, HTML, T, T, None),
        (401, sample("errors/401_unauthorized_ru"), STALE, None, "amocrm_token_refused"),
        (401, sample("errors/401_unauthorized_en"), STALE, None, "amocrm_token_refused"),
        (401, b"", STALE, None, "amocrm_token_refused"),
        (402, problem(402, "Payment required"), ErrorKind.ACCESS_REVOKED, None, "amocrm_unpaid"),
        (403, problem(403, "Доступ запрещён"), R, R, "amocrm_rights"),
        (403, problem(403, "Access denied", "Forbidden"), R, R, "amocrm_rights"),
        (403, problem(403, "Аккаунт заблокирован"), T, T, "amocrm_blocked"),
        (403, problem(403, "Requests limit exceeded"), T, T, "amocrm_blocked"),
        (403, {}, T, T, "amocrm_blocked"),
        (403, b"<html><body>403 Forbidden</body></html>", T, T, "amocrm_blocked"),
        (403, b"blocked", T, T, "amocrm_blocked"),
        (403, b"", T, T, "amocrm_blocked"),
        (404, sample("errors/404_route"), R, R, "amocrm_method_unknown"),
        (404, problem(404, "Entity not found"), ErrorKind.GONE, None, "amocrm_gone"),
        (404, b"<html>no such account</html>", T, T, "amocrm_moved"),
        (405, problem(405, "Method not allowed"), R, R, "amocrm_method_unknown"),
        (413, problem(413, "too large"), R, R, "amocrm_too_many"),
        (422, sample("errors/422_limit"), R, R, "amocrm_too_many"),
        (422, problem(422, "destination is not valid"), R, R, "amocrm_refused"),
        (429, sample("errors/429_kommo"), ErrorKind.RATE_LIMITED, None, "amocrm_too_fast"),
        (429, HTML, ErrorKind.RATE_LIMITED, None, "amocrm_too_fast"),
        (500, problem(500, "trace"), T, U, "amocrm_down"),
        (502, b"<html>", T, U, "amocrm_down"),
        (503, b"<html>", T, T, "amocrm_down"),
        (504, b"", T, U, "amocrm_slow"),
        (599, b"", T, U, "amocrm_down"),
        (301, b"", T, T, "amocrm_moved"),
        (418, problem(418, "teapot"), T, T, None),
        (200, b"<html>hello</html>", T, U, None),
        (200, b"{broken", T, U, None),
        (200, b'"text"', T, U, None),
    ],
)  # fmt: skip
def test_refusal(
    status: int, body: Any, read: ErrorKind, write: ErrorKind | None, hint: str | None
) -> None:
    for writing, kind in ((False, read), (True, write or read)):
        judged = judge(answer(status, body), writing=writing).judgement
        assert judged is not None
        assert (judged.kind, judged.hint) == (kind, hint)


@pytest.mark.parametrize(
    ("status", "body", "writing"),
    [
        (200, {"_embedded": {}}, False),
        (200, [{"id": 1}], True),
        (201, {"id": 1}, True),
        (202, b"", True),
        (204, b"", False),
        (204, b"", True),
        (400, sample("errors/calls_unfound_400"), True),
    ],
)
def test_success_and_data(status: int, body: Any, writing: bool) -> None:
    assert judge(answer(status, body), writing=writing).judgement is None


def test_empty_answer_to_a_read_is_no_answer() -> None:
    judged = judge(answer(200, b""), writing=False).judgement
    assert judged is not None
    assert judged.kind is T


def test_calls_of_nobody_known_are_data_item_by_item() -> None:
    verdict = judge(answer(400, sample("errors/calls_unfound_400")), writing=True)
    assert verdict.judgement is None
    assert verdict.body["errors"][0]["status"] == 263


def test_validation_is_readable_per_field() -> None:
    verdict = judge(answer(400, sample("errors/400_validation")), writing=True)
    assert verdict.judgement == Judgement(
        R,
        "Request validation failed; custom_fields_values.0.field_id: "
        "The value you selected is not a valid choice. (NotSupportedChoice)",
        "amocrm_invalid",
    )
    assert verdict.items == {
        "0": {
            "custom_fields_values.0.field_id": (
                "The value you selected is not a valid choice. (NotSupportedChoice)"
            )
        }
    }


def test_validation_of_several_items_names_each() -> None:
    body = {
        "validation-errors": [
            {"request_id": "3", "errors": [{"code": "NotNullable", "path": "name"}]},
            {"request_id": 5, "errors": {"0": {"detail": "wrong", "path": "price"}}},
        ],
        "title": "Bad Request",
    }
    assert item_faults(body) == {"3": {"name": "NotNullable"}, "5": {"price": "wrong"}}
    judged = judge(answer(400, body), writing=True).judgement
    assert judged is not None
    assert judged.message == "Bad Request; 3: name: NotNullable; 5: price: wrong"


@pytest.mark.parametrize("rest", [None, 7, "x", [], [7], [{}], [{"errors": [None]}]])
def test_hostile_validation_bodies(rest: Any) -> None:
    judged = judge(answer(400, {"validation-errors": rest}), writing=True).judgement
    assert judged is not None
    assert judged.kind is R


def test_pause_is_the_vendors() -> None:
    assert pause_of(answer(429, raw("errors/429_kommo.json"))) == 300.0
    assert pause_of(answer(429, HTML, retry_after="17")) == 17.0
    assert pause_of(answer(429, {"retry_after": "45"})) == 45.0
    assert pause_of(answer(429, {"retry_after": 10**8})) == 86_400.0
    for nothing in (HTML, b"", {"retry_after": -1}, {"retry_after": None}, {"retry_after": "soon"}):
        assert pause_of(answer(429, nothing)) is None
    assert pause_of(answer(429, HTML, retry_after="Wed, 21 Oct 2026 07:28:00 GMT")) is None


@pytest.mark.parametrize(
    ("stage", "reason", "read", "write", "hint"),
    [
        (Stage.BEFORE_SENDING, "dns", T, T, "amocrm_account_missing"),
        (Stage.BEFORE_SENDING, "connect", T, T, None),
        (Stage.BEFORE_SENDING, "tls", T, T, "amocrm_tls_failed"),
        (Stage.SENT, "timeout", T, U, "amocrm_slow"),
        (Stage.SENT, "reset", T, U, None),
        (Stage.ANSWERED, "too_large", T, U, "amocrm_answer_too_large"),
        (Stage.BEFORE_SENDING, "address_refused", R, R, "amocrm_address_foreign"),
        (Stage.BEFORE_SENDING, "insecure_url", R, R, "amocrm_address_foreign"),
    ],
)
def test_silence(
    stage: Stage, reason: str, read: ErrorKind, write: ErrorKind, hint: str | None
) -> None:
    for writing, kind in ((False, read), (True, write)):
        judged = judge_silence(WireError(stage, reason), writing=writing)
        assert (judged.kind, judged.hint) == (kind, hint)


def test_words_are_cut() -> None:
    judged = judge(answer(400, problem(400, "x" * 10_000)), writing=True).judgement
    assert judged is not None
    assert len(judged.message) < 600


@pytest.mark.parametrize("body", [b"[]", b'"nothing"', b"0"])
def test_a_list_of_another_shape_is_not_an_empty_one(body: bytes) -> None:
    """A whole read that took it for "no cards" would bury them all."""
    verdict = judge(Answer(200, {}, body, duration_ms=1.0), writing=False)
    assert verdict.judgement is not None
    assert verdict.judgement.kind is ErrorKind.TRANSIENT
