"""Every WebSocket of ours gets through the nginx that we hand out."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from starlette.routing import WebSocketRoute

from kommutator.doors.console import router as console
from kommutator.doors.http.yclients import marketplace_socket

DEPLOY = Path(__file__).parents[2] / "deploy"
_LOCATION = re.compile(r"^location (=|~) (\S+)\s+\{(.*)\}$", re.MULTILINE)


def sockets() -> Iterator[str]:
    found: list[Any] = [*console.router.routes, *marketplace_socket.router.routes]
    while found:
        route = found.pop()
        if isinstance(route, WebSocketRoute):
            yield route.path
        found += getattr(getattr(route, "original_router", None), "routes", [])


def passes(path: str) -> bool:
    for way, where, what in _LOCATION.findall((DEPLOY / "nginx.conf").read_text()):
        fits = path == where if way == "=" else re.search(where, path)
        if fits:
            return "kommutator-socket.conf" in what
    return False


def test_they_are_upgraded() -> None:
    named = {path.replace("{connection_id}", "0b3e-1") for path in sockets()}
    named = {path if path.startswith(("/console", "/marketplace")) else f"/console{path}"
             for path in named}  # fmt: skip
    assert {"/marketplace", "/marketplace/ws"} <= named
    assert all(passes(path) for path in named), named
    snippet = (DEPLOY / "snippets/kommutator-socket.conf").read_text()
    assert "proxy_set_header Upgrade $http_upgrade;" in snippet
    assert not passes("/marketplace/connect")
