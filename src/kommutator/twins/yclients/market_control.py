"""Control paths of the marketplace: the card, Connect, freeze, pay, uninstall, and attacks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from aiohttp import web

from kommutator.twins.orders import OrderRefused, read_order, shown
from kommutator.twins.yclients.applications import (
    ACTIVE,
    BY_MARKETPLACE,
    FREEZED,
    UNINSTALLED,
    Application,
)
from kommutator.twins.yclients.consent import Consent
from kommutator.twins.yclients.people import User
from kommutator.twins.yclients.world import World

Json = dict[str, Any]

# What a card may be changed by, and how it is read.
_CARD = {
    "title": str,
    "description": str,
    "redirect_url": str,
    "callback_url": str,
    "operator_url": str,
    "multi_branch": bool,
    "pass_user_data": bool,
    "rooms": tuple,
    "tariffs": list,
}
_MONTH = timedelta(days=30)
_MOMENT = "%Y-%m-%d %H:%M:%S"


class MarketControl:
    """A person's hand in the marketplace, and an attacker's."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._consent = Consent(world)

    def add_to(self, app: web.Application) -> None:
        """Register the paths."""
        app.router.add_routes(
            [
                web.get("/_twin/market", shown(self.show)),
                web.post("/_twin/market", shown(self.act)),
                web.post("/_twin/market/application", shown(self.application)),
                web.post("/_twin/market/connect", shown(self.connect)),
                web.post("/_twin/market/forge", shown(self.forge)),
                web.post("/_twin/market/replay", shown(self.replay)),
                web.post("/_twin/market/lifecycle", shown(self.lifecycle)),
            ]
        )

    async def show(self, request: web.Request) -> Json:  # noqa: ARG002  one signature
        """All applications with their connections; secrets are shown."""
        market = self._world.outside.market
        return {
            "applications": [
                application.dump()
                | {
                    "system_user_token": self._world.users[application.system_user_id].token,
                    "connections": [one.dump() for one in market.connections(application)],
                }
                for application in market.applications.values()
            ]
        }

    async def application(self, request: web.Request) -> Json:
        """Change the card of `application_id`, or make one with this new id."""
        order = await read_order(request)
        market, number = self._world.outside.market, order.pop("application_id", None)
        if unknown := set(order) - _CARD.keys():
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        values = {name: _CARD[name](v) if v is not None else None for name, v in order.items()}
        if number is not None and int(number) not in market.applications:
            market.applications[int(number)] = self._new(int(number))
        application = market.application(number)
        for name, value in values.items():
            setattr(application, name, value)
        self._world.core.bell.ring()
        return application.dump()

    async def connect(self, request: web.Request) -> Json:
        """A person presses Connect: `salon_ids`, `user_id` → where the browser goes.

        `person` overwrites what is told of the person.
        """
        order = await read_order(request)
        application, salons, user = self._wish(order)
        return {"location": self._consent.give(application, salons, user, order.get("person"))}

    async def forge(self, request: web.Request) -> Json:
        """A redirect nobody consented to: a real person's signed data, salons of others.

        `spoil` damages it further: data, sign or unsigned.
        """
        order = await read_order(request)
        application, salons, user = self._wish(order)
        more, spoil = order.get("person"), str(order.get("spoil", ""))
        location = self._consent.location(application, salons, user, more, spoil=spoil)
        return {"location": location}

    async def replay(self, request: web.Request) -> Json:  # noqa: ARG002  one signature
        """The last redirect once more; nothing else happens."""
        redirects = self._world.outside.redirects
        if not redirects:
            raise OrderRefused("nobody has connected yet")
        return {"location": redirects[-1]}

    async def lifecycle(self, request: web.Request) -> Json:
        """A body to the Callback Url, whoever it says it is from: `event`, `salon_id`.

        Everything else of the order goes into the body, a wrong `partner_token` too; no state
        changes.
        """
        order = await read_order(request)
        application = self._world.outside.market.application(order.get("application_id"))
        salon = int(order.pop("salon_id"))
        event = str(order.pop("event"))
        letter = self._world.outside.lifecycle.tell(application, salon, event, order)
        if letter is None:
            raise OrderRefused("the application has no callback_url")
        return {"letter": letter.dump()}

    async def act(self, request: web.Request) -> Json:
        """In the cabinet: `act` freeze, unfreeze, uninstall or pay; `salon_id`."""
        order = await read_order(request)
        outside, act = self._world.outside, order.get("act")
        application = outside.market.application(order.get("application_id"))
        salon = self._world.company(order.get("salon_id")).id
        if act == "pay":
            return {"payment": self._pay(application, salon, order)}
        ways = {"freeze": FREEZED, "unfreeze": ACTIVE, "uninstall": UNINSTALLED}
        if act not in ways:
            raise ValueError(f"act is one of {', '.join([*ways, 'pay'])}")
        found = outside.market.turn(application, salon, ways[act], BY_MARKETPLACE)
        return {"connection": found.dump()}

    def _pay(self, application: Application, salon: int, order: Json) -> Json:
        outside = self._world.outside
        now = self._world.local_now(self._world.company(salon))
        options = [one for tariff in application.tariffs for one in tariff["options"]]
        option = options[0] if options else {"id": 0, "overall_price": 0, "currency_iso": "RUB"}
        row = {
            "payment_sum": order.get("payment_sum", option["overall_price"]),
            "currency_iso": order.get("currency_iso", option["currency_iso"]),
            "payment_date": now.strftime(_MOMENT),
            "period_from": now.strftime(_MOMENT),
            "period_to": (now + _MONTH).strftime(_MOMENT),
        }
        paid = outside.market.pay(application, salon, row, BY_MARKETPLACE)
        if self._world.switches.lifecycle_payment:
            more = {"tariff_option_id": option["id"]}
            outside.lifecycle.paid(application, salon, paid | more)
        self._world.core.bell.ring()
        return paid

    def _wish(self, order: Json) -> tuple[Application, list[int], User]:
        application = self._world.outside.market.application(order.get("application_id"))
        wanted = order.get("salon_ids") or [self._world.company(None).id]
        salons = [self._world.company(one).id for one in wanted]
        return application, salons, self._consent.person(order.get("user_id"))

    def _new(self, number: int) -> Application:
        world = self._world
        user_id = world.next_id("user")
        user = User(
            id=user_id,
            name=f"Приложение {number}",
            login=f"system{number}@application.example",
            password=world.hash_of("password", number),
            token=world.hash_of("token", number),
            is_system=True,
        )
        world.add_user(user)
        return Application(
            id=number,
            title=user.name,
            system_user_id=user_id,
            redirect_url=world.standing.redirect_url,
            partner_id=next(iter(world.partners)),
        )
