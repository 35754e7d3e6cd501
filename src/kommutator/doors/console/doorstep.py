"""In and out: login, logout, language, and the enterprise that platform staff look at."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form
from fastapi.responses import RedirectResponse, Response

from kommutator.domain.tenancy import Permission, enterprise_number
from kommutator.doors.console.cookies import ENTERPRISE_COOKIE, LOCALE_COOKIE, remember
from kommutator.doors.console.render import go, plain_page
from kommutator.doors.console.visit import PageRoute, Visit, stranger, visit
from kommutator.doors.http import cookies
from kommutator.doors.http.frame import allow_framing_by_cabinet
from kommutator.kit.errors import InvalidInput, TooMany, Unauthorized
from kommutator.kit.texts import LOCALES

router = APIRouter(route_class=PageRoute)
_HOME = "/console/"
# A journey to amoCRM's consent screen, or from YClients', goes on after its traveller signed in.
_OURS = (
    "/console/",
    "/console?",
    "/retailcrm-admin/",
    "/marketplace/",
    "/api/v1/amocrm/auth/callback?state=",
)
_CONNECT = "/yclients/connect"
_WHOLE = ("/console", _CONNECT)
_IN_CABINET = ("/console/day", "/console/salons/")


@router.get("/login")
async def login_page(see: Annotated[Visit, Depends(stranger)], next: str = _HOME) -> Response:  # noqa: A002  the query's own word
    if see.session is not None:
        return go(_local(next))
    _let_frame(see, next)
    return plain_page(see, "login.html", problem=None, email="", next=_local(next))


@router.post("/login")
async def login(
    see: Annotated[Visit, Depends(stranger)],
    email: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = _HOME,  # noqa: A002  the form's own word
) -> Response:
    request, house = see.request, see.house
    try:
        user = await house.sign_in.password(
            email, password, address=request.state.client.neighbourhood
        )
    except (Unauthorized, TooMany) as error:
        _let_frame(see, next)
        problem = house.texts.error(see.locale, error)
        return plain_page(
            see, "login.html", status=error.status, problem=problem, email=email, next=_local(next)
        )
    opened = await house.sign_in.open_session(user, replaces=cookies.read(request))
    response = RedirectResponse(_local(next), 303)
    cookies.put(house, response, opened)
    return response


@router.post("/logout")
async def logout(see: Annotated[Visit, Depends(visit)]) -> Response:
    if token := cookies.read(see.request):
        await see.house.sign_in.end(token)
    response = RedirectResponse("/console/login", 303)
    cookies.drop(see.house, response)
    return response


@router.post("/language")
async def choose_language(
    see: Annotated[Visit, Depends(stranger)],
    locale: Annotated[str, Form()],
    back: Annotated[str, Form()] = _HOME,
) -> Response:
    if locale not in LOCALES:
        raise InvalidInput("language_unknown", language=locale[:20])
    actor = see.maybe_actor
    if actor is not None and actor.user_id is not None:
        async with see.house.db.unit() as unit:
            await unit.people.update(actor.enterprise, actor.user_id, locale=locale)
    response = RedirectResponse(_local(back), 303)
    remember(response, see.house.settings, LOCALE_COOKIE, locale)
    return response


@router.post("/enterprise")
async def choose_enterprise(
    see: Annotated[Visit, Depends(visit)], number: Annotated[str, Form()]
) -> Response:
    response = RedirectResponse(_HOME, 303)
    if not number:
        remember(response, see.house.settings, ENTERPRISE_COOKIE, "")
        return response
    chosen = see.actor.demand(Permission.READ_CALLS, enterprise_number(number))
    async with see.house.db.unit() as unit:
        await unit.enterprises.get(chosen)
    remember(response, see.house.settings, ENTERPRISE_COOKIE, chosen)
    return response


def _let_frame(see: Visit, goal: str) -> None:
    """Who comes from YClients' cabinet is in its frame, and signs in there."""
    if goal == _CONNECT or goal.startswith(_IN_CABINET):
        allow_framing_by_cabinet(see.request, see.house.settings)


def _local(path: str) -> str:
    """Only a path of our own: a login page must not send people elsewhere."""
    inside = path.startswith(_OURS) or path in _WHOLE
    clean = all(sign.isprintable() and sign not in "\\ " for sign in path)
    return path if inside and clean else _HOME
