"""`/_twin/…` of every fake messenger: looking, waiting, faults, switches, the other side's acts."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files

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


class MessengerControl:
    """The paths all messengers have.

    Args:
        title: of the page: which messenger this plays.
        credentials: what the gateway needs to know, secrets too.
        say: `{"chat", "text"}` and what the vendor's twin takes besides: the other side writes.
        reset: everything anew.
    """

    def __init__(
        self,
        title: str,
        core: TwinCore,
        clock: ShiftedClock,
        talks: Talks,
        switches: SwitchBoard,
        *,
        credentials: Callable[[], Json],
        say: Callable[[Json], Json],
        reset: Callable[[], None],
    ) -> None:
        self._title = title
        self._core = core
        self._strings = Strings(core, switches, clock)
        self._talks = talks
        self._credentials = credentials
        self._say = say
        self._reset = reset

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
