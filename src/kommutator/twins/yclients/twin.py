"""The YClients twin as a web application."""

from __future__ import annotations

import re

from aiohttp import web

from kommutator.twins.clock import ShiftedClock
from kommutator.twins.config import TwinsConfig
from kommutator.twins.core import TwinCore
from kommutator.twins.faults import FaultBook
from kommutator.twins.php import parse_php
from kommutator.twins.spoil import answer_with_fault
from kommutator.twins.traffic import Traffic
from kommutator.twins.yclients.control import Control
from kommutator.twins.yclients.control_salon import SalonControl
from kommutator.twins.yclients.gate import Gate
from kommutator.twins.yclients.interface import Interface
from kommutator.twins.yclients.outside_control import OutsideControl
from kommutator.twins.yclients.replies import FAULT_REPLIES
from kommutator.twins.yclients.request_log import Asked
from kommutator.twins.yclients.world import (
    STANDING_APPLICATION_ID,
    STANDING_REDIRECT_URL,
    Standing,
    World,
)

MAX_BODY_BYTES = 16 * 2**20
_NUMBER = re.compile(r"/\d+(?=/|$)")
# No branch has so long a number.
LONG = 12


class YClientsTwin:
    """Fake YClients: a chain of salons under `/api/v1`, a marketplace, strings to pull."""

    name = "yclients"
    default_port = 18103

    def __init__(self) -> None:
        self.world: World
        self._gate: Gate

    def open(self, base_url: str, config: TwinsConfig) -> web.Application:
        """Build the application; the partner and its system user come from the configuration."""
        clock = ShiftedClock(config.clock)
        core = TwinCore(
            base_url, clock, config.ids, FaultBook(config.ids, FAULT_REPLIES), Traffic()
        )
        standing = Standing(
            partner_token=config.option(self.name, "partner_token") or config.ids.token(15),
            user_token=config.option(self.name, "user_token") or config.ids.token(24),
            application_id=int(
                config.option(self.name, "application_id") or STANDING_APPLICATION_ID
            ),
            redirect_url=config.option(self.name, "redirect_url") or STANDING_REDIRECT_URL,
            callback_url=config.option(self.name, "callback_url"),
            operator_url=config.option(self.name, "operator_url"),
        )
        self.world = World(core, clock, standing)
        self._gate = Gate(self.world)
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        Control(self.world).add_to(app)
        SalonControl(self.world).add_to(app)
        OutsideControl(self.world).add_to(app)
        app.router.add_routes([web.route("*", "/{door:api|marketplace}/{tail:.*}", self._api)])
        Interface(self.world).add_to(app)
        return app

    def close(self) -> None:
        """Let hanging requests and long polls go."""
        self.world.core.faults.clear()
        self.world.core.bell.close()

    async def _api(self, request: web.Request) -> web.StreamResponse:
        world, core, path = self.world, self.world.core, request.path
        asked = world.log.arrived(
            at=world.now(),
            method=request.method,
            path=path,
            query=parse_php(request.query.items()),
            ip=request.remote or "",
        )
        company = self._company_in(path)
        core.traffic.arrived(
            account=company, method=request.method, path=_NUMBER.sub("/{id}", path)
        )
        asked.company = company
        answer = await self._answered(request, asked, company)
        cut = request.transport is None or request.transport.is_closing()
        asked.status = 0 if cut else answer.status
        core.bell.ring()
        return answer

    async def _answered(
        self, request: web.Request, asked: Asked, company: str
    ) -> web.StreamResponse:
        world, core = self.world, self.world.core
        refusal = world.pace.refusal(asked.ip, world.clock.base.monotonic())
        if refusal is not None:
            return refusal
        rule = core.faults.take(request.method, company, asked.path)
        core.bell.ring()

        async def proceed() -> web.Response:
            return await self._gate.serve(request, asked.path, asked)

        if rule is None:
            return await proceed()
        return await answer_with_fault(rule, core.clock, request, proceed)

    def _company_in(self, path: str) -> str:
        """The branch a path names; "" without one."""
        numbers = (word for word in path.split("/") if word.isascii() and word.isdigit())
        known = self.world.companies
        return next((word for word in numbers if len(word) < LONG and int(word) in known), "")
