"""What surrounds every request: ids, limits, headers, the last net under errors, the clock."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kommutator.doors.http.client import client_of
from kommutator.doors.http.errors import TooLarge, error_response, locale_of, unexpected
from kommutator.flows.house import House
from kommutator.kit import log
from kommutator.kit.errors import InvalidInput, UserError
from kommutator.settings import Settings

_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_PAGE_POLICY = (
    "default-src 'self'; img-src 'self' data:; media-src 'self' https:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors {ancestors}"
)
_DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
_ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
_HSTS = "max-age=31536000"
_RECORDINGS = "/asterisk/recordings/"
_BULK = re.compile(r"/api/v1/amocrm/\w+/bulk|/console/amocrm/bulk")
_BULK_BYTES = 8 * 1024 * 1024  # ten thousand cards


class Frame:
    """ASGI middleware; the outermost of ours."""

    def __init__(self, app: ASGIApp, house: House) -> None:
        self._app = app
        self._house = house

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        state["client"] = client_of(scope, self._house.settings.trusted_proxies)
        state["request_id"] = self._house.ids.uuid().hex
        log.unbind_all()
        log.bind(request_id=state["request_id"], correlation_id=_correlation(scope))
        if scope["type"] == "websocket":
            await self._app(scope, receive, send)
            return
        await self._http(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = _Answer(self._house, scope, send)
        limit = _limit(scope, self._house.settings)
        body = _Body(receive, limit, _too_large(scope, limit))
        try:
            _check_head(scope, limit)
            await self._app(scope, body.receive, answer.send)
        except Exception as error:  # noqa: BLE001  the last net; whatever it is, the answer is ours
            await self._rescue(scope, error, answer)

    async def _rescue(self, scope: Scope, error: Exception, answer: _Answer) -> None:
        request = Request(scope)
        locale = locale_of(request)
        if isinstance(error, UserError):
            response = error_response(self._house, locale, error)
        else:
            response = unexpected(self._house, locale, error)
        if answer.started:
            # Half an answer is out; cutting the connection is the only honest end.
            raise RuntimeError("the answer broke off") from None
        await response(scope, _nothing, answer.send)


class _Body:
    """Counts what comes in; a body without a declared length is stopped in time."""

    def __init__(self, receive: Receive, limit: int, beyond: UserError) -> None:
        self._receive = receive
        self._left = limit
        self._beyond = beyond

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            if self._left < 0:
                raise self._beyond
        return message


class _Answer:
    """Adds the headers and looks at the clock when the answer's head goes out."""

    def __init__(self, house: House, scope: Scope, send: Send) -> None:
        self._house = house
        self._scope = scope
        self._send = send
        self._began = time.perf_counter()
        self.started = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            self._dress(message)
            self._count(message["status"])
        await self._send(message)

    def _dress(self, message: Message) -> None:
        headers = MutableHeaders(scope=message)
        state = self._scope["state"]
        headers["x-request-id"] = state["request_id"]
        for name, value in _ALWAYS.items():
            headers.setdefault(name, value)
        page = headers.get("content-type", "").startswith("text/html")
        headers.setdefault("content-security-policy", _policy(state) if page else _DATA_POLICY)
        headers.setdefault("cache-control", "no-store")
        if (reader := state.get("readable_by")) is not None:
            headers["access-control-allow-origin"] = reader
            headers.add_vary_header("Origin")
        if state["client"].https:
            headers.setdefault("strict-transport-security", _HSTS)

    def _count(self, status: int) -> None:
        metrics = self._house.metrics
        route = route_of(self._scope)
        # By position: the library's keyword form sorts and checks on each request.
        metrics.http_requests.labels(_method(self._scope), route, f"{status // 100}xx").inc()
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            metrics.throttled.labels(route).inc()
        metrics.http_seconds.labels(route).observe(time.perf_counter() - self._began)


def allow_framing_by(request: Request, *urls: str) -> None:
    """Let pages of this request stand inside these sites: the tenant's own CRM, nobody else."""
    origins = [f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, urls) if parts.netloc]
    _let_frame(request, [o for o in origins if re.fullmatch(r"[\w:/.\[\]-]+", o)])


def allow_framing_by_cabinet(request: Request, settings: Settings) -> None:
    """Also inside YClients' cabinet, of which every salon's chain has its own host."""
    _let_frame(request, settings.cabinet_origins(settings.private_hosts))


def _let_frame(request: Request, origins: Iterable[str]) -> None:
    known: list[str] = getattr(request.state, "frame_ancestors", [])
    request.state.frame_ancestors = [*known, *(o for o in origins if o not in known)]


def allow_reading_by(request: Request, origin: str) -> None:
    """Let scripts of this one site read the answer, whatever it becomes; without cookies."""
    request.state.readable_by = origin


def _policy(state: dict[str, Any]) -> str:
    ancestors = ["'self'", *state.get("frame_ancestors", ())]
    return _PAGE_POLICY.format(ancestors=" ".join(ancestors))


def _limit(scope: Scope, settings: Settings) -> int:
    """Bytes of body; a recording is written to disk as it comes, so it may be big."""
    if _is_recording(scope):
        return settings.recording_max_bytes
    if scope["method"] == "POST" and _BULK.fullmatch(scope["path"]):
        return max(settings.max_body_bytes, _BULK_BYTES)
    return settings.max_body_bytes


def _is_recording(scope: Scope) -> bool:
    return bool(scope["method"] == "PUT" and scope["path"].startswith(_RECORDINGS))


def _too_large(scope: Scope, limit: int) -> UserError:
    if _is_recording(scope):  # nobody can hand it in by parts
        return TooLarge("recording_too_large", limit=limit // 1_000_000)
    return TooLarge("body_too_large")


def _check_head(scope: Scope, limit: int) -> None:
    # PostgreSQL stores no NUL; nobody sends one by accident.
    if "\x00" in scope["path"] or b"%00" in scope.get("query_string", b""):
        raise InvalidInput("request_invalid")
    for name, value in scope["headers"]:
        if name == b"content-length" and (not value.isdigit() or int(value) > limit):
            raise _too_large(scope, limit)


def _correlation(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name in (b"x-correlation-id", b"x-request-id"):
            given = value.decode("latin-1")
            if _ID.fullmatch(given):
                return str(given)
    return str(scope["state"]["request_id"])


def route_of(scope: Scope) -> str:
    """The template, never the path: labels must stay few and free of ids."""
    own = getattr(scope.get("route"), "path", None)
    if own is None:
        return str(scope["state"].get("route", "other"))
    # An included router knows its own part only; what stands before it is fixed text.
    before = scope["path"].split("/")[: -own.count("/")] if own and ":path}" not in own else []
    return "/".join(before) + str(own)


def _method(scope: Scope) -> str:
    known = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
    return scope["method"] if scope["method"] in known else "other"


async def _nothing() -> Message:
    return {"type": "http.disconnect"}
