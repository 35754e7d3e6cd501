"""`/oauth2/…`: the token endpoint and the search for an account that moved (contract §1.2)."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from kommutator.twins.amocrm.account import Account
from kommutator.twins.amocrm.integrations import Integration
from kommutator.twins.amocrm.replies import (
    HAL,
    ApiError,
    forbidden,
    oauth_problem,
    problem,
    unauthorized,
    wire,
)
from kommutator.twins.amocrm.tokens import SCOPES, Grant
from kommutator.twins.amocrm.world import World

Json = dict[str, Any]

TOKEN_PATH = "/oauth2/access_token"  # noqa: S105  a path
CURRENT_SUBDOMAIN_PATH = "/oauth2/account/current/subdomain"
OLD_SUBDOMAIN_PATH = "/oauth2/account/subdomain"
CODE_EXPIRED = "Authorization code has expired"
CODE_REVOKED = "Authorization code has been revoked"
CODE_GARBAGE = "Cannot decrypt the authorization code"
TOKEN_REVOKED = "Token has been revoked"  # noqa: S105  the vendor's words
TOKEN_GARBAGE = "Cannot decrypt the refresh token"  # noqa: S105  the vendor's words


class OAuth:
    """Gives out tokens for codes and refresh tokens, each good for one use."""

    def __init__(self, world: World) -> None:
        self._world = world
        # A used refresh token -> the pair it gave, while the knob grants a grace.
        self._given: dict[str, Json] = {}

    async def serve(self, request: web.Request, address: str, path: str) -> web.Response:
        """Answer one request under `/oauth2/` of the account at `address`."""
        path = path.rstrip("/")
        try:
            if path == CURRENT_SUBDOMAIN_PATH:
                return self._current_subdomain(request)
            if path == OLD_SUBDOMAIN_PATH:
                return self._old_subdomain(request)
            if path != TOKEN_PATH:
                raise problem(404, f"Cannot {request.method} {request.url}!")
            if request.method != "POST":
                raise problem(405, f"Method {request.method} not allowed")
            return wire(self._tokens(address, await _fields(request)), 200, "application/json")
        except ApiError as error:
            return error.response()

    def mint(self, owner: Grant) -> Json:
        """A new pair for whoever held `owner`; the answer of the token endpoint."""
        world = self._world
        access = self.mint_access(owner, world.now() + world.switches.access_seconds)
        refresh = world.tokens.issue_refresh(owner, world.now())
        return {
            "token_type": "Bearer",
            "expires_in": world.switches.access_seconds,
            "access_token": access.value,
            "refresh_token": refresh.value,
        }

    def mint_access(self, owner: Grant, expires_at: int) -> Grant:
        """A bearer token alone: what a long-lived one is."""
        world, now = self._world, self._world.now()
        account = world.account(owner.account)
        host = world.core.base_url.partition("://")[2]
        claims: Json = {
            "aud": owner.client_id,
            "iat": now,
            "nbf": now,
            "sub": str(owner.user_id),
            "grant_type": "",
            "account_id": account.id,
            "base_domain": host,
            "version": 2,
            "scopes": list(SCOPES),
            "hash_uuid": str(world.core.ids.uuid()),
            "api_domain": host,
        }
        if world.switches.token_padding:
            claims["padding"] = "x" * world.switches.token_padding
        return world.tokens.issue_access(owner, claims, expires_at)

    def _tokens(self, address: str, fields: Json) -> Json:
        world, language = self._world, self._world.switches.language
        account = world.addresses.get(address)
        if account is None:
            if world.switches.old_address == "404":
                raise problem(404, "Account not found")
            raise unauthorized(language)
        integration = world.integrations.get(str(fields.get("client_id", "")))
        if integration is None or fields.get("client_secret") != integration.client_secret:
            raise oauth_problem(401, None, language)
        if account.blocked:
            raise forbidden("Account is blocked")
        if fields.get("redirect_uri") != integration.redirect_uri:
            raise self._wrong_redirect()
        match fields.get("grant_type"):
            case "authorization_code":
                return self._by_code(account, integration, str(fields.get("code", "")))
            case "refresh_token":
                return self._by_refresh(account, integration, str(fields.get("refresh_token", "")))
            case _:
                raise oauth_problem(400, "Check the `grant_type` parameter", language)

    def _by_code(self, account: Account, integration: Integration, value: str) -> Json:
        language, now = self._world.switches.language, self._world.now()
        code = self._world.tokens.codes.get(value)
        if code is None or code.client_id != integration.client_id or code.account != account.name:
            raise oauth_problem(400, CODE_GARBAGE, language)
        if code.used_at is not None or code.revoked:
            raise oauth_problem(400, CODE_REVOKED, language)
        if code.expires_at <= now:
            raise oauth_problem(400, CODE_EXPIRED, language)
        code.used_at = now
        return self.mint(code)

    def _by_refresh(self, account: Account, integration: Integration, value: str) -> Json:
        switches, now = self._world.switches, self._world.now()
        token = self._world.tokens.refresh.get(value)
        if (
            token is None
            or token.client_id != integration.client_id
            or token.account != account.name
        ):
            raise oauth_problem(switches.garbage_refresh_status, TOKEN_GARBAGE, switches.language)
        if token.revoked or token.expires_at <= now:
            raise oauth_problem(401, TOKEN_REVOKED, switches.language)
        if token.used_at is not None:
            if now - token.used_at < switches.grace_seconds and value in self._given:
                return self._given[value]
            self._reused(account, integration)
            raise oauth_problem(401, TOKEN_REVOKED, switches.language)
        token.used_at = now
        pair = self._given[value] = self.mint(token)
        return pair

    def _reused(self, account: Account, integration: Integration) -> None:
        self._world.core.traffic.violation(
            at=self._world.now(),
            account=account.name,
            kind="refresh_reused",
            detail=f"an old refresh token of {integration.client_id}",
        )

    def _wrong_redirect(self) -> ApiError:
        switches = self._world.switches
        if switches.wrong_redirect == "401":
            return oauth_problem(401, None, switches.language)
        return oauth_problem(400, "Check the `redirect_uri` parameter", switches.language)

    def _current_subdomain(self, request: web.Request) -> web.Response:
        """By the refresh token alone, on any address: this is the region's own host."""
        value = request.headers.get("X-Refresh-Token", "")
        return self._domain_of(self._world.tokens.refresh.get(value))

    def _old_subdomain(self, request: web.Request) -> web.Response:
        value = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        return self._domain_of(self._world.tokens.access.get(value))

    def _domain_of(self, grant: Grant | None) -> web.Response:
        world = self._world
        if grant is None or grant.revoked or grant.expires_at <= world.now():
            raise unauthorized(world.switches.language)
        account = world.account(grant.account)
        body = {
            "id": account.id,
            "subdomain": account.subdomain,
            "domain": account.domain,
            "top_level_domain": "ru",
        }
        return wire(body, 200, HAL)


async def _fields(request: web.Request) -> Json:
    """The parameters, JSON or a form: the papers show one, the vendor's own SDK sends the other."""
    if request.content_type == "application/json":
        try:
            body = json.loads(await request.read())
        except ValueError:
            return {}
        return body if isinstance(body, dict) else {}
    return dict(await request.post())
