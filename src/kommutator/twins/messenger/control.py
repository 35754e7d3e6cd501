"""`/_twin/…` of every fake messenger: looking, waiting, faults, switches, the other side's acts."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files

from aiohttp import web

from kommutator.twins.assets import Pages
from kommutator.twins.clock import ShiftedClock
from kommutator.twins.core import Json, TwinCore
from kommutator.twins.long_poll import wait_for, wait_for_news
from kommutator.twins.messenger.talks import Talks
from kommutator.twins.orders import Serve, read_order, shown
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
        self._clock = clock
        self._talks = talks
        self._switches = switches
        self._credentials = credentials
        self._say = say
        self._reset = reset

    def add_to(self, app: web.Application) -> None:
        """Register the paths and the page."""
        looks: dict[str, Serve] = {
            "credentials": self.credentials,
            "state": self.state,
            "wait": self.wait,
            "changed": self.changed,
            "switches": self.switches,
            "faults": self.faults,
            "clock": self.clock,
        }
        acts: dict[str, Serve] = {
            "say": self.say,
            "reset": self.reset,
            "switches": self.switches,
            "faults": self.add_fault,
            "clock": self.clock,
        }
        app.router.add_routes(
            [
                *(web.get(f"/_twin/{name}", shown(serve)) for name, serve in looks.items()),
                *(web.post(f"/_twin/{name}", shown(serve)) for name, serve in acts.items()),
                web.delete("/_twin/faults", shown(self.clear_faults)),
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

    async def changed(self, request: web.Request) -> Json:
        """Long poll of the page, see `wait_for_news`."""
        return await wait_for_news(self._core.bell, request.query)

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

    async def switches(self, request: web.Request) -> Json:
        """Show the switches; POST changes those named."""
        if request.method == "POST":
            self._switches.change(await read_order(request))
        return self._switches.dump()

    async def faults(self, request: web.Request) -> Json:  # noqa: ARG002  one signature
        """The orders in force and the kinds one can order."""
        return {
            "faults": [rule.dump() for rule in self._core.faults],
            "kinds": self._core.faults.kinds(),
        }

    async def add_fault(self, request: web.Request) -> Json:
        """Order a fault (see `kommutator.twins.faults`)."""
        return self._core.faults.add(await read_order(request)).dump()

    async def clear_faults(self, request: web.Request) -> Json:
        """Withdraw `?id=` or all."""
        number = request.query.get("id")
        return {"cleared": self._core.faults.clear(int(number) if number else None)}

    async def clock(self, request: web.Request) -> Json:
        """The twin's time; POST `{"advance": seconds}` puts it forward."""
        if request.method == "POST":
            self._clock.advance(float((await read_order(request))["advance"]))
            self._core.bell.ring()
        return {"now": self._core.clock.now().timestamp()}


async def _page(request: web.Request) -> web.Response:  # noqa: ARG001  aiohttp's signature
    return PAGES.page("index.html", POLICY)
