"""The strings that every twin has: its switches, its faults, its clock, news for its page."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from kommutator.twins.clock import ShiftedClock
from kommutator.twins.core import Json, TwinCore
from kommutator.twins.long_poll import wait_for_news
from kommutator.twins.orders import Serve, read_order, shown
from kommutator.twins.switchboard import SwitchBoard


class Strings:
    """Control paths that know nothing of the vendor.

    Args:
        clock: what `/_twin/clock` puts forward; None: no such path.
        now: the vendor's time, epoch seconds, if not the clock's.
    """

    def __init__(
        self,
        core: TwinCore,
        switches: SwitchBoard,
        clock: ShiftedClock | None = None,
        now: Callable[[], float] | None = None,
    ) -> None:
        self._core = core
        self._switches = switches
        self._clock = clock
        self._now = now or (lambda: core.clock.now().timestamp())

    def routes(self) -> list[web.RouteDef]:
        """The paths, below `/_twin`."""
        both: dict[str, Serve] = {"switches": self.switches}
        if self._clock is not None:
            both["clock"] = self.clock
        return [
            web.get("/_twin/changed", shown(self.changed)),
            *(web.get(f"/_twin/{name}", shown(serve)) for name, serve in both.items()),
            *(web.post(f"/_twin/{name}", shown(serve)) for name, serve in both.items()),
            web.get("/_twin/faults", shown(self.faults)),
            web.post("/_twin/faults", shown(self.add_fault)),
            web.delete("/_twin/faults", shown(self.clear_faults)),
        ]

    async def changed(self, request: web.Request) -> Json:
        """Long poll of the page, see `wait_for_news`."""
        return await wait_for_news(self._core.bell, request.query)

    async def switches(self, request: web.Request) -> Json:
        """Show the switches; POST changes those named."""
        if request.method == "POST":
            self._switches.change(await read_order(request))
        return self._switches.dump()

    async def faults(self, request: web.Request) -> Json:  # noqa: ARG002  one signature
        """The orders in force and the kinds one can order."""
        book = self._core.faults
        return {"faults": [rule.dump() for rule in book], "kinds": book.kinds()}

    async def add_fault(self, request: web.Request) -> Json:
        """Order a fault (see `kommutator.twins.faults`)."""
        return self._core.faults.add(await read_order(request)).dump()

    async def clear_faults(self, request: web.Request) -> Json:
        """Withdraw `?id=` or all."""
        number = request.query.get("id")
        return {"cleared": self._core.faults.clear(int(number) if number else None)}

    async def clock(self, request: web.Request) -> Json:
        """The twin's time, epoch seconds; POST `{"advance": seconds}` puts it forward."""
        if request.method == "POST" and self._clock is not None:
            self._clock.advance(float((await read_order(request))["advance"]))
            self._core.bell.ring()
        return {"now": self._now()}
