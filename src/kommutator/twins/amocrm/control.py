"""`/_twin/…`: how tests and the pages look into the twin and pull its strings (see README.md)."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from kommutator.twins.amocrm.account import Account
from kommutator.twins.amocrm.seed import more_leads
from kommutator.twins.amocrm.views import account_view, credentials_view, items_for_wait
from kommutator.twins.amocrm.world import World
from kommutator.twins.long_poll import wait_for
from kommutator.twins.orders import read_order, shown
from kommutator.twins.strings import Strings

Json = dict[str, Any]

UNPAID = ("", "writes", "all")


class Control:
    """The control paths every twin has, and the vendor's own strings: blocks, payment, moves."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._strings = Strings(world.core, world.switches, world.clock, world.now)

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
                web.post("/_twin/account", shown(self.account)),
                web.post("/_twin/unblock", shown(self.unblock)),
                web.post("/_twin/move", shown(self.move)),
                web.post("/_twin/leads", shown(self.leads)),
            ]
        )

    async def credentials(self, request: web.Request) -> Json:  # noqa: ARG002  one signature
        """Addresses, users and integrations with their secrets."""
        return credentials_view(self._world)

    async def state(self, request: web.Request) -> Json:
        """All that is held: of `?account=`, or of all under `accounts`; `traffic=0`: no log."""
        world, name = self._world, request.query.get("account")
        counted = request.query.get("traffic") != "0"
        traffic = world.core.traffic.dump(name) if counted else {}
        if name is not None:
            return account_view(world, world.account(name)) | traffic
        accounts = {n: account_view(world, a) for n, a in world.accounts.items()}
        return {"accounts": accounts, **traffic}

    async def wait(self, request: web.Request) -> Json:
        """Long poll: `?what=leads&account=…`, and as `wait_for` says."""
        query = request.query
        account = self._world.account(query.get("account")).name
        what = query.get("what", "leads")
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
        """One more account: `name`, optionally `users`."""
        order = await read_order(request)
        account = self._world.add(str(order.get("name", "")), users=int(order.get("users", 0)))
        rows: list[Json] = credentials_view(self._world)["accounts"]
        return next(row for row in rows if row["name"] == account.name)

    async def account(self, request: web.Request) -> Json:
        """Trouble of an account: `blocked`, `unpaid`, `is_unsorted_on`, `webhooks_in_tariff`."""
        order = await read_order(request)
        account = self._world.account(order.get("account"))
        if order.get("unpaid", "") not in UNPAID:
            raise ValueError(f"unpaid is one of {UNPAID}")
        for name in ("blocked", "is_unsorted_on", "webhooks_in_tariff"):
            if name in order:
                setattr(account, name, bool(order[name]))
        account.unpaid = order.get("unpaid", account.unpaid)
        return self._done(account)

    async def unblock(self, request: web.Request) -> Json:
        """The vendor's support lifts the block for exceeded limits."""
        account = self._world.account((await read_order(request)).get("account"))
        account.limit_blocked = False
        self._world.pace.clear(account.name)
        return self._done(account)

    async def move(self, request: web.Request) -> Json:
        """The account gets another subdomain: `to`."""
        order = await read_order(request)
        account = self._world.account(order.get("account"))
        self._world.move(account, str(order.get("to", "")))
        return self._done(account)

    async def leads(self, request: web.Request) -> Json:
        """Many leads at once: `count`; nobody is told."""
        order = await read_order(request)
        account = self._world.account(order.get("account"))
        more_leads(account, int(order["count"]), now=self._world.now())
        return {"leads": len(account.cards["leads"])}

    def _done(self, account: Account) -> Json:
        self._world.core.bell.ring()
        return {
            "account": account.name,
            "base_url": account.base_url,
            "blocked": account.blocked,
            "unpaid": account.unpaid,
            "limit_blocked": account.limit_blocked,
        }
