"""YClients' answers and error texts, word for word where the contract has them (§1.2)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from kommutator.twins.faults import CannedReply

Json = dict[str, Any]

UNAUTHORIZED = "Необходима авторизация"
NO_PARTNER = "Не указан идентификатор партнера"
NO_COMPANY_RIGHTS = "Нет прав на управление компанией"
NO_BRANCH_RIGHTS = "Нет прав на управление филиалом"
TOO_FEW_RIGHTS = "Недостаточно прав"
NO_BRANCH = "Филиал не найден."
NO_SERVICE = "Услуга не найдена."
NO_CATEGORY = "Категория не найдена."
NOT_FOUND = "Не найдено"
BAD_FORMAT = "Недопустимый формат запроса"
BAD_FILTER = "Недопустимое значение фильтра"
BAD_FILTER_STATE = "Недопустимое значение состояния фильтра"
SOMETHING_WRONG = "Произошла ошибка"
# Not in the contract; our words.
INVALID = "Проверьте правильность заполнения полей"
TOO_FAST = "Превышен лимит запросов"
_PLACES_OF_CODES: Mapping[str, tuple[str, ...]] = {
    "meta.code": ("meta",),
    "meta.errors.code": ("meta", "errors"),
    "errors.code": ("errors",),
    "code": (),
}


@dataclass(frozen=True)
class Nothing:
    """No `data` at all, as in `{"success": true, "meta": {…}}`."""


NOTHING = Nothing()


@dataclass(frozen=True)
class Answer:
    """A success. `meta` None is the empty list PHP makes of an empty map; `status` 204: no body.

    `bare`: the body is `data` alone whatever the client accepts.
    """

    data: Any = None
    meta: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    bare: bool = False

    def response(self, *, enveloped: bool) -> web.Response:
        """The answer for the wire; without an envelope `data` alone (old clients)."""
        if self.status == web.HTTPNoContent.status_code:
            return web.Response(status=self.status, headers=self.headers)
        meta = [] if self.meta is None else self.meta
        if self.bare or not enveloped:
            body = meta if isinstance(self.data, Nothing) else self.data
        elif isinstance(self.data, Nothing):
            body = {"success": True, "meta": meta}
        else:
            body = {"success": True, "data": self.data, "meta": meta}
        return wire(body, self.status, self.headers)


ACCEPTED = Answer(None, {"message": "Accepted"}, 202)
CREATED = Answer(NOTHING, {"message": "Created"}, 201)
NO_CONTENT = Answer(status=204)


class Refusal(Exception):
    """A refusal in the vendor's words.

    Args:
        status: of HTTP.
        message: for people, in Russian.
        errors: field -> what is wrong with it.
        code: the number of a booking error (§1.4), `appointment` the caller's id of the visit.
    """

    def __init__(
        self,
        status: int,
        message: str,
        errors: Mapping[str, list[str]] | None = None,
        *,
        code: int | None = None,
        appointment: Any = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = errors
        self.code = code
        self.appointment = appointment

    def response(self, *, enveloped: bool, code_place: str) -> web.Response:
        """The refusal for the wire."""
        meta: Json = {"message": self.message}
        if self.errors is not None:
            meta["errors"] = dict(self.errors)
        body: Json = {"success": False, "data": None, "meta": meta}
        if not enveloped:
            body = {"errors": {"code": self.code or self.status, "message": self.message}}
            body["meta"] = meta
        elif self.code is not None and code_place in _PLACES_OF_CODES:
            place = body
            for name in _PLACES_OF_CODES[code_place]:
                place = place.setdefault(name, {})
            place["code"] = self.code
            if self.appointment is not None:
                place["id"] = self.appointment
        return wire(body, self.status)


def invalid(**errors: str) -> Refusal:
    """422 for a body's fields."""
    return Refusal(422, INVALID, {name: [text] for name, text in errors.items()})


def no_staff(staff_id: Any, company_id: int) -> Refusal:
    """An employee who is not in the branch."""
    return Refusal(404, f"Сотрудник с ID {staff_id} не найден в филиале {company_id}.")


def unlicensed(company_id: int, status: int) -> Refusal:
    """The branch has not been paid for."""
    return Refusal(status, f"Необходимо продлить лицензию в филиале с id: {company_id}")


def wire(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """JSON, UTF-8."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return web.Response(
        status=status, text=text, content_type="application/json", headers=headers or {}
    )


def html_page(title: str) -> str:
    """A page of the web server in front of the application."""
    return f"<html><head><title>{title}</title></head><body></body></html>\n"


def too_fast(reply: str, retry_after: int) -> web.Response:
    """The 429: no source says how it looks."""
    headers = {"Retry-After": str(retry_after)} if retry_after else {}
    if reply == "html":
        page = html_page("429 Too Many Requests")
        return web.Response(status=429, text=page, content_type="text/html", headers=headers)
    if reply == "empty":
        return web.Response(status=429, headers=headers)
    body = {"success": False, "data": None, "meta": {"message": TOO_FAST}}
    return wire(body, 429, headers)


def _page(status: int, title: str) -> CannedReply:
    return CannedReply(status, html_page(title), "text/html")


def _words(status: int, message: str) -> CannedReply:
    body = {"success": False, "data": None, "meta": {"message": message}}
    return CannedReply(status, json.dumps(body, ensure_ascii=False))


# Kinds of fault only this vendor knows. 504 after the commit: `html_504` with `after`.
FAULT_REPLIES: dict[str, CannedReply] = {
    "html_429": _page(429, "429 Too Many Requests"),
    "html_403": _page(403, "403 Forbidden"),
    "html_502": _page(502, "502 Bad Gateway"),
    "html_503": _page(503, "503 Service Temporarily Unavailable"),
    "html_504": _page(504, "504 Gateway Time-out"),
    "json_429": _words(429, TOO_FAST),
    "json_500": _words(500, SOMETHING_WRONG),
    "unauthorized": _words(401, UNAUTHORIZED),
    "forbidden": _words(403, TOO_FEW_RIGHTS),
    "bare_error": CannedReply(
        400, json.dumps({"meta": {"message": SOMETHING_WRONG}}, ensure_ascii=False)
    ),
}
