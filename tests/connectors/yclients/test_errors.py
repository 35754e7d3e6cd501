"""The error table, row by row, reads and writes; the envelope in both its shapes."""

from typing import Any

import pytest

from kommutator.connectors.crm.yclients.envelope import open_envelope
from kommutator.connectors.crm.yclients.errors import BOOKING, HINTS, judge, pause_of
from kommutator.domain.salon.booking import BookingRefused, Refused
from kommutator.kit.errors import ErrorKind
from kommutator.kit.http import Answer
from tests.connectors.yclients.samples import sample
from tests.connectors.yclients.scripted import no, ok
from tests.support.scripted import answer

T, U, R = ErrorKind.TRANSIENT, ErrorKind.UNSURE, ErrorKind.REJECTED
REVOKED, GONE = ErrorKind.ACCESS_REVOKED, ErrorKind.GONE
PAGE = b"<html><body>something in front</body></html>"
LICENCE = "Необходимо продлить лицензию в филиале с id: 4564"
BUSY = "К сотруднику Ирина Александровна(6544) нельзя записаться на 30 сентября 2015 в 16:00. Выбранное время уже занято или является нерабочим."  # noqa: E501  the vendor's own line


@pytest.mark.parametrize(
    ("said", "read", "write", "hint"),
    [
        (no(400, "Недопустимый формат запроса"), R, R, "yclients_refused"),
        (answer(400, PAGE), T, T, None),
        (no(401, "Необходима авторизация"), REVOKED, None, "yclients_token_refused"),
        (no(401, "Не указан идентификатор партнера"), REVOKED, None, "yclients_partner_refused"),
        (no(403, "Не указан идентификатор партнера"), REVOKED, None, "yclients_partner_refused"),
        (answer(401, b""), T, T, "yclients_blocked"),
        (no(402, LICENCE), REVOKED, None, "yclients_licence_over"),
        (no(403, LICENCE), REVOKED, None, "yclients_licence_over"),
        (no(403, "Нет прав на управление компанией"), R, R, "yclients_rights"),
        (no(403, "Недостаточно прав"), R, R, "yclients_rights"),
        (no(403, "Доступ запрещён"), R, R, "yclients_rights"),
        (answer(403, PAGE), T, T, "yclients_blocked"),
        (no(404, "Филиал не найден."), GONE, None, "yclients_salon_gone"),
        (no(404, "Услуга не найдена."), GONE, None, "yclients_gone"),
        (answer(404, {"meta": {"message": "Произошла ошибка"}}), GONE, None, "yclients_gone"),
        (answer(404, PAGE), T, T, "yclients_moved"),
        (no(405, "Method not allowed"), R, R, "yclients_method_unknown"),
        (no(406, "Not acceptable"), R, R, "yclients_method_unknown"),
        (no(409, "Время занято"), R, R, "yclients_busy"),
        (no(422, BUSY), R, R, "yclients_busy"),
        (no(422, "Ошибка валидации"), R, R, "yclients_refused"),
        (no(429, "Too many"), ErrorKind.RATE_LIMITED, None, "yclients_too_fast"),
        (answer(429, b""), ErrorKind.RATE_LIMITED, None, "yclients_too_fast"),
        (answer(429, PAGE), ErrorKind.RATE_LIMITED, None, "yclients_too_fast"),
        (no(403, "Превышен лимит запросов"), ErrorKind.RATE_LIMITED, None, "yclients_too_fast"),
        (no(500, "Недостаточно прав"), T, U, "yclients_down"),
        (answer(502, PAGE), T, U, "yclients_down"),
        (answer(503, PAGE), T, T, "yclients_down"),
        (answer(504, b""), T, U, "yclients_slow"),
        (answer(599, b""), T, U, "yclients_down"),
        (answer(301, b""), T, T, "yclients_moved"),
        (no(418, "teapot"), T, T, None),
        (no(200, "Что-то не так"), R, R, "yclients_refused"),
        (no(200, "Пользователь уже установил это приложение."), ErrorKind.ALREADY_DONE, None, None),
        (no(422, "Пользователь уже установил это приложение."), ErrorKind.ALREADY_DONE, None, None),
        (answer(200, PAGE), T, U, None),
        (answer(200, b"{broken"), T, U, None),
        (answer(200, b'"text"'), T, U, None),
    ],
)  # fmt: skip
def test_refusal(said: Answer, read: ErrorKind, write: ErrorKind | None, hint: str | None) -> None:
    for writing, kind in ((False, read), (True, write or read)):
        judged = judge(said, writing=writing).judgement
        assert judged is not None
        assert (judged.kind, judged.hint) == (kind, hint)


QUOTED = [item for item in sample("errors")["items"] if "bulk_client_errors" not in item]


