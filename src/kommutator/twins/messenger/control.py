"""`/_twin/…` of every fake messenger: looking, waiting, faults, switches, the other side's acts."""

from __future__ import annotations

from importlib.resources import files
from typing import Protocol

from aiohttp import web

from kommutator.twins.assets import Pages
from kommutator.twins.clock import ShiftedClock
from kommutator.twins.core import Json, TwinCore
from kommutator.twins.long_poll import wait_for
from kommutator.twins.messenger.talks import Talks
from kommutator.twins.orders import Serve, read_order, shown
from kommutator.twins.strings import Strings
from kommutator.twins.switchboard import SwitchBoard

PAGES = Pages(files("kommutator.twins.messenger") / "pages", frozenset({"page.js", "chat.css"}))
POLICY = "default-src 'self'; img-src 'self' data:"


class World(Protocol):
    """What the page shows and moves of a fake messenger."""

    @property
    def core(self) -> TwinCore: ...
    @property
    def clock(self) -> ShiftedClock: ...
    @property
    def talks(self) -> Talks: ...
    @property
    def switches(self) -> SwitchBoard: ...
    def reset(self) -> None:
        """Everything anew."""
        ...


class People(Protocol):
    """Whoever is on the other side."""

    def credentials(self) -> Json:
        """What the gateway needs to know, secrets too."""
        ...

    def say(self, order: Json, /) -> Json:
        """`{"chat", "text"}` and what the vendor's twin takes besides: the other side writes."""
        ...


class MessengerControl:
    """The paths all messengers have. `title`: of the page: which messenger this plays."""

    def __init__(self, title: str, world: World, people: People) -> None:
        self._title = title
        self._core = world.core
        self._strings = Strings(world.core, world.switches, world.clock)
        self._talks = world.talks
        self._credentials = people.credentials
        self._say = people.say
        self._reset = world.reset

    def add_to(self, app: web.Application) -> None:
        """Register the paths and the page."""
        looks: dict[str, Serve] = {
            "credentials": self.credentials,
            "state": self.state,
            "wait": self.wait,
        }
        acts: dict[str, Serve] = {
            "say": self.say,
            "reset": self.reset,
        }
        app.router.add_routes(
            [
                *(web.get(f"/_twin/{name}", shown(serve)) for name, serve in looks.items()),
                *(web.post(f"/_twin/{name}", shown(serve)) for name, serve in acts.items()),
                *self._strings.routes(),
                web.get("/_twin/page/{file}", PAGES.asset),
                web.get("/", _page),
            ]
        )

    async def credentials(self, request: web.Request) -> Json:  # noqa: ARG002  one signature
        """What the gateway's administrator would copy from the vendor's cabinet."""
        return self._credentials()

    async def state(self, request: web.Request) -> Json:
        """All chats with their messages; `traffic=0`: without the log of requests."""
        counted = request.query.get("traffic") != "0"
        return {
            "title": self._title,
            "talks": [talk.dump() for talk in self._talks.everything()],
            **(self._core.traffic.dump() if counted else {}),
        }

    async def wait(self, request: web.Request) -> Json:
        """Long poll for messages, as `wait_for` says: `?ours=true&chat=…&count=1`."""
        return await wait_for(self._core.bell, request.query, self._talks.rows)

    async def say(self, request: web.Request) -> Json:
        """The other side writes: `{"chat", "text"}`."""
        said = self._say(await read_order(request))
        self._core.bell.ring()
        return said

    async def reset(self, request: web.Request) -> Json:  # noqa: ARG002  one signature
        """Start anew."""
        self._reset()
        self._core.traffic.clear()
        self._core.bell.ring()
        return {"ok": True}


async def _page(request: web.Request) -> web.Response:  # noqa: ARG001  aiohttp's signature
    return PAGES.page("index.html", POLICY)
