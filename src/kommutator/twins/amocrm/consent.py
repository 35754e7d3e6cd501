"""Consent, installation and removal of integrations: what amoCRM's own servers do (§1.2).

Everything that goes out is written to `world.outbound` as `{"account", "what", "method", "url",
"status", "body"}` (status 0: no answer); URLs of codes are kept, as a browser's history would.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from typing import Any
from urllib.parse import urlencode

import aiohttp
import jwt

from kommutator.twins.amocrm.account import Account
from kommutator.twins.amocrm.integrations import Integration
from kommutator.twins.amocrm.tokens import DISPOSABLE_SECONDS
from kommutator.twins.amocrm.world import World
from kommutator.twins.orders import OrderRefused

Json = dict[str, Any]

PLATFORM = "1"  # amocrm.ru; 2 is kommo.com
# How long amoCRM's server waits for a redirect_uri, a secrets_uri or an uninstall hook.
SERVER_SECONDS = 3.0


class Consent:
    """What happens when people say yes, no or good-bye to an integration."""

    def __init__(self, world: World) -> None:
        self._world = world

    def question(self, client_id: Any) -> Json:
        """What the consent screen shows: the integration, the accounts and their people.

        Raises:
            ValueError: no such integration.
        """
        integration = self._world.integration(client_id)
        shown = integration.dump()
        shown.pop("client_secret")
        return {
            "integration": shown,
            "accounts": [
                {
                    "name": account.name,
                    "domain": account.domain,
                    "installed": (account.name, integration.client_id) in self._world.installed,
                    "users": [
                        {"id": n, "name": u["name"], "is_admin": u["rights"]["is_admin"]}
                        for n, u in account.users.items()
                    ],
                }
                for account in self._world.accounts.values()
                if integration.own_account in (None, account.name)
            ],
        }

    def grant(
        self, client_id: Any, account: Account, user_id: int, state: str | None, **more: str
    ) -> str:
        """Yes: where the browser goes next, with a fresh code.

        Raises:
            ValueError: no such integration or user.
            OrderRefused: a private integration of another account, or the first grant is not an
                administrator's.
        """
        integration = self._world.integration(client_id)
        self._install(integration, account, user_id)
        code = self._world.tokens.issue_code(
            integration.client_id, account.name, user_id, self._world.now()
        )
        pairs = {
            "code": code.value,
            "state": state,
            "referer": account.domain,
            "platform": PLATFORM,
            "client_id": integration.client_id,
            **more,
        }
        return _with_query(integration.redirect_uri, pairs)

    def deny(self, client_id: Any, state: str | None) -> str:
        """No: where the browser goes next.

        Raises:
            ValueError: no such integration.
        """
        uri = self._world.integration(client_id).redirect_uri
        return _with_query(uri, {"error": "access_denied", "state": state})

    async def install_from_market(self, client_id: Any, account: Account, user_id: int) -> Json:
        """The vendor's server calls redirect_uri without state, once; its answer is ignored."""
        url = self.grant(client_id, account, user_id, None, from_widget="1")
        return await self._send(account, "install", "GET", url)

    async def press_button(self, account: Account, user_id: int, order: Json) -> Json:
        """The button on a site: an integration of this account alone is made on the fly.

        Its secret is POSTed to `secrets_uri` before the browser is redirected. Returns
        `{"client_id", "location", "secrets"}`.

        Raises:
            ValueError: no secrets_uri or redirect_uri.
        """
        secrets_uri, redirect_uri = order.get("secrets_uri"), order.get("redirect_uri")
        if not (isinstance(secrets_uri, str) and isinstance(redirect_uri, str)):
            raise ValueError("secrets_uri and redirect_uri are needed")  # noqa: TRY004  bad order
        integration = Integration(
            client_id=str(self._world.core.ids.uuid()),
            client_secret=self._world.core.ids.token(32),
            redirect_uri=redirect_uri,
            name=str(order.get("name") or "External integration"),
            uninstall_url=order.get("uninstall_url"),
            secrets_uri=secrets_uri,
            external=True,
            own_account=account.name,
        )
        self._world.integrations[integration.client_id] = integration
        state = str(order.get("state") or "")
        body = {
            "client_id": integration.client_id,
            "client_secret": integration.client_secret,
            "state": state,
        }
        secrets = await self._send(account, "secrets", "POST", secrets_uri, body)
        location = self.grant(integration.client_id, account, user_id, state)
        return {"client_id": integration.client_id, "location": location, "secrets": secrets}

    async def uninstall(self, client_id: Any, account: Account, *, hook: bool = True) -> Json:
        """The integration is removed: tokens die at once, then the signed hook goes out.

        Raises:
            ValueError: no such integration.
            OrderRefused: it is not installed there.
        """
        integration = self._world.integration(client_id)
        key = (account.name, integration.client_id)
        if self._world.installed.pop(key, None) is None:
            raise OrderRefused("the integration is not installed in this account")
        revoked = self._world.tokens.revoke(account.name, integration.client_id)
        self._world.core.bell.ring()
        if not (hook and integration.uninstall_url):
            return {"revoked": revoked, "hook": None}
        url = self._uninstall_url(integration, account)
        return {"revoked": revoked, "hook": await self._send(account, "uninstall", "GET", url)}

    async def deliver(self, account: Account, url: str) -> Json:
        """Follow a redirect as the user's browser would, once."""
        return await self._send(account, "redirect", "GET", url)

    def disposable(self, client_id: Any, account: Account, user_id: int) -> str:
        """A token of a widget: HS256 with the integration's secret, 30 minutes.

        Raises:
            ValueError: no such integration.
        """
        integration, now = self._world.integration(client_id), self._world.now()
        scheme, _, rest = integration.redirect_uri.partition("://")
        claims = {
            "iss": account.base_url,
            "aud": f"{scheme}://{rest.partition('/')[0]}",
            "jti": str(self._world.core.ids.uuid()),
            "iat": now,
            "nbf": now,
            "exp": now + DISPOSABLE_SECONDS,
            "account_id": account.id,
            "user_id": user_id,
            "subdomain": account.subdomain,
            "client_uuid": integration.client_id,
        }
        return jwt.encode(claims, integration.client_secret, algorithm="HS256")

    def _install(self, integration: Integration, account: Account, user_id: int) -> None:
        if user_id not in account.users:
            raise ValueError(f"no user {user_id} in {account.name}")
        if integration.own_account not in (None, account.name):
            raise OrderRefused("a private integration works in its own account only")
        key = (account.name, integration.client_id)
        if key not in self._world.installed:
            if not account.is_admin(user_id):
                raise OrderRefused("the first grant is an administrator's")
            self._world.installed[key] = {"at": self._world.now(), "by": user_id}
            self._world.core.bell.ring()

    def _uninstall_url(self, integration: Integration, account: Account) -> str:
        text = f"{integration.client_id}|{account.id}"
        signature = hmac.new(
            integration.client_secret.encode(), text.encode(), hashlib.sha256
        ).hexdigest()
        return _with_query(
            str(integration.uninstall_url),
            {
                "account_id": str(account.id),
                self._world.switches.uninstall_name: integration.client_id,
                "signature": signature,
            },
        )

    async def _send(
        self, account: Account, what: str, method: str, url: str, body: Json | None = None
    ) -> Json:
        report: Json = {"account": account.name, "what": what, "method": method, "url": url}
        try:
            async with (
                asyncio.timeout(SERVER_SECONDS),
                self._world.core.browser() as browser,
                browser.request(method, url, json=body, allow_redirects=False) as answer,
            ):
                report |= {"status": answer.status, "body": await answer.text(),
                           "location": answer.headers.get("Location")}  # fmt: skip
        except (aiohttp.ClientError, TimeoutError, ValueError) as lost:
            report |= {"status": 0, "body": type(lost).__name__, "location": None}
        self._world.outbound.append(report)
        self._world.core.bell.ring()
        return report


def _with_query(url: str, pairs: dict[str, str | None]) -> str:
    query = urlencode({name: value for name, value in pairs.items() if value is not None})
    return f"{url}{'&' if '?' in url else '?'}{query}"
