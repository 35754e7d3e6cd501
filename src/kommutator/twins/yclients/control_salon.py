"""Control paths of a branch: what people do in it, what it consists of, who may enter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from aiohttp import web

from kommutator.twins.long_poll import wait_for
from kommutator.twins.orders import read_order, shown
from kommutator.twins.yclients import building
from kommutator.twins.yclients.hands import Hands
from kommutator.twins.yclients.local_time import at_second, iso
from kommutator.twins.yclients.permissions import PHONES, merged, tree
from kommutator.twins.yclients.random_salon import Sizes, random_salon
from kommutator.twins.yclients.rows import Client, Record
from kommutator.twins.yclients.script import Script
from kommutator.twins.yclients.views import client_view, company_view, record_view
from kommutator.twins.yclients.world import World

Json = dict[str, Any]


class SalonControl:
    """Hands in the salon, and bricks to build one of."""

    def __init__(self, world: World) -> None:
        self._world = world

    def add_to(self, app: web.Application) -> None:
        """Register the paths."""
        posts = {
            "act": self.act,
            "companies": self.add_company,
            "company": self.change_company,
            "services": self.service,
            "staff": self.staff,
            "schedule": self.schedule,
            "activities": self.activity,
            "access": self.access,
            "users": self.user,
            "random": self.random,
            "script": self.script,
        }
        app.router.add_routes(
            [
                *(web.post(f"/_twin/{name}", shown(serve)) for name, serve in posts.items()),
                web.get("/_twin/times", shown(self.times)),
                web.get("/_twin/codes", shown(self.codes)),
                web.get("/_twin/mailings", shown(self.mailings)),
            ]
        )

    async def act(self, request: web.Request) -> Json:
        """As in YClients itself: `act`, `company`, `user`, and what `hands.Hands` asks for."""
        order = await read_order(request)
        world, company = self._world, self._world.company(order.get("company"))
        user = world.user(order["user"]) if "user" in order else None
        hands = Hands(world, company, user)
        acts: dict[str, Callable[[Json], Record | Client]] = {
            "create": hands.create,
            "move": hands.move,
            "cancel": hands.cancel,
            "attendance": hands.attendance,
            "comment": hands.comment,
            "client": hands.client,
            "drop_client": hands.drop_client,
        }
        name = str(order.get("act"))
        if name not in acts:
            raise ValueError(f"act is one of {', '.join(acts)}")
        done: Record | Client = acts[name](order)
        return record_view(done) if isinstance(done, Record) else client_view(done)

    async def add_company(self, request: web.Request) -> Json:
        """One more branch: `title`, `timezone`, `id`; closed to all but people of its chain."""
        company = building.company(self._world, await read_order(request))
        return company_view(self._world, company)

    async def change_company(self, request: web.Request) -> Json:
        """`license_end` (a date, or days from today), `settings`, `blacklist` (phones), `title`."""
        order = await read_order(request)
        company = self._world.company(order.get("company"))
        building.change_company(self._world, company, order)
        self._world.changed(company, "company", company.id, "update")
        return company_view(self._world, company)

    async def service(self, request: web.Request) -> Json:
        """A new service, or `id` changed: `title`, `category`, `minutes`, `price`, `active`."""
        order = await read_order(request)
        company = self._world.company(order.get("company"))
        made = building.service(self._world, company, order)
        status = "update" if "id" in order else "create"
        self._world.changed(company, "service", made.id, status)
        return {"id": made.id, "title": made.title, "category_id": made.category_id}

    async def staff(self, request: web.Request) -> Json:
        """A new employee, or `id` changed: `name`, `lengths` (minutes), `hidden`."""
        order = await read_order(request)
        company = self._world.company(order.get("company"))
        made = building.staff(self._world, company, order)
        self._world.changed(company, "staff", made.id, "update" if "id" in order else "create")
        return {"id": made.id, "name": made.name}

    async def schedule(self, request: web.Request) -> Json:
        """Shifts of `staff_id`: `slots` on `dates`, or from `from` to `to`; no slots: off."""
        order = await read_order(request)
        company = self._world.company(order.get("company"))
        staff = building.schedule(company, order)
        self._world.changed(company, "schedule", staff.id, "update")
        return {"staff_id": staff.id, "days": len(staff.shifts)}

    async def activity(self, request: web.Request) -> Json:
        """A group event: `service_id`, `staff_id`, `datetime`, `minutes`, `capacity`."""
        order = await read_order(request)
        company = self._world.company(order.get("company"))
        made = building.activity(self._world, company, order)
        self._world.core.bell.ring()
        return {"id": made.id}

    async def access(self, request: web.Request) -> Json:
        """Who may enter: `user` (default the system user), `companies` (default all).

        `rights` changes some of a whole tree, `phones: false` hides phones, `none: true` shuts out.
        """
        order = await read_order(request)
        world = self._world
        user = world.user(order.get("user") or world.system_user_id)
        for number in order.get("companies") or list(world.companies):
            company = world.company(number)
            if order.get("none"):
                user.access.pop(company.id, None)
                continue
            whole = tree(PHONES) if order.get("phones") is False else tree()
            user.access[company.id] = merged(whole, order.get("rights") or {})
        world.core.bell.ring()
        return {"user": user.id, "companies": sorted(user.access)}

    async def user(self, request: web.Request) -> Json:
        """A new user (`name`, `login`, `password`), or `user` with a new `password` and token."""
        made = building.user(self._world, await read_order(request))
        return {"id": made.id, "login": made.login, "user_token": made.token}

    async def random(self, request: web.Request) -> Json:
        """`count` salons by `seed`, `seed` + 1…; `open: true` lets in all present users."""
        order = await read_order(request)
        world, seed = self._world, int(order.get("seed", 0))
        sizes = replace(Sizes(), **(order.get("sizes") or {}))
        sizes = replace(sizes, zones=tuple(order.get("zones") or sizes.zones))
        made = [random_salon(world, seed + n, sizes) for n in range(int(order.get("count", 1)))]
        if order.get("open"):
            for user in world.users.values():
                user.access |= {company.id: tree() for company in made}
        world.core.bell.ring()
        return {"companies": [company.id for company in made]}

    async def script(self, request: web.Request) -> Json:
        """`changes` by hand in `company`, by `seed`, `pause` twin's seconds apart; their counts."""
        order = await read_order(request)
        company = self._world.company(order.get("company"))
        made = Script(self._world, company, int(order.get("seed", 0)))
        counts = made.run(int(order.get("changes", 1000)), pause=float(order.get("pause", 0)))
        return {"counts": counts}

    async def times(self, request: web.Request) -> Json:
        """Free slots without counting as a request: `?company=&staff=&date=&services=1,2`."""
        world, query = self._world, request.query
        company = world.company(query.get("company"))
        tomorrow = world.today(company) + timedelta(1)
        day = date.fromisoformat(query.get("date", tomorrow.isoformat()))
        services = [int(word) for word in query.get("services", "").split(",") if word]
        slots = world.times(company, int(query.get("staff", "0")), day, services)
        return {
            "slots": [
                {
                    "time": slot.time,
                    "staff_id": slot.staff_id,
                    "seance_length": slot.length,
                    "datetime": iso(world, company, at_second(day, slot.start)),
                }
                for slot in slots
            ]
        }

    async def codes(self, request: web.Request) -> Json:
        """Codes sent by SMS and not used yet, by phone."""
        return {"codes": self._world.company(request.query.get("company")).codes}

    async def mailings(self, request: web.Request) -> Json:
        """What was sent to clients through the API: of `?company=`, waits as `wait_for`."""
        return await wait_for(
            self._world.core.bell, {"count": "0", **request.query}, lambda: self._world.mailings
        )
