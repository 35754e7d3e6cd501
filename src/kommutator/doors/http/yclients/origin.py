"""Whose pages may call the marketplace paths: ours, and the vendor's cabinet."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request, Response
from fastapi.routing import APIRoute

from kommutator.doors.http.auth import house_of
from kommutator.doors.http.errors import for_machines
from kommutator.doors.http.frame import allow_reading_by
from kommutator.doors.http.yclients.limits import limits_of, take
from kommutator.kit.errors import Forbidden
from kommutator.settings import Settings

_LABELS = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*")
_NEWS = "/marketplace/webhook/"
PREFLIGHT = {
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Accept-Language, X-API-Key",
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Max-Age": "600",
}


class MarketplaceRoute(APIRoute):
    """Counts callers, knows origins, and speaks the requirement's shape of errors."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        inner = super().get_route_handler()
        by_vendor = self.path.startswith(_NEWS)

        async def admitted(request: Request) -> Response:
            for_machines(request)
            limits = limits_of(request)
            take(request, limits.news if by_vendor else limits.pages)
            admit_origin(request)
            return await inner(request)

        return admitted


def admit_origin(request: Request) -> None:
    """Raises Forbidden: `origin_not_allowed`. Programs name no origin, and need none."""
    origin = request.headers.get("origin")
    if origin is None:
        return
    if not is_allowed(origin, house_of(request).settings):
        raise Forbidden("origin_not_allowed")
    allow_reading_by(request, origin)


def is_allowed(origin: str, settings: Settings) -> bool:
    """Ours, and those of `yclients_cabinet_hosts`."""
    ours = urlsplit(settings.public_url)
    if origin == f"{ours.scheme}://{ours.netloc}":
        return True
    known = settings.cabinet_origins(settings.private_hosts)
    return any(_fits(origin.lower(), pattern) for pattern in known)


def _fits(origin: str, pattern: str) -> bool:
    before, star, after = pattern.partition("*")
    if not star:
        return origin == pattern
    inside = origin[len(before) : -len(after)]
    return (
        origin.startswith(before)
        and origin.endswith(after)
        and _LABELS.fullmatch(inside) is not None
    )
