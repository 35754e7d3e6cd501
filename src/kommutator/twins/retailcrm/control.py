"""`/_twin/…`: how tests and the page look into the twin and pull its strings.

Bodies are JSON with `Content-Type: application/json`, so that no foreign web page can post here
through a visitor's browser. A refusal is `{"error": "…"}` with status 400 or 409.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from kommutator.twins.long_poll import wait_for
from kommutator.twins.orders import read_order, shown
from kommutator.twins.retailcrm import acts
from kommutator.twins.retailcrm.driver import Driver
from kommutator.twins.retailcrm.views import (
    account_view,
    credentials_view,
    items_for_wait,
)
from kommutator.twins.retailcrm.world import World
from kommutator.twins.strings import Strings

Json = dict[str, Any]


class Control:
    """The control paths of one twin."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._strings = Strings(world.core, world.switches)

    def add_to(self, app: web.Application) -> None:
        """Register the paths."""
        app.router.add_routes(
            [
                *self._strings.routes(),
                web.get("/_twin/credentials", shown(self.credentials)),
                web.get("/_twin/state", shown(self.state)),
                web.get("/_twin/wait", shown(self.wait)),
                web.post("/_twin/reset", shown(self.reset)),
                web.post("/_twin/accounts", shown(self.add_account)),
                web.post("/_twin/keys", shown(self.keys)),
                web.post("/_twin/module", shown(self.module)),
                web.post("/_twin/user", shown(self.user)),
                web.post("/_twin/customers", shown(self.customers)),
                web.post(
                    "/_twin/{act:click|status|open-account|activity|settings|install}",
                    shown(self.drive),
                ),
            ]
        )

    async def credentials(self, request: web.Request) -> Json:  # noqa: ARG002  one signature
        """Addresses and keys of all accounts."""
        return {"accounts": credentials_view(self._world)}

    async def state(self, request: web.Request) -> Json:
        """All that is held: of `?account=`, or of all under `accounts`; `traffic=0`: no log."""
        name = request.query.get("account")
        counted = request.query.get("traffic") != "0"
        traffic = self._world.core.traffic.dump(name) if counted else {}
        if name is not None:
            return account_view(self._world.account(name)) | traffic
        accounts = {n: account_view(a) for n, a in self._world.accounts.items()}
        return {"accounts": accounts, **traffic}

    async def wait(self, request: web.Request) -> Json:
        """Long poll: `?what=calls&account=…`, and as `wait_for` says."""
        query = request.query
        account = self._world.account(query.get("account")).name
        what = query.get("what", "calls")
        return await wait_for(
            self._world.core.bell,
            query,
            lambda: items_for_wait(self._world, self._world.account(account), what),
        )

    async def reset(self, request: web.Request) -> Json:
        """Start anew: `{"account": …}` or everything (accounts made later go away)."""
        self._world.reset((await read_order(request)).get("account"))
        return {"ok": True}

    async def add_account(self, request: web.Request) -> Json:
        """One more account: `name`, optionally `zone`, `users`, `api_key`, `limited_api_key`."""
        order = await read_order(request)
        account = self._world.add(
            str(order.get("name", "")),
            zone=str(order.get("zone", "Europe/Moscow")),
            users=int(order.get("users", 0)),
            api_key=order.get("api_key"),
            limited_api_key=order.get("limited_api_key"),
        )
        return next(row for row in credentials_view(self._world) if row["name"] == account.name)

    async def keys(self, request: web.Request) -> Json:
        """A key made or revoked by the CRM's administrator (see `acts.change_keys`)."""
        order = await read_order(request)
        account = self._world.account(order.get("account"))
        return acts.change_keys(account, order, self._world.core.ids.token(24))

    async def module(self, request: web.Request) -> Json:
        """A module changed inside the CRM (see `acts.change_module`)."""
        order = await read_order(request)
        return self._acted(acts.change_module(self._world.account(order.get("account")), order))

    async def user(self, request: web.Request) -> Json:
        """A user changed inside the CRM (see `acts.change_user`)."""
        order = await read_order(request)
        return self._acted(acts.change_user(self._world.account(order.get("account")), order))

    async def customers(self, request: web.Request) -> Json:
        """Clients entered, edited or deleted inside the CRM (see `acts.change_customers`)."""
        order = await read_order(request)
        account = self._world.account(order.get("account"))
        now = account.local(self._world.core.clock.now())
        return self._acted(acts.change_customers(account, order, now))

    async def drive(self, request: web.Request) -> Json:
        """Fire a callback at the gateway; answers what was sent and what came back."""
        order = await read_order(request)
        account = self._world.account(order.get("account"))
        driver = Driver(self._world.core, self._world.switches, account)
        act = getattr(driver, request.match_info["act"].replace("-", "_"))
        report: Json = await act(order)
        return report

    def _acted(self, result: Json) -> Json:
        self._world.core.bell.ring()
        return result