@pytest.mark.parametrize("item", QUOTED, ids=lambda item: str(item["http"]))
def test_every_known_sentence_means_something(item: dict[str, Any]) -> None:
    """All that documents and public clients quote; none of them is tried again for ever."""
    bodies = (
        [item["body"]]
        if "body" in item
        else [{"meta": {"message": text.strip()}} for text in item["body_message"].split("|")]
    )
    for status in str(item["http"]).rstrip("?").replace("4xx", "400").split("/"):
        for body in bodies:
            said = {"success": False, **body} if status == "200" else body
            judged = judge(answer(int(status), said), writing=True).judgement
            assert judged is not None
            assert judged.kind not in (T, U)


@pytest.mark.parametrize(
    ("said", "writing"),
    [
        (ok({"id": 1}), False),
        (ok([]), False),
        (answer(200, [{"id": 1}]), False),
        (answer(200, {"id": 1}), True),
        (answer(201, {"success": True, "meta": {"message": "Created"}}), True),
        (answer(202, {"success": True, "data": None, "meta": {"message": "Accepted"}}), True),
        (answer(204, b""), False),
        (answer(204, b""), True),
        (answer(200, b""), True),
    ],
)
def test_done(said: Answer, *, writing: bool) -> None:
    assert judge(said, writing=writing).judgement is None


def test_nothing_is_no_answer_to_a_question() -> None:
    judged = judge(answer(200, b" "), writing=False).judgement
    assert judged is not None
    assert judged.kind is T


@pytest.mark.parametrize("code", sorted(BOOKING))
@pytest.mark.parametrize("place", ["meta", "meta.errors", "errors", "body", "list", "status"])
def test_booking_codes_wherever_they_sit(code: int, place: str) -> None:
    at = {"code": code, "id": 3}
    bodies: dict[str, Any] = {
        "meta": {"meta": {"message": "no", **at}},
        "meta.errors": {"meta": {"message": "no", "errors": at}},
        "errors": {"errors": at, "meta": {"message": "no"}},
        "body": {**at, "meta": {"message": "no"}},
        "list": {"meta": {"message": "no", "errors": {"0": {**at, "code": str(code)}}}},
        "status": {"meta": {"message": "no"}},
    }
    status = {"status": code}.get(place, 403 if code == 434 else 422)
    verdict = judge(answer(status, {"success": False, **bodies[place]}), writing=True)
    assert verdict.booking is BOOKING[code]
    assert verdict.appointment == (None if place == "status" else 3)
    assert verdict.judgement is not None
    assert verdict.judgement.kind is R
    assert verdict.judgement.hint == HINTS[BOOKING[code]]


def test_hints_are_those_of_the_refusal() -> None:
    assert {reason: BookingRefused(reason, "").hint for reason in Refused} == dict(HINTS)


def test_other_codes_are_no_booking_codes() -> None:
    verdict = judge(no(422, "no", code=17, id=431), writing=True)
    assert verdict.booking is None


def test_words_name_the_fields() -> None:
    faults = {"filters": ["Недопустимое значение состояния фильтра"], "page": "мало"}
    verdict = judge(no(400, "Недопустимое значение фильтра", errors=faults), writing=False)
    assert verdict.judgement is not None
    assert verdict.judgement.message == (
        "Недопустимое значение фильтра; filters: Недопустимое значение состояния фильтра; "
        "page: мало"
    )
    silent = judge(answer(422, {"success": False, "data": None, "meta": []}), writing=False)
    assert silent.judgement is not None
    assert silent.judgement.message == "HTTP 422 without a word"


def test_a_salon_that_writes_novels_is_cut() -> None:
    verdict = judge(no(422, "я" * 2000), writing=True)
    assert verdict.judgement is not None
    assert len(verdict.judgement.message) < 600


@pytest.mark.parametrize(
    ("given", "seconds"), [("30", 30.0), (" 5 ", 5.0), ("", None), ("soon", None), ("9" * 9, 86400)]
)
def test_pause(given: str, seconds: float | None) -> None:
    assert pause_of(answer(429, b"", retry_after=given)) == seconds


@pytest.mark.parametrize(
    ("raw", "data", "meta"),
    [
        (b'{"success":true,"data":[1],"meta":[]}', [1], {}),
        (b'{"success":true,"data":{"id":1},"meta":{"count":2}}', {"id": 1}, {"count": 2}),
        (b'{"user_token":"x","id":5}', {"user_token": "x", "id": 5}, {}),
        (b'[{"id":"1"}]', [{"id": "1"}], {}),
        (b'{"meta":{"message":"no"}}', None, {"message": "no"}),
        (b'{"data":[],"meta":{}}', [], {}),
        (b"", None, {}),
    ],
)
def test_both_shapes(raw: bytes, data: Any, meta: Any) -> None:
    envelope = open_envelope(raw)
    assert envelope is not None
    assert (envelope.data, envelope.meta) == (data, meta)


@pytest.mark.parametrize("raw", [b"<html>", b"{", b'"x"', b"1", b"\xff\xfe", b"[" * 5000])
def test_no_envelope(raw: bytes) -> None:
    assert open_envelope(raw) is None
