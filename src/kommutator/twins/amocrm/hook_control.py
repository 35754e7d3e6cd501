"""Control paths of webhooks: what went out, hooks set up by hand, messages, storms."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from kommutator.twins.amocrm.account import Account
from kommutator.twins.amocrm.hook_delivery import Subscription
from kommutator.twins.amocrm.hook_news import HookNews, Told
from kommutator.twins.amocrm.hook_sender import HookSender
from kommutator.twins.amocrm.hook_storm import storm
from kommutator.twins.amocrm.webhooks import SETTINGS, add, find
from kommutator.twins.amocrm.world import World
from kommutator.twins.long_poll import LONGEST_WAIT_SECONDS
from kommutator.twins.orders import read_order, shown

Json = dict[str, Any]


class Hooks:
    """Everything of webhooks beside the API: the sender at work and its strings."""

    def __init__(self, world: World) -> None:
        self._world = world
        ids, bell = world.core.ids, world.core.bell
        self.sender = HookSender(world.switches, ids, world.clock, bell.ring, self._stands)
        self.news = HookNews(self.sender, world.switches)
        world.subscribe(self.news.changed)
        world.on_reset.append(self.sender.forget)

    def add_to(self, app: web.Application) -> None:
        """Register the paths, and stop sending when the twin stops."""
        app.router.add_routes(
            [
                web.get("/_twin/hooks", shown(self.deliveries)),
                web.post("/_twin/hooks", shown(self.set_up)),
                web.post("/_twin/message", shown(self.message)),
                web.post("/_twin/storm", shown(self.storm)),
            ]
        )
        app.on_cleanup.append(self._close)

    async def deliveries(self, request: web.Request) -> Json:
        """What was sent of `?account=`: waits for `count` of an `outcome`."""
        query = request.query
        name, outcome = query.get("account"), query.get("outcome")
        count = int(query.get("count", "0"))
        seconds = min(float(query.get("timeout", "5")), LONGEST_WAIT_SECONDS)

        def found() -> list[Json]:
            rows = self.sender.log.of(name)
            return [row.dump() for row in rows if outcome in (None, row.outcome)]

        ok = await self._world.core.bell.until(lambda: len(found()) >= count, seconds)
        return {"ok": ok, "items": found(), "waiting": self.sender.waiting}

    async def set_up(self, request: web.Request) -> Json:
        """A hook an administrator sets up by hand: `destination`, `settings`, or `remove`.

        `short` makes it a digital pipeline's; `disabled` false switches it on again.
        """
        order = await read_order(request)
        account = self._world.account(order.get("account"))
        destination = str(order["destination"])
        present = find(account, destination)
        if order.get("remove"):
            if present is not None:
                del account.hooks[present.id]
            return {"removed": present is not None}
        settings = [str(one) for one in order.get("settings", [])]
        if unknown := sorted(set(settings) - SETTINGS):
            raise ValueError(f"unknown settings: {', '.join(unknown)}")
        if present is None:
            present = self._new(account, destination, settings, short=bool(order.get("short")))
        elif settings:
            present.settings = settings
        present.disabled = bool(order.get("disabled", present.disabled))
        if not present.disabled:
            present.bad.times.clear()
        self._world.core.bell.ring()
        return present.dump(account.id)

    async def message(self, request: web.Request) -> Json:
        """A message of a messenger: `text`, `contact_id`, `outgoing`; ids are strings and UUIDs."""
        order = await read_order(request)
        account, ids = self._world.account(order.get("account")), self._world.core.ids
        outgoing = bool(order.get("outgoing"))
        item = {
            "id": str(ids.uuid()),
            "chat_id": str(order.get("chat_id") or ids.uuid()),
            "talk_id": str(order.get("talk_id") or account.next_id()),
            "contact_id": order.get("contact_id"),
            "text": str(order.get("text", "Hello World!")),
            "created_at": self._world.now(),
            "element_type": "1",
            "entity_type": "contact",
            "element_id": order.get("contact_id"),
            "author": {"id": str(ids.uuid()), "type": "internal" if outgoing else "external"},
            "origin": "telegram",
            "type": "outgoing" if outgoing else "incoming",
        }
        word = "outgoing_message" if outgoing else "message"
        told = Told((f"add_{word}",), word, "add", item)
        for hook in account.hooks.values():
            if hook.wants(f"add_{word}"):
                self.news.tell(account, hook, told)
        return {"message": item}

    async def storm(self, request: web.Request) -> Json:
        """So many hooks a second: `per_second`, `seconds`, `destination` (see `hook_storm`)."""
        order = await read_order(request)
        account = self._world.account(order.get("account"))
        return await storm(
            self._world,
            account,
            self.news,
            self.sender,
            per_second=float(order.get("per_second", 10)),
            seconds=float(order.get("seconds", 1)),
            destination=order.get("destination"),
        )

    def _new(
        self, account: Account, destination: str, settings: list[str], *, short: bool
    ) -> Subscription:
        by, at = account.admin_id(), self._world.now()
        return add(account, destination, settings, by=by, at=at, short=short)

    def _stands(self, account: str, subscription: Subscription) -> bool:
        """Whether the hook was neither removed nor lost with its account."""
        owner = self._world.accounts.get(account)
        return owner is not None and owner.hooks.get(subscription.id) is subscription

    async def _close(self, app: web.Application) -> None:  # noqa: ARG002  aiohttp's signature
        await self.sender.close()
