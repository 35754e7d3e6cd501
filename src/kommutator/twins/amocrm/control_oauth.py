"""`/_twin/…` of integrations: consent, install, remove, tokens on demand; and `/oauth/decide`."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from kommutator.twins.amocrm.account import Account
from kommutator.twins.amocrm.consent import Consent
from kommutator.twins.amocrm.integrations import Integration
from kommutator.twins.amocrm.oauth import OAuth
from kommutator.twins.amocrm.tokens import Grant
from kommutator.twins.amocrm.world import World
from kommutator.twins.orders import OrderRefused, read_order, shown

Json = dict[str, Any]

LONGEST_LIFE_SECONDS = 5 * 365 * 86_400
EDITABLE = ("client_secret", "redirect_uri", "name", "uninstall_url", "secrets_uri", "external",
            "own_account", "widget_code")  # fmt: skip


class OAuthControl:
    """What developers and administrators do with integrations in amoCRM's own pages."""

    def __init__(self, world: World, oauth: OAuth) -> None:
        self._world = world
        self._oauth = oauth
        self._consent = Consent(world)

    def add_to(self, app: web.Application) -> None:
        """Register the paths."""
        app.router.add_routes(
            [
                web.get("/_twin/oauth", shown(self.question)),
                web.post("/_twin/oauth/grant", shown(self.grant)),
                web.post("/_twin/oauth/deny", shown(self.deny)),
                web.post("/oauth/decide", self.decide),
                web.post("/_twin/integrations", shown(self.integrations)),
                web.post("/_twin/install", shown(self.install)),
                web.post("/_twin/uninstall", shown(self.uninstall)),
                web.post("/_twin/button", shown(self.button)),
                web.post("/_twin/disposable", shown(self.disposable)),
                web.post("/_twin/tokens", shown(self.tokens)),
                web.post("/_twin/revoke", shown(self.revoke)),
            ]
        )

    async def question(self, request: web.Request) -> Json:
        """What the consent screen shows for `?client_id=`; without any secret."""
        return self._consent.question(request.query.get("client_id"))

    async def grant(self, request: web.Request) -> Json:
        """Yes: `account`, `user_id` (default: its administrator), `client_id`, `state`.

        Answers `{"location"}`; with `deliver: true` the twin calls it as a browser would.
        """
        order = await read_order(request)
        account, user_id = self._who(order)
        url = self._consent.grant(order.get("client_id"), account, user_id, order.get("state"))
        delivered = await self._consent.deliver(account, url) if order.get("deliver") else None
        return {"location": url, "delivered": delivered}

    async def deny(self, request: web.Request) -> Json:
        """No: `client_id`, `state`; answers `{"location"}`."""
        order = await read_order(request)
        return {"location": self._consent.deny(order.get("client_id"), order.get("state"))}

    async def decide(self, request: web.Request) -> web.Response:
        """The consent screen's form; the browser is redirected (302).

        Fields: `decision` allow or deny, `client_id`, `state`, `account`, `user_id`.
        """
        form = {name: str(value) for name, value in (await request.post()).items()}
        try:
            if form.get("decision") != "allow":
                url = self._consent.deny(form.get("client_id"), form.get("state"))
            else:
                account, user_id = self._who(form)
                client_id, state = form.get("client_id"), form.get("state")
                url = self._consent.grant(client_id, account, user_id, state)
        except (ValueError, OrderRefused) as wrong:
            return web.Response(status=400, text=str(wrong))
        return web.Response(status=302, headers={"Location": url})

    async def integrations(self, request: web.Request) -> Json:
        """Register one more (`redirect_uri`…), or change the one of `client_id`."""
        order = await read_order(request)
        fields = {name: order[name] for name in EDITABLE if name in order}
        known = self._world.integrations.get(str(order.get("client_id")))
        if known is not None:
            for name, value in fields.items():
                setattr(known, name, value)
            return known.dump()
        ids = self._world.core.ids
        fields.setdefault("client_secret", ids.token(32))
        integration = Integration(client_id=str(order.get("client_id") or ids.uuid()), **fields)
        self._world.integrations[integration.client_id] = integration
        return integration.dump()

    async def install(self, request: web.Request) -> Json:
        """Install from the market: a server-side GET to redirect_uri, `from_widget=1`, no state."""
        order = await read_order(request)
        account, user_id = self._who(order)
        return await self._consent.install_from_market(order.get("client_id"), account, user_id)

    async def uninstall(self, request: web.Request) -> Json:
        """Remove: tokens die, the signed hook goes out (`hook: false` loses it)."""
        order = await read_order(request)
        account, _ = self._who(order)
        hook = bool(order.get("hook", True))
        return await self._consent.uninstall(order.get("client_id"), account, hook=hook)

    async def button(self, request: web.Request) -> Json:
        """The button of a site: `secrets_uri`, `redirect_uri`, `state`, `name`."""
        order = await read_order(request)
        account, user_id = self._who(order)
        return await self._consent.press_button(account, user_id, order)

    async def disposable(self, request: web.Request) -> Json:
        """A widget's token: `client_id`, `account`, `user_id`; answers `{"token"}`."""
        order = await read_order(request)
        account, user_id = self._who(order)
        return {"token": self._consent.disposable(order.get("client_id"), account, user_id)}

    async def tokens(self, request: web.Request) -> Json:
        """A pair without any walk, or (`seconds`, a day to five years) one long-lived token."""
        order = await read_order(request)
        account, user_id = self._who(order)
        integration = self._world.integration(order.get("client_id"))
        self._world.installed.setdefault(
            (account.name, integration.client_id), {"at": self._world.now(), "by": user_id}
        )
        owner = Grant("", integration.client_id, account.name, user_id, 0)
        if "seconds" not in order:
            return self._oauth.mint(owner)
        seconds = int(order["seconds"])
        if not 0 < seconds <= LONGEST_LIFE_SECONDS:
            raise ValueError("seconds: five years at most")
        return {"access_token": self._oauth.mint_access(owner, self._world.now() + seconds).value}

    async def revoke(self, request: web.Request) -> Json:
        """Every token of `client_id` in `account` dies; the integration stays installed."""
        order = await read_order(request)
        account, _ = self._who(order)
        integration = self._world.integration(order.get("client_id"))
        return {"revoked": self._world.tokens.revoke(account.name, integration.client_id)}

    def _who(self, order: Json) -> tuple[Account, int]:
        account = self._world.account(order.get("account"))
        return account, int(order.get("user_id") or account.admin_id())
