"""What our widget asks from a page of amoCRM. No cookie and no key: only the signed token."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field

from kommutator.connectors.crm.amocrm.widget_tokens import is_page_of_amocrm
from kommutator.doors.http.auth import house_of
from kommutator.doors.http.errors import RESPONSES, locale_of
from kommutator.doors.http.frame import allow_reading_by
from kommutator.flows.amocrm.widget import WidgetUser
from kommutator.kit.errors import Conflict, Unauthorized

_PREFLIGHT = {
    "Access-Control-Allow-Headers": "X-Auth-Token, Content-Type, Accept-Language",
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Max-Age": "600",
}


class WidgetRoute(APIRoute):
    """Lets the page of amoCRM that asks read every answer, also a refusal."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        inner = super().get_route_handler()

        async def readable(request: Request) -> Response:
            origin = request.headers.get("Origin", "")
            if is_page_of_amocrm(origin, house_of(request).settings.private_hosts):
                allow_reading_by(request, origin)
            return await inner(request)

        return readable


router = APIRouter(
    prefix="/api/v1/amocrm/widget",
    tags=["amoCRM: widget"],
    responses=RESPONSES,
    route_class=WidgetRoute,
)


class WidgetCall(BaseModel):
    """The number that was clicked."""

    phone: str = Field(max_length=64, examples=["+375000000070"])


class WidgetPlaced(BaseModel):
    """The employee's phone is about to ring."""

    call_id: str
    extension: str


class WidgetState(BaseModel):
    """How things are, for the widget's settings window."""

    connected: bool
    extension: str | None
    message: str


async def _user(
    request: Request,
    x_auth_token: Annotated[str, Header(description="amoCRM's disposable token.")] = "",
) -> WidgetUser:
    """Raises Unauthorized, also when another account's page shows the token."""
    user = await house_of(request).amocrm.widget.user(x_auth_token)
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin)[:2] != urlsplit(user.base_url)[:2]:
        raise Unauthorized("amocrm_widget_token_wrong")
    return user


Asker = Annotated[WidgetUser, Depends(_user)]


@router.options("/{path}", include_in_schema=False)
async def preflight(request: Request, path: str) -> Response:  # noqa: ARG001  any of the paths
    """The browser asks before it sends what no form could."""
    return Response(status_code=204, headers=_PREFLIGHT)


@router.post("/call", status_code=202, summary="Call the number that was clicked in amoCRM")
async def call(request: Request, user: Asker, wish: WidgetCall) -> WidgetPlaced:
    """The signed-in amoCRM user's own phone rings first; a repeated click is the same call."""
    receipt = await house_of(request).amocrm.widget.call(user, wish.phone)
    return WidgetPlaced(call_id=receipt.call_id, extension=receipt.extension)


@router.get("/state", summary="Is this account connected, and which phone is mine?")
async def state(request: Request, user: Asker) -> WidgetState:
    texts, locale = house_of(request).texts, locale_of(request)
    try:
        user.demand_working()
    except Conflict as error:
        why = texts.error(locale, error).message
        return WidgetState(connected=False, extension=user.extension, message=why)
    words = "amocrm.widget.ready" if user.extension else "amocrm.widget.no_extension"
    message = texts.translate(locale, words, extension=user.extension or "")
    return WidgetState(connected=True, extension=user.extension, message=message)
