"""The HTTP application."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

from kommutator import __version__
from kommutator.doors.http import errors, events, health, recordings, smart_redirect, v1
from kommutator.doors.http.frame import Frame
from kommutator.doors.http.hot import HotDoors
from kommutator.flows.house import House
from kommutator.kit.throttle import Throttle

_ABOUT = """\
Self-hosted switchboard between CRMs, telephony and messengers.

Sign in with `POST /api/v1/auth/login` or send an API key as `X-API-Key`. Every error has the
same shape, every list is paged by `next_cursor`. Other tenants' data answers 404.
"""
_TAGS = [
    {"name": "events", "description": "What a PBX tells us."},
    {"name": "sign-in", "description": "Tokens and who one is."},
    {"name": "calls", "description": "Calls and everything that came of them."},
    {"name": "recordings", "description": "What was said: here, missing, deleted."},
    {"name": "connections", "description": "Accounts at CRMs and PBXs."},
    {"name": "log", "description": "Exchanges with vendors, given-up commands, replay."},
    {"name": "people", "description": "Those who sign in, and internal numbers."},
    {"name": "keys", "description": "API keys of machines."},
    {"name": "enterprises", "description": "Tenants; for platform staff."},
    {"name": "audit", "description": "Who changed what."},
    {"name": "routing", "description": "Whose phone should ring."},
    {"name": "whatsapp", "description": "Phones linked by QR."},
    {"name": "health", "description": "For load balancers and monitoring."},
]

_HOOK_SECRET = {
    "type": "apiKey",
    "in": "header",
    "name": "X-Kommutator-Secret",
    "description": "The Asterisk connection's; also taken as a Bearer token.",
}


class Door(FastAPI):
    """FastAPI with a way around it: hot doors answer before any of its layers.

    Attributes:
        hot: they; a family may add its own.
    """

    hot: HotDoors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        hot = self.hot.find(scope)
        if hot is not None:
            await hot(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    def include_router(self, router: APIRouter, **options: Any) -> None:
        """The paths of `router`, worked out once per process however many applications it has."""
        self.router.routes.append(_included(router, **options))


Family = Callable[[Door], None]
"""Adds the paths of one requirement's family, e.g. RetailCRM's, to the application."""


def create_app(
    house: House, *, only: str | None = None, families: Mapping[str, Family] | None = None
) -> FastAPI:
    """The application over the services of `house`.

    `families` are the vendors' own paths and the console by name; `only` leaves all but one of
    them out, for running one CRM's service by itself.
    """
    app = Door(
        title="Kommutator",
        version=__version__,
        description=_ABOUT,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        openapi_tags=_TAGS,
        generate_unique_id_function=_operation_id,
        redirect_slashes=False,
        responses=errors.RESPONSES,
    )
    settings = house.settings
    app.state.house = house
    app.hot = HotDoors()
    app.hot.add(events.HotEvents(house))
    app.state.api_throttle = Throttle(settings.api_rate, settings.api_burst, house.clock)
    errors.install(app)
    app.include_router(health.router)
    app.include_router(recordings.router)
    app.include_router(v1.router, prefix="/api/v1")
    app.include_router(smart_redirect.router)
    for name, add in (families or {}).items():
        if only in (None, name):
            add(app)
    app.router.routes += app.hot.routes()
    app.add_middleware(Frame, house=house)
    _describe_plain_routes(app)
    return app


def create_watch(house: House) -> FastAPI:
    """For processes that answer no callers: health, readiness and metrics, nothing else."""
    app = FastAPI(
        title="Kommutator", version=__version__, openapi_url=None, responses=errors.RESPONSES
    )
    settings = house.settings
    app.state.house = house
    app.state.api_throttle = Throttle(settings.api_rate, settings.api_burst, house.clock)
    errors.install(app)
    app.include_router(health.router)
    app.add_middleware(Frame, house=house)
    return app


_included_routes: dict[tuple[int, frozenset[tuple[str, Any]]], BaseRoute] = {}


def _included(router: APIRouter, **options: Any) -> BaseRoute:
    """What FastAPI makes of a router; it compiles all its models at the first request, 0.3 s.

    It lives as long as the process, and `router` in it: no other ever has the same id.
    """
    key = id(router), frozenset(options.items())
    if key not in _included_routes:
        holder = APIRouter(responses=errors.RESPONSES, generate_unique_id_function=_operation_id)
        holder.include_router(router, **options)
        (_included_routes[key],) = holder.routes
    return _included_routes[key]


def _operation_id(route: APIRoute) -> str:
    return route.name


def _describe_plain_routes(app: Door) -> None:
    describe = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = describe()
            schema["paths"] |= app.hot.openapi()
            schemes = schema.setdefault("components", {}).setdefault("securitySchemes", {})
            schemes["HookSecret"] = _HOOK_SECRET
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend it
