"""The way of a request through the API: account, pace, key, scope, endpoint."""

from __future__ import annotations

import re
from typing import Any

from aiohttp import web

from kommutator.twins.core import TwinCore
from kommutator.twins.php import parse_php
from kommutator.twins.retailcrm import routes
from kommutator.twins.retailcrm.account import Account, ApiKey
from kommutator.twins.retailcrm.call import Call
from kommutator.twins.retailcrm.limits import Buckets
from kommutator.twins.retailcrm.replies import (
    FAULT_REPLIES,
    ApiError,
    denied,
    nginx_page,
)
from kommutator.twins.retailcrm.switches import Switches

Json = dict[str, Any]

_PATH = re.compile(r"^/api(?:/(v\d+))?(/.*)$")


class Gate:
    """Serves the API of all accounts of one twin."""

    def __init__(self, core: TwinCore, switches: Switches, accounts: dict[str, Account]) -> None:
        self._core = core
        self._switches = switches
        self._accounts = accounts
        self.buckets = Buckets()

    async def serve(self, request: web.Request, name: str, path: str) -> web.Response:
        """Answer one API request of account `name`; `path` starts with `/api/`."""
        account = self._accounts.get(name)
        if account is None:
            return _no_such_account(request.method)
        limited = self._over_the_limit(request.remote or "?", name, path)
        if limited is not None:
            return limited
        form = await _read_form(request)
        try:
            answer = self._call(request, account, path, form)
        except ApiError as refusal:
            return refusal.response()
        self._core.bell.ring()
        return answer

    def _over_the_limit(self, ip: str, name: str, path: str) -> web.Response | None:
        kind = "telephony" if "/telephony/" in path else "api"
        switches = self._switches
        rate = (
            switches.telephony_rate_per_second if kind == "telephony" else switches.rate_per_second
        )
        bucket = f"{ip} {kind}" if switches.rate_scope == "ip" else f"{ip} {name} {kind}"
        now = self._core.clock.monotonic()
        self._core.traffic.second(bucket, now)
        if not switches.rate_limits or self.buckets.take(bucket, rate, now):
            return None
        at = self._core.clock.now().timestamp()
        detail = f"{bucket}: over {rate:g} a second at {path}"
        self._core.traffic.violation(at=at, account=name, kind="rate", detail=detail)
        reply = FAULT_REPLIES[switches.rate_reply]
        return web.Response(status=reply.status, text=reply.body, content_type=reply.content_type)

    def _call(self, request: web.Request, account: Account, path: str, form: Json) -> web.Response:
        query = parse_php(request.query.items())
        key = _authenticate(request, account, query, form)
        match = _PATH.match(path)
        found = routes.find(request.method, match[1], match[2]) if match else None
        if found is None:
            raise ApiError(404, "API method not found")
        route, args = found
        _authorize(key, route)
        call = Call(account, key, query, form, args, self._switches, self._core, path)
        return route.endpoint(call).response()


def _authenticate(request: web.Request, account: Account, query: Json, form: Json) -> ApiKey:
    """The key from the header, the query or the body, in this order.

    Raises:
        ApiError: 400 without a key, 403 with a wrong one.
    """
    secret = request.headers.get("X-API-KEY") or query.get("apiKey") or form.get("apiKey")
    if not secret:
        raise ApiError(400, '"apiKey" is missing.')
    key = account.key(str(secret))
    if key is None:
        raise ApiError(403, 'Wrong "apiKey" value.')
    return key


def _authorize(key: ApiKey, route: routes.Route) -> None:
    if route.scope is None or route.scope in key.scopes:
        return
    if route.legacy_path not in key.legacy_paths:
        raise denied()


async def _read_form(request: web.Request) -> Json:
    """Form fields, urlencoded or multipart; a JSON body is no form and yields nothing."""
    if request.method not in ("POST", "PUT", "PATCH"):
        return {}
    fields = await request.post()
    return parse_php((name, value) for name, value in fields.items() if isinstance(value, str))


def _no_such_account(method: str) -> web.Response:
    if method in ("GET", "HEAD"):
        return ApiError(404, "Account does not exist.").response()
    page = nginx_page("405 Not Allowed")
    return web.Response(status=405, text=page, content_type="text/html")
