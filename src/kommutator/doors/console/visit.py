"""Who looks at which enterprise, in which language; and what happens when they may not."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from starlette.datastructures import UploadFile

from kommutator.domain.tenancy import (
    Actor,
    EnterpriseNumber,
    Permission,
    enterprise_number,
)
from kommutator.doors.console.cookies import ENTERPRISE_COOKIE, LOCALE_COOKIE
from kommutator.doors.http.auth import guard_change, require_same_origin, session_of
from kommutator.flows.house import House
from kommutator.flows.sign_in import actor_of_session
from kommutator.kit.errors import Unauthorized, UserError
from kommutator.kit.texts import choose_locale
from kommutator.store.sessions import Session

_CHOICE = "/console/enterprises"
_SAFE = frozenset({"GET", "HEAD"})
LOGIN = "/console/login"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request of one person. `enterprise` is what they chose to look at, if anything."""

    request: Request
    house: House
    session: Session | None
    locale: str
    enterprise: EnterpriseNumber | None

    @property
    def maybe_actor(self) -> Actor | None:
        return None if self.session is None else actor_of_session(self.session)

    @property
    def actor(self) -> Actor:
        """Raises Unauthorized: `sign_in_first`."""
        actor = self.maybe_actor
        if actor is None:
            raise Unauthorized("sign_in_first")
        return actor

    @property
    def csrf(self) -> str:
        return "" if self.session is None else self.session.csrf

    def demand(self, permission: Permission) -> EnterpriseNumber:
        """The enterprise looked at, if the visitor may do this there. Raises as `Actor.demand`."""
        return self.actor.demand(permission, self.enterprise)

    def t(self, msgid: str, /, **params: Any) -> str:
        """A sentence in the visitor's language."""
        return self.house.texts.translate(self.locale, msgid, **params)


async def visit(request: Request) -> Visit:
    """Dependency of every page for people who are signed in.

    Raises:
        Unauthorized: `sign_in_first`.
        Forbidden: `csrf_mismatch` on a changing request without its token.
    """
    found = await stranger(request)
    if found.session is None:
        raise Unauthorized("sign_in_first")
    await guard_change(request, found.session)
    return found


async def stranger(request: Request) -> Visit:
    """Dependency of pages that are open to everybody; a session is used if there is one.

    Raises:
        Forbidden: `csrf_mismatch` when another site sends the form.
    """
    house: House = request.app.state.house
    session = await _session(request)
    if request.method not in _SAFE:
        require_same_origin(request)
    request.state.locale = choose_locale(
        session.user_locale if session else None,
        request.cookies.get(LOCALE_COOKIE),
        request.headers.get("Accept-Language"),
    )
    return Visit(
        request=request,
        house=house,
        session=session,
        locale=request.state.locale,
        enterprise=await _enterprise(request, session),
    )


class PageRoute(APIRoute):
    """Turns errors of people into pages: sign-in for strangers, a sentence for everybody else.

    Requests of htmx get the JSON error, which console.js shows as a toast.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        inner = super().get_route_handler()

        async def with_pages(request: Request) -> Response:
            try:
                return await inner(request)
            except UserError as error:
                if "HX-Request" in request.headers:
                    raise
                return await _page_of(request, error)

        return with_pages


async def _page_of(request: Request, error: UserError) -> Response:
    if isinstance(error, Unauthorized):
        wanted = request.url.path if request.method in _SAFE else "/console/"
        return RedirectResponse(f"{LOGIN}?next={quote(wanted)}", 303)
    if error.code == "enterprise_number_missing":  # staff of the platform: this page has the list
        return RedirectResponse(_CHOICE, 303)
    from kommutator.doors.console.render import problem_page  # noqa: PLC0415  render needs Visit

    house: House = request.app.state.house
    locale = choose_locale(
        request.cookies.get(LOCALE_COOKIE), request.headers.get("Accept-Language")
    )
    see = Visit(request=request, house=house, session=None, locale=locale, enterprise=None)
    return problem_page(see, error)


async def _session(request: Request) -> Session | None:
    try:
        return await session_of(request)
    except Unauthorized:
        return None


async def _enterprise(request: Request, session: Session | None) -> EnterpriseNumber | None:
    """The one named in the request, else the one chosen before, else the own."""
    named = await _sent(request, "enterprise", "X-Enterprise")
    named = named or request.query_params.get("enterprise_number")
    if named:
        return enterprise_number(named)
    if session is not None and session.enterprise is not None:
        return session.enterprise
    chosen = request.cookies.get(ENTERPRISE_COOKIE)
    if chosen:
        return enterprise_number(chosen)
    return None if session is None else await _only_one(request)


async def _only_one(request: Request) -> EnterpriseNumber | None:
    """Where there is one enterprise there is nothing to choose."""
    house: House = request.app.state.house
    async with house.db.unit() as unit:
        first = await unit.enterprises.page_everywhere(limit=2)
    return first[0].number if len(first) == 1 else None


async def _sent(request: Request, field: str, header: str) -> str | None:
    """A form field, else the header of an htmx request, else the query."""
    if request.method not in _SAFE:
        value = (await request.form()).get(field)
        if value is not None and not isinstance(value, UploadFile):
            return value
    return request.headers.get(header) or request.query_params.get(field)
