"""Hot doors: requests that are answered before any layer of the framework.

Routing, dependency injection and wrapped requests cost more than all the work that these need.
A hot door is bare ASGI, and describes itself to OpenAPI.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send


class HotDoor(Protocol):
    """Answers everything that comes to its own addresses."""

    def addresses(self) -> Iterable[tuple[str, str]]:
        """(method, path), exact."""
        ...

    def openapi(self) -> Mapping[str, dict[str, Any]]:
        """OpenAPI's path items by path; aliases may be left out."""
        ...

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...


class HotDoors:
    """The hot doors of one application by their addresses."""

    def __init__(self) -> None:
        self._doors: dict[tuple[str, str], HotDoor] = {}

    def add(self, door: HotDoor) -> None:
        """From now on the door answers at its addresses."""
        self._doors.update(dict.fromkeys(door.addresses(), door))

    def find(self, scope: Scope) -> HotDoor | None:
        """Who answers this request, if it is one of theirs."""
        if scope["type"] != "http":
            return None
        return self._doors.get((scope["method"], scope["path"]))

    def routes(self) -> list[BaseRoute]:
        """For the framework, which sees only other methods: they are told which ones there are."""
        return [
            Route(path, door, methods=[method], include_in_schema=False)
            for (method, path), door in self._doors.items()
        ]

    def openapi(self) -> dict[str, dict[str, Any]]:
        """Path items of all of them."""
        described: dict[str, dict[str, Any]] = {}
        for door in dict.fromkeys(self._doors.values()):
            described |= door.openapi()
        return described
