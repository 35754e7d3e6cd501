"""Hot doors: requests that are answered before any layer of the framework.

Routing, dependency injection and wrapped requests cost more than all the work that these need.
A hot door is bare ASGI, and describes itself to OpenAPI.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Protocol

from starlette.datastructures import Headers
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from kommutator.doors.http.errors import TooLarge, error_response, unexpected
from kommutator.flows.house import House
from kommutator.kit.errors import InvalidInput, UserError
from kommutator.kit.texts import choose_locale

PLAIN_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
]
"""Of every answer of a hot door."""


class NotForBrowsers(UserError):
    """Somebody opened an address for machines to see what is there."""

    status = HTTPStatus.METHOD_NOT_ALLOWED


class HotDoor(Protocol):
    """Answers everything that comes to its own addresses."""

    def addresses(self) -> Iterable[tuple[str, str]]:
        """(method, path): exact, or with a `/` at the end: everything below it."""
        ...

    def openapi(self) -> Mapping[str, dict[str, Any]]:
        """OpenAPI's path items by path; aliases may be left out."""
        ...

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...


class HotDoors:
    """The hot doors of one application by their addresses."""

    def __init__(self) -> None:
        self._doors: dict[tuple[str, str], HotDoor] = {}
        self._below: tuple[str, ...] = ()

    def add(self, door: HotDoor) -> None:
        """From now on the door answers at its addresses."""
        self._doors.update(dict.fromkeys(door.addresses(), door))
        self._below = tuple({path for _, path in self._doors if path.endswith("/")})

    def find(self, scope: Scope) -> HotDoor | None:
        """Who answers this request, if it is one of theirs."""
        if scope["type"] != "http":
            return None
        method, path = scope["method"], scope["path"]
        if path.startswith(self._below):
            path = next(above for above in self._below if path.startswith(above))
        return self._doors.get((method, path))

    def routes(self) -> list[BaseRoute]:
        """For the framework, which sees only other methods: they are told which ones there are."""
        return [
            Route(_pattern(path), door, methods=[method], include_in_schema=False)
            for (method, path), door in self._doors.items()
        ]

    def openapi(self) -> dict[str, dict[str, Any]]:
        """Path items of all of them."""
        described: dict[str, dict[str, Any]] = {}
        for door in dict.fromkeys(self._doors.values()):
            described |= door.openapi()
        return described


def _pattern(path: str) -> str:
    return f"{path}{{below:path}}" if path.endswith("/") else path


async def read_body(headers: Mapping[bytes, bytes], receive: Receive, limit: int) -> bytes:
    """Raises TooLarge: `body_too_large`; InvalidInput: `request_invalid` when it broke off."""
    declared = headers.get(b"content-length", b"0")
    if not declared.isdigit() or int(declared) > limit:
        raise TooLarge("body_too_large")
    raw: bytes = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise InvalidInput("request_invalid")
        raw += message.get("body", b"")
        if len(raw) > limit:
            raise TooLarge("body_too_large")
        if not message.get("more_body"):
            return raw


async def refuse(
    house: House, error: Exception, scope: Scope, receive: Receive, send: Send, *, route: str
) -> int:
    """Answer with the one shape of errors, counted under `route`; returns the status."""
    locale = choose_locale(Headers(scope=scope).get("accept-language"))
    if isinstance(error, UserError):
        response = error_response(house, locale, error)
    else:
        response = unexpected(house, locale, error)
    response.raw_headers += PLAIN_HEADERS
    status = response.status_code
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        response.headers["allow"] = "POST"
    house.metrics.http_requests.labels(scope["method"], route, f"{status // 100}xx").inc()
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        house.metrics.throttled.labels(route).inc()
    await response(scope, receive, send)
    return status
