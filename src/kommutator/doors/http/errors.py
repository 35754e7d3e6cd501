"""One shape for everything that goes wrong.

`{"error": {"code", "message", "action", …}, "detail": message}`, in the reader's language.
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from kommutator.doors.http.wording import person_error
from kommutator.flows.house import House
from kommutator.kit.errors import (
    ErrorKind,
    FieldsRefused,
    InternalError,
    TooMany,
    Unavailable,
    UserError,
    VendorError,
)
from kommutator.kit.texts import choose_locale
from kommutator.store.driver import is_transient

_log = structlog.get_logger()
_MOST_FIELDS = 20
_CODES = {
    404: "page_not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "media_type_not_supported",
}


class TooLarge(UserError):
    """The body is bigger than `KOMMUTATOR_MAX_BODY_BYTES`."""

    status = 413


class FieldProblem(BaseModel):
    """What is wrong with one part of the request."""

    field: str = Field(description="Where, e.g. `body.email`.")
    problem: str = Field(description="What is wrong, in English.")


class ErrorBody(BaseModel):
    """What happened and the one action that repairs it."""

    code: str = Field(description="Stable slug.")
    message: str = Field(description="What happened, for people.")
    action: str = Field(description="What to do about it, for people.")
    fields: list[FieldProblem] | None = None
    error_id: str | None = Field(None, description="Finds an error of ours in the log.")


class ErrorAnswer(BaseModel):
    """Every answer with a status of 400 or more."""

    error: ErrorBody
    detail: str = Field(
        description="The message again, for clients that look here; in English on vendors' paths."
    )
    success: bool | None = Field(None, description="False, on vendors' paths.")


RESPONSES: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": ErrorAnswer, "description": "The request cannot be served as it is."},
    "5XX": {"model": ErrorAnswer, "description": "Our fault, or a part we need is down."},
}


def install(app: FastAPI) -> None:
    """Answer every exception in the one shape."""
    app.add_exception_handler(UserError, _user_error)
    app.add_exception_handler(VendorError, _vendor_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http_error)


def error_response(
    house: House,
    locale: str,
    error: UserError,
    *,
    fields: Sequence[FieldProblem] | None = None,
    error_id: str | None = None,
    hint: str | None = None,
    machine: bool = False,
) -> JSONResponse:
    """The answer for one error. A `hint` we have a sentence for is the better action.

    A `machine` gets the `detail` in English, whatever its headers say (requirement 002).
    """
    text = house.texts.error(locale, error)
    known = hint is not None and house.texts.has(locale, f"hint.{hint}")
    body = ErrorBody(
        code=error.code,
        message=text.message,
        action=house.texts.translate(locale, f"hint.{hint}") if known else text.action,
        fields=list(fields) if fields else None,
        error_id=error_id,
    )
    detail = house.texts.error("en", error).message if machine else text.message
    answer = ErrorAnswer(error=body, detail=detail, success=False if machine else None)
    headers = {}
    if isinstance(error, TooMany):
        headers["Retry-After"] = str(max(1, round(error.retry_after + 0.5)))
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(
        answer.model_dump(mode="json", exclude_none=True), error.status, headers=headers
    )


def for_machines(request: Request) -> None:
    """A dependency of paths that vendors' programs call: see `error_response`."""
    request.state.machine = True


def _machine(request: Request) -> bool:
    """Also before the dependencies have run: a body that is no JSON, a wrong method."""
    route = request.scope.get("route")
    asked = (one.dependency for one in getattr(route, "dependencies", ()))
    return getattr(request.state, "machine", False) or for_machines in asked


def locale_of(request: Request) -> str:
    """The signed-in person's language, else the browser's wish."""
    own = getattr(request.state, "locale", None)
    return choose_locale(own, request.headers.get("accept-language"))


def _database_away(error: BaseException) -> bool:
    """A connection that failed or broke; other errors of the system are bugs of ours."""
    if isinstance(error, OSError) and not isinstance(error, ConnectionError | TimeoutError):
        return False
    return is_transient(error)


def unexpected(house: House, locale: str, error: BaseException) -> JSONResponse:
    """Log everything under an id, tell nothing but the id; a database that is away is no bug."""
    if _database_away(error):
        _log.warning("http.database_away", error=type(error).__name__)
        return error_response(house, locale, Unavailable("database_unavailable"))
    error_id = error.error_id if isinstance(error, InternalError) else house.ids.uuid().hex[:12]
    house.metrics.errors.labels(place="http").inc()
    _log.error("http.unexpected", error_id=error_id, exc_info=error)
    ours = UserError("internal_error", error_id=error_id)
    ours.status = HTTPStatus.INTERNAL_SERVER_ERROR
    return error_response(house, locale, ours, error_id=error_id)


async def _user_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, UserError)
    named = error.fields.items() if isinstance(error, FieldsRefused) else ()
    fields = [FieldProblem(field=f"body.{path}", problem=what) for path, what in named]
    return error_response(
        request.app.state.house,
        locale_of(request),
        error,
        machine=_machine(request),
        fields=fields,
    )


async def _vendor_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, VendorError)
    house, locale, machine = request.app.state.house, locale_of(request), _machine(request)
    too_fast = error.status in (None, HTTPStatus.TOO_MANY_REQUESTS)
    if error.kind is ErrorKind.RATE_LIMITED and error.retry_after and too_fast:
        wait = TooMany("vendor_asks_to_wait", retry_after=error.retry_after, message=error.message)
        return error_response(house, locale, wait, hint=error.hint, machine=machine)
    ours = person_error(error)
    ours.status = HTTPStatus.FAILED_DEPENDENCY
    return error_response(house, locale, ours, hint=error.hint, machine=machine)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    details = error.errors()
    broken = any(detail["type"] == "json_invalid" for detail in details)
    ours = UserError("json_broken" if broken else "request_invalid")
    fields = [
        FieldProblem(field=".".join(map(str, detail["loc"]))[:200], problem=str(detail["msg"]))
        for detail in details[:_MOST_FIELDS]
    ]
    return error_response(
        request.app.state.house, locale_of(request), ours, machine=_machine(request), fields=fields
    )


async def _http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if isinstance(error.__cause__, UserError):  # met while FastAPI was reading the body
        return await _user_error(request, error.__cause__)
    ours = UserError(_CODES.get(error.status_code, "request_invalid"))
    ours.status = error.status_code
    response = error_response(
        request.app.state.house, locale_of(request), ours, machine=_machine(request)
    )
    response.headers.update(error.headers or {})
    return response
