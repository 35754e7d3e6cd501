"""`/_twin/…`: how tests and the pages look into the twin and pull its strings (see README.md)."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from kommutator.twins.long_poll import wait_for
from kommutator.twins.orders import shown
from kommutator.twins.strings import Strings
from kommutator.twins.yclients.views import client_view, company_view, credentials_view, record_view
from kommutator.twins.yclients.world import World

Json = dict[str, Any]


class Control:
    """The control paths every twin has."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._strings = Strings(world.core, world.switches, world.clock)

    def add_to(self, app: web.Application) -> None:
        """Register the paths."""
        app.router.add_routes(
            [
                *self._strings.routes(),
                web.get("/_twin/credentials", shown(self.credentials)),
                web.get("/_twin/state", shown(self.state)),
                web.get("/_twin/wait", shown(self.wait)),
                web.get("/_twin/journal", shown(self.journal)),
                web.get("/_twin/pace", shown(self.pace)),
                web.delete("/_twin/pace", shown(self.forget_pace)),
                web.post("/_twin/reset", shown(self.reset)),
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
