"""RetailCRM's answers and error texts, word for word (contract §1.4)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from kommutator.twins.faults import CannedReply

Json = dict[str, Any]

BLANK = "This value should not be blank."
NOT_VALID = "This value is not valid."
NOT_A_CHOICE = "The value you selected is not a valid choice."
ENTITY_ERRORS = "Errors in the entity format"
INPUT_ERRORS = "Errors in the input parameters"


def nginx_page(title: str) -> str:
    """The page nginx shows instead of the application."""
    return (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n"
        f"<center><h1>{title}</h1></center>\r\n<hr><center>nginx</center>\r\n"
        "</body>\r\n</html>\r\n"
    )


def error_body(message: str, errors: Any = None) -> Json:
    """The envelope of a failure; `errors` is a map or a list."""
    body: Json = {"success": False, "errorMsg": message}
    return body if errors is None else {**body, "errors": errors}


@dataclass(frozen=True)
class Answer:
    """A success; `body` goes out with `"success": true` in front."""

    body: Json
    status: int = 200

    def response(self) -> web.Response:
        """The answer for the wire."""
        return json_response({"success": True, **self.body}, self.status)


class ApiError(Exception):
    """A refusal in the vendor's words."""

    def __init__(self, status: int, message: str, errors: Any = None) -> None:
        super().__init__(message)
        self.status = status
        self.body = error_body(message, errors)

    def response(self) -> web.Response:
        """The refusal for the wire."""
        return json_response(self.body, self.status)


def json_response(body: Json, status: int = 200) -> web.Response:
    """JSON as PHP sends it: UTF-8, not escaped."""
    return web.Response(
        status=status,
        text=json.dumps(body, ensure_ascii=False),
        content_type="application/json",
    )


def not_found() -> ApiError:
    """No such entity."""
    return ApiError(404, "Not found")


def denied() -> ApiError:
    """The key lacks the scope or the shop."""
    return ApiError(403, "Access denied.")


def missing(name: str) -> ApiError:
    """A required field of the form was not sent."""
    return ApiError(400, f"Parameter '{name}' is missing")


def entity_error(errors: Any) -> ApiError:
    """The JSON in the field is not what it should be."""
    return ApiError(400, ENTITY_ERRORS, errors)


def input_error(errors: Any) -> ApiError:
    """The query or a plain field is not what it should be."""
    return ApiError(400, INPUT_ERRORS, errors)


def php_map(value: Json | None) -> Json | list[Any]:
    """PHP cannot tell an empty map from an empty list and writes `[]`."""
    return value or []


def _page(status: int, title: str) -> CannedReply:
    return CannedReply(status, nginx_page(title), "text/html")


def _refusal(status: int, message: str) -> CannedReply:
    return CannedReply(status, json.dumps(error_body(message)))


# Kinds of fault that only this vendor knows, besides those of the frame.
FAULT_REPLIES: dict[str, CannedReply] = {
    "html_503": _page(503, "503 Service Temporarily Unavailable"),
    "html_502": _page(502, "502 Bad Gateway"),
    "html_504": _page(504, "504 Gateway Time-out"),
    "html_405": _page(405, "405 Not Allowed"),
    "json_503": _refusal(503, "Rate limit exceeded"),
    "json_429": _refusal(429, "Rate limit exceeded"),
    "json_500": _refusal(500, "Internal server error"),
    "wrong_key": _refusal(403, 'Wrong "apiKey" value.'),
    "access_denied": _refusal(403, "Access denied."),
    "no_account": _refusal(404, "Account does not exist."),
    "partial_460": _refusal(460, "Calls are loaded with errors"),
}
