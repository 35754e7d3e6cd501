"""The way of a request through the API: account, pace, token, payment, rights, endpoint."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from kommutator.twins.amocrm.account import Account
from kommutator.twins.amocrm.call import Call, Route
from kommutator.twins.amocrm.replies import (
    ApiError,
    forbidden,
    html_page,
    problem,
    unauthorized,
)
from kommutator.twins.amocrm.routes import TABLE
from kommutator.twins.amocrm.tokens import Grant
from kommutator.twins.amocrm.world import World
from kommutator.twins.php import parse_php

READS = ("GET", "HEAD")


class Gate:
    """Serves the API of all accounts of one twin."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def serve(self, request: web.Request, address: str, path: str) -> web.Response:
        """Answer one API request of the account at `address`; `path` without the address."""
        world = self._world
        account = world.addresses.get(address)
        if account is None:
            return self._nobody_here(request)
        grant = self._grant(request, account)
        refusal = world.pace.refusal(
            account,
            grant.client_id if grant else "?",
            monotonic=world.clock.base.monotonic(),
            at=world.now(),
            path=path,
        )
        if refusal is not None:
            return refusal
        body = await _read(request)
        try:
            return self._answer(request, account, grant, path, body)
        except ApiError as error:
            return error.response()

    def _answer(
        self, request: web.Request, account: Account, grant: Grant | None, path: str, body: Any
    ) -> web.Response:
        world, switches = self._world, self._world.switches
        if account.blocked:
            raise forbidden("Account is blocked")
        if grant is None:
            raise unauthorized(switches.language)
        if account.unpaid == "all" or (account.unpaid and request.method not in READS):
            raise problem(402, "Account has not been paid")
        route, args = _find(request, path)
        user_id = _acting_user(request, account, grant)
        self._authorize(account, grant, route, user_id)
        call = Call(
            world,
            account,
            user_id,
            parse_php(request.query.items()),
            body,
            args,
            path,
            request.rel_url.query_string,
            grant,
        )
        late = isinstance(body, list) and len(body) > switches.batch_timeout_above
        if late and switches.batch_timeout == "before":
            return _gateway_timeout()
        answer = route.endpoint(call)
        if late and switches.batch_timeout == "after":
            return _gateway_timeout()
        return answer.response()

    def _grant(self, request: web.Request, account: Account) -> Grant | None:
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        grant = self._world.tokens.access.get(value.strip()) if scheme == "Bearer" else None
        if grant is None or grant.revoked or grant.account != account.name:
            return None
        return grant if grant.expires_at > self._world.now() else None

    def _authorize(self, account: Account, grant: Grant, route: Route, user_id: int) -> None:
        integration = self._world.integrations.get(grant.client_id)
        of_users = route.template.startswith(("/api/v4/users", "/api/v4/roles"))
        if integration is not None and integration.external and of_users:
            raise forbidden()
        if route.admin and not account.is_admin(user_id):
            raise forbidden()

    def _nobody_here(self, request: web.Request) -> web.Response:
        if self._world.switches.old_address == "404":
            return problem(404, f"Cannot {request.method} {request.url}!").response()
        return unauthorized(self._world.switches.language).response()


def _find(request: web.Request, path: str) -> tuple[Route, dict[str, str]]:
    found = TABLE.find(request.method, path)
    if found is True:
        raise problem(405, f"Method {request.method} not allowed")
    if found is False:
        raise problem(404, f"Cannot {request.method} {request.url}!")
    return found


def _acting_user(request: web.Request, account: Account, grant: Grant) -> int:
    """Whose rights count: an administrator's token may name somebody else (contract §1.2).

    The rights of an administrator's grant survive his deactivation.

    Raises:
        ApiError: 403, the header is not his to send or names nobody.
    """
    word = request.headers.get("X-Context-User-ID")
    if word is None:
        return grant.user_id
    if not account.is_admin(grant.user_id) or not word.isdigit() or int(word) not in account.users:
        raise forbidden()
    return int(word)


async def _read(request: web.Request) -> Any:
    """The JSON body; None without one or when it is no JSON."""
    raw = await request.read()
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return None


def _gateway_timeout() -> web.Response:
    page = html_page("504 Gateway Time-out")
    return web.Response(status=504, text=page, content_type="text/html")
