"""`/_twin/…`: how tests and the pages look into the twin and pull its strings (see README.md)."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from kommutator.twins.long_poll import wait_for, wait_for_news
from kommutator.twins.orders import read_order, shown
from kommutator.twins.yclients.views import client_view, company_view, credentials_view, record_view
from kommutator.twins.yclients.world import World

Json = dict[str, Any]


class Control:
    """The control paths every twin has."""

    def __init__(self, world: World) -> None:
        self._world = world

    def add_to(self, app: web.Application) -> None:
        """Register the paths."""
        app.router.add_routes(
            [
                web.get("/_twin/credentials", shown(self.credentials)),
                web.get("/_twin/state", shown(self.state)),
                web.get("/_twin/wait", shown(self.wait)),
                web.get("/_twin/changed", shown(self.changed)),
                web.get("/_twin/journal", shown(self.journal)),
                web.get("/_twin/pace", shown(self.pace)),
                web.delete("/_twin/pace", shown(self.forget_pace)),
                web.post("/_twin/reset", shown(self.reset)),
                web.get("/_twin/switches", shown(self.switches)),
                web.post("/_twin/switches", shown(self.switches)),
                web.get("/_twin/faults", shown(self.faults)),
                web.post("/_twin/faults", shown(self.add_fault)),
                web.delete("/_twin/faults", shown(self.clear_faults)),
                web.get("/_twin/clock", shown(self.clock)),
                web.post("/_twin/clock", shown(self.clock)),
            ]
        )

    async def credentials(self, request: web.Request) -> Json:  # noqa: ARG002  one signature
        """Addresses, tokens, users and branches."""
        return credentials_view(self._world)

    async def state(self, request: web.Request) -> Json:
        """All that is held: of `?company=`, or of all; with the counted requests and the pace."""
        world, wanted = self._world, request.query.get("company")
        companies = [world.company(wanted)] if wanted else list(world.companies.values())
        return {
            "companies": {str(c.id): company_view(world, c) for c in companies},
            "requests": world.core.traffic.dump(wanted)["requests"],
            "pace": world.pace.dump(),
        }

    async def wait(self, request: web.Request) -> Json:
        """Long poll: `?company=&what=records|clients`, and as `wait_for` says."""
        query = {**request.query}
        company = self._world.company(query.pop("company", None)).id
        what = query.get("what", "records")

        def items() -> list[Json]:
            now = self._world.company(company)
            if what == "clients":
                return [client_view(row) for row in now.clients.values()]
            return [record_view(row) for row in now.records.values()]

        return await wait_for(self._world.core.bell, query, items)

    async def changed(self, request: web.Request) -> Json:
        """Long poll of the pages, see `wait_for_news`."""
        return await wait_for_news(self._world.core.bell, request.query)

    async def journal(self, request: web.Request) -> Json:
        """Requests that came, with who asked: `count` with these values (`path`, `user`…)."""
        query = {"count": "0", **request.query}
        return await wait_for(self._world.core.bell, query, self._world.log.rows)

    async def pace(self, request: web.Request) -> Json:  # noqa: ARG002  one signature
        """The highest count in any rolling second and any rolling minute, and the total."""
        return self._world.pace.dump()

    async def forget_pace(self, request: web.Request) -> Json:  # noqa: ARG002  one signature
        """Start counting anew."""
        self._world.pace.clear()
        return self._world.pace.dump()

    async def reset(self, request: web.Request) -> Json:  # noqa: ARG002  one signature
        """Everything as at the start."""
        self._world.reset()
        return {"ok": True}

    async def switches(self, request: web.Request) -> Json:
        """Show the switches; POST changes those named."""
        if request.method == "POST":
            self._world.switches.change(await read_order(request))
        return self._world.switches.dump()

    async def faults(self, request: web.Request) -> Json:  # noqa: ARG002  one signature
        """The orders in force and the kinds one can order."""
        book = self._world.core.faults
        return {"faults": [rule.dump() for rule in book], "kinds": book.kinds()}

    async def add_fault(self, request: web.Request) -> Json:
        """Order a fault (see `kommutator.twins.faults`); `account` is a company id."""
        return self._world.core.faults.add(await read_order(request)).dump()

    async def clear_faults(self, request: web.Request) -> Json:
        """Withdraw `?id=` or all."""
        number = request.query.get("id")
        return {"cleared": self._world.core.faults.clear(int(number) if number else None)}

    async def clock(self, request: web.Request) -> Json:
        """The twin's time; POST `{"advance": seconds}` puts it forward."""
        if request.method == "POST":
            self._world.clock.advance(float((await read_order(request))["advance"]))
            self._world.core.bell.ring()
        return {"now": self._world.now()}
