"""What buyers and the vendor do, ordered from outside: see README.md."""

from __future__ import annotations

from aiohttp import web

from kommutator.twins.avito.accounts import Account, World
from kommutator.twins.core import Json
from kommutator.twins.orders import read_order, shown


class Acts:
    """Acts of buyers, of the seller by hand, and of the vendor."""

    def __init__(self, world: World) -> None:
        self._world = world

    def add_to(self, app: web.Application) -> None:
        """Register the paths."""
        app.router.add_routes(
            [
                web.post("/_twin/accounts", shown(self.accounts)),
                web.post("/_twin/code", shown(self.code)),
                web.post("/_twin/by-hand", shown(self.by_hand)),
                web.post("/_twin/tariff", shown(self.tariff)),
                web.post("/_twin/revoke", shown(self.revoke)),
                web.post("/_twin/close", shown(self.close)),
            ]
        )

    def credentials(self) -> Json:
        """Accounts with their applications' secrets."""
        accounts = [_credentials(account) for account in self._world.accounts.values()]
        return {"base_url": self._world.core.base_url, "accounts": accounts}

    def say(self, order: Json) -> Json:
        """A buyer writes: `chat` (new without), `name`, `user_id`, `item`, `text`."""
        owner = order.get("owner") or order.get("account")
        talk = self._world.buyer_writes(self._account(owner), order)
        return {"chat": talk.id, "owner": talk.owner}

    async def accounts(self, request: web.Request) -> Json:
        """One more account: `name`."""
        return _credentials(self._world.add(str((await read_order(request))["name"])))

    async def code(self, request: web.Request) -> Json:
        """The seller lets an application in: a code for `POST /token`."""
        account = self._account((await read_order(request)).get("account"))
        code = self._world.core.ids.token(12)
        account.codes.add(code)
        return {"code": code}

    async def by_hand(self, request: web.Request) -> Json:
        """The seller answers in Avito's own application: `{"chat", "text"}`."""
        order = await read_order(request)
        account = self._account(order.get("account"))
        talk = self._world.talks.get(str(account.id), str(order["chat"]))
        line = self._world.seller_writes(account, talk, str(order["text"]))
        return self._done({"id": line.id})

    async def tariff(self, request: web.Request) -> Json:
        """`{"paid": false}`: the tariff has no messenger API."""
        order = await read_order(request)
        account = self._account(order.get("account"))
        account.paid = bool(order["paid"])
        return self._done({"paid": account.paid})

    async def revoke(self, request: web.Request) -> Json:
        """Every token of the account ends; `secret`: its application gets another secret."""
        order = await read_order(request)
        account = self._account(order.get("account"))
        account.tokens.clear()
        account.refresh = ""
        if order.get("secret"):
            account.client_secret = str(order["secret"])
        return self._done({"ok": True})

    async def close(self, request: web.Request) -> Json:
        """`{"chat", "why"}`: the buyer blocked the seller; "" opens it again."""
        order = await read_order(request)
        account = self._account(order.get("account"))
        talk = self._world.talks.get(str(account.id), str(order["chat"]))
        talk.closed = str(order.get("why", "blocked"))
        return self._done({"chat": talk.id, "closed": talk.closed})

    def _account(self, number: object) -> Account:
        return self._world.account(int(str(number)) if number else None)

    def _done(self, answer: Json) -> Json:
        self._world.core.bell.ring()
        return answer


def _credentials(account: Account) -> Json:
    return {
        "id": account.id,
        "name": account.name,
        "client_id": account.client_id,
        "client_secret": account.client_secret,
    }
