"""Control paths of what leaves YClients: letters, hooks, messages, telephony (see README.md)."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from kommutator.twins.long_poll import wait_for
from kommutator.twins.orders import read_order, shown
from kommutator.twins.yclients.company import Company
from kommutator.twins.yclients.market_control import MarketControl
from kommutator.twins.yclients.messages import SERVICE, WHATSAPP
from kommutator.twins.yclients.phone_calls import Telephony
from kommutator.twins.yclients.status_door import StatusDoor
from kommutator.twins.yclients.subscriptions import read_settings
from kommutator.twins.yclients.world import World

Json = dict[str, Any]


class OutsideControl:
    """Everything beside the API about what YClients tells others."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._market = MarketControl(world)

    def add_to(self, app: web.Application) -> None:
        """Register the paths, and stop sending when the twin stops."""
        self._market.add_to(app)
        StatusDoor(self._world).add_to(app)
        app.router.add_routes(
            [
                web.get("/_twin/letters", shown(self.letters)),
                web.get("/_twin/hooks", shown(self.hooks)),
                web.post("/_twin/hooks", shown(self.set_hooks)),
                web.get("/_twin/messages", shown(self.messages)),
                web.post("/_twin/message", shown(self.message)),
                web.post("/_twin/remind", shown(self.remind)),
                web.get("/_twin/telephony", shown(self.telephony)),
                web.post("/_twin/telephony", shown(self.set_telephony)),
                web.get("/_twin/calls", shown(self.calls)),
            ]
        )
        app.on_cleanup.append(self._close)

    async def letters(self, request: web.Request) -> Json:
        """What was sent: `kind` hook or lifecycle, `company`; waits for `count` as `wait_for`."""
        query = {"count": "0", **request.query}
        kind, company = query.pop("kind", None), query.pop("company", None)
        courier = self._world.outside.courier
        number = int(company) if company else None

        def found() -> list[Json]:
            return [letter.dump() for letter in courier.book.find(kind, number)]

        told = await wait_for(self._world.core.bell, query, found)
        return told | {"waiting": courier.waiting}

    async def hooks(self, request: web.Request) -> Json:
        """The WebHook page of `?company=`, and who is told of records."""
        company, hooks = self._company(request), self._world.outside.hooks
        return hooks.of(company.id).api_view() | {"told": hooks.urls(company.id, "record")}

    async def set_hooks(self, request: web.Request) -> Json:
        """An administrator's hand on the WebHook page: `company` and what the API takes."""
        order = await read_order(request)
        company, hooks = self._world.company(order.get("company")), self._world.outside.hooks
        hooks.settings[company.id] = read_settings(order)
        self._world.core.bell.ring()
        return hooks.of(company.id).api_view()

    async def messages(self, request: web.Request) -> Json:
        """What went through operators: of `?company=` or all; waits as `wait_for`."""
        query = {"count": "0", **request.query}
        company = query.pop("company", None)
        book = self._world.outside.operator.messages
        number = int(company) if company else None
        told = await wait_for(
            self._world.core.bell, query, lambda: [row.dump() for row in book.of(number)]
        )
        return told | {"strays": list(book.strays)}

    async def message(self, request: web.Request) -> Json:
        """Send through the operator: `company`, `phones`, `text`, `channel`, `dispatch_type`."""
        order = await read_order(request)
        phones = order.get("phones")
        if not isinstance(phones, list) or not phones:
            raise ValueError("phones: a list of numbers")
        made = await self._world.outside.operator.send(
            self._world.company(order.get("company")).id,
            [str(phone) for phone in phones],
            str(order["text"]),
            channel=str(order.get("channel") or WHATSAPP),
            dispatch_type=str(order.get("dispatch_type") or SERVICE),
        )
        return {"messages": [message.dump() for message in made]}

    async def remind(self, request: web.Request) -> Json:
        """Send the reminder of a record now: `company`, `record`."""
        order = await read_order(request)
        company = self._world.company(order.get("company"))
        record = company.records.get(int(order["record"]))
        if record is None:
            raise ValueError("no such record")
        await self._world.outside.reminders.remind(company, record)
        return {"messages": [one.dump() for one in self._sent(company)]}

    async def telephony(self, request: web.Request) -> Json:
        """The telephony of the chain of `?company=`."""
        return self._telephony_view(self._company(request))

    async def set_telephony(self, request: web.Request) -> Json:
        """Routing of the chain of `company`: `routes` (extension or line → salon), `enabled`."""
        order = await read_order(request)
        company = self._world.company(order.get("company"))
        told = self._telephony(company)
        routes = {str(k): int(v) for k, v in dict(order.get("routes", told.routes)).items()}
        if unknown := set(routes.values()) - self._world.companies.keys():
            raise ValueError(f"no company {min(unknown)}")
        told.routes = routes
        told.enabled = bool(order.get("enabled", told.enabled))
        self._world.core.bell.ring()
        return self._telephony_view(company)

    async def calls(self, request: web.Request) -> Json:
        """Calls of the chain of `?company=`; waits for `count` with these values."""
        query = {"count": "0", **request.query}
        company = self._world.company(query.pop("company", None))
        told = self._telephony(company)
        return await wait_for(
            self._world.core.bell, query, lambda: [call.dump() for call in told.calls]
        )

    def _company(self, request: web.Request) -> Company:
        return self._world.company(request.query.get("company"))

    def _sent(self, company: Company) -> list[Any]:
        return self._world.outside.operator.messages.of(company.id)[-1:]

    def _telephony(self, company: Company) -> Telephony:
        return self._world.outside.telephony(company.group_id)

    def _telephony_view(self, company: Company) -> Json:
        told = self._telephony(company)
        return {
            "enabled": told.enabled,
            "routes": dict(told.routes),
            "calls": [call.dump() for call in told.calls],
            "popups": [popup.dump() for popup in told.popups],
            "commands": list(told.commands),
        }

    async def _close(self, app: web.Application) -> None:  # noqa: ARG002  aiohttp's signature
        await self._world.outside.close()
