"""amoCRM's answers and error texts, word for word (contract §1.2-§1.3 and its samples)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from kommutator.twins.faults import CannedReply

Json = dict[str, Any]

HAL = "application/hal+json"
PROBLEM = "application/problem+json"
OAUTH_PROBLEM_TYPE = "https://developers.amocrm.ru/v3/errors/OAuthProblemJson"

TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    402: "Payment Required",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    422: "Unprocessable Entity",
    429: "Too Many Requests",
    500: "Internal Server Error",
    504: "Gateway Time-out",
}
UNAUTHORIZED = {"ru": "Неверный логин или пароль", "en": "Invalid user name or password"}
BAD_REQUEST_TITLE = {"ru": "Некорректный запрос", "en": "Bad Request"}
BAD_REQUEST_DETAIL = {
    "ru": "В запросе отсутствует ряд параметров или параметры невалидны",
    "en": "Some parameters are missing or invalid",
}
BAD_CLIENT_TITLE = {"ru": "Некорректный клиент", "en": "Invalid client"}
BAD_CLIENT_DETAIL = {
    "ru": "Авторизация клиента не прошла",
    "en": "Client authentication failed",
}

NOT_A_CHOICE = ("NotSupportedChoice", "The value you selected is not a valid choice.")
NOT_NULLABLE = ("NotNullable", "This value should not be null.")
FIELD_MISSING = ("FieldMissing", "This field is missing.")
NOT_BLANK = ("NotBlank", "This value should not be blank.")


def invalid_type(name: str) -> tuple[str, str]:
    """The code and words for a value that is not a `name` ("int", "string", "array"…)."""
    return "InvalidType", f"This value should be of type {name}."


@dataclass(frozen=True)
class Answer:
    """A success. `body` None is 204 without a body."""

    body: Json | list[Any] | None
    status: int = 200

    def response(self) -> web.Response:
        """The answer for the wire."""
        if self.body is None:
            return web.Response(status=204)
        return wire(self.body, self.status, HAL)


NO_CONTENT = Answer(None, 204)


class ApiError(Exception):
    """A refusal in the vendor's words."""

    def __init__(self, status: int, body: Json, content_type: str = PROBLEM) -> None:
        super().__init__(str(body.get("detail", "")))
        self.status = status
        self.body = body
        self.content_type = content_type

    def response(self) -> web.Response:
        """The refusal for the wire."""
        return wire(self.body, self.status, self.content_type)


def wire(body: Any, status: int, content_type: str) -> web.Response:
    """JSON, UTF-8, not escaped."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return web.Response(status=status, text=text, content_type=content_type)


def problem_body(status: int, detail: str, **more: Any) -> Json:
    """The vendor's problem+json."""
    return {
        **more,
        "title": TITLES.get(status, "Error"),
        "type": f"https://httpstatus.es/{status}",
        "status": status,
        "detail": detail,
    }


def problem(status: int, detail: str, **more: Any) -> ApiError:
    """A refusal with a detail."""
    return ApiError(status, problem_body(status, detail, **more))


def unauthorized(language: str) -> ApiError:
    """A token that is missing, expired, revoked or of another account."""
    return problem(401, UNAUTHORIZED[language])


def forbidden(detail: str = "Forbidden") -> ApiError:
    """The user or the integration lacks the right."""
    return problem(403, detail)


def empty_body() -> ApiError:
    """A write without data."""
    return problem(400, "Request data can not be empty")


def invalid(errors: list[Json]) -> ApiError:
    """`errors`: `[{"request_id", "errors": [{"code", "path", "detail"}]}]`."""
    body = {"validation-errors": errors, **problem_body(400, "Request validation failed")}
    return ApiError(400, body)


def oauth_problem(status: int, hint: str | None, language: str) -> ApiError:
    """A refusal of the token endpoint; without a hint it is the client's own fault (401)."""
    body: Json = {"hint": hint} if hint else {}
    title, detail = (
        (BAD_REQUEST_TITLE, BAD_REQUEST_DETAIL) if hint else (BAD_CLIENT_TITLE, BAD_CLIENT_DETAIL)
    )
    body |= {
        "title": title[language],
        "type": OAUTH_PROBLEM_TYPE,
        "status": status,
        "detail": detail[language],
    }
    return ApiError(status, body)


def html_page(title: str) -> str:
    """A page of the web server in front of the application."""
    return f"<html><head><title>{title}</title></head><body></body></html>\n"


def limited(reply: str, retry_after: int) -> web.Response:
    """The 429: JSON as Kommo sends it, or a page ("html")."""
    if reply == "html":
        return web.Response(
            status=429, text=html_page("429 Too Many Requests"), content_type="text/html"
        )
    body = {
        "title": TITLES[429],
        "type": "https://httpstatus.es/429",
        "status": 429,
        "retry_after": retry_after,
    }
    return wire(body, 429, PROBLEM)


def limit_block() -> web.Response:
    """The 403 to everything once the limits were ignored too often: a page, no JSON (I#318)."""
    return web.Response(status=403, text=html_page("403 Forbidden"), content_type="text/html")


def _page(status: int, title: str) -> CannedReply:
    return CannedReply(status, html_page(title), "text/html")


def _problem(status: int, detail: str, **more: Any) -> CannedReply:
    body = problem_body(status, detail, **more)
    return CannedReply(status, json.dumps(body, ensure_ascii=False), PROBLEM)


# Kinds of fault only this vendor knows. Lost refresh answer: `drop` + `after` on /oauth2.
FAULT_REPLIES: dict[str, CannedReply] = {
    "html_429": _page(429, "429 Too Many Requests"),
    "html_403": _page(403, "403 Forbidden"),
    "html_502": _page(502, "502 Bad Gateway"),
    "html_503": _page(503, "503 Service Temporarily Unavailable"),
    "html_504": _page(504, "504 Gateway Time-out"),
    "json_429": _problem(429, "Too many requests", retry_after=300),
    "json_500": _problem(500, "Internal error", trace_id="4bf92f3577b34da6"),
    "json_504": _problem(504, "Reduce the batch"),
    "unauthorized": _problem(401, UNAUTHORIZED["ru"]),
    "unpaid": _problem(402, "Account has not been paid"),
    "plain_403": CannedReply(403, "Forbidden", "text/plain"),
}
