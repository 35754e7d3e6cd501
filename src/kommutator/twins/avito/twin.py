"""The Avito twin as a web application."""

from __future__ import annotations

import re

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from kommutator.twins.avito.accounts import World
from kommutator.twins.avito.control import Acts
from kommutator.twins.avito.messenger import Messenger
from kommutator.twins.avito.replies import FAULT_REPLIES, TokenRefused
from kommutator.twins.clock import ShiftedClock
from kommutator.twins.config import TwinsConfig
from kommutator.twins.core import TwinCore
from kommutator.twins.faults import FaultBook
from kommutator.twins.messenger.control import MessengerControl
from kommutator.twins.spoil import answer_with_fault
from kommutator.twins.traffic import Traffic

_API = ("/token", "/messenger/", "/core/")
_NAME = re.compile(r"(accounts|chats|messages)/[^/]+")


class AvitoTwin:
    """Fake Avito: sellers' accounts and the messenger's API."""

    name = "avito"
    default_port = 18106

    def __init__(self) -> None:
        self.world: World

    def open(self, base_url: str, config: TwinsConfig) -> web.Application:
        """Build the application; the first account's keys may come from the configuration."""
        clock = ShiftedClock(config.clock)
        faults = FaultBook(config.ids, FAULT_REPLIES)
        core = TwinCore(base_url, clock, config.ids, faults, Traffic())
        keys = ("client_id", "client_secret")
        given = {name: value for name in keys if (value := config.option(self.name, name))}
        self.world = World(core, clock, given)
        acts = Acts(self.world)
        app = web.Application(middlewares=[self._watch()])
        acts.add_to(app)
        MessengerControl(
            "Имитация Avito",
            core,
            clock,
            self.world.talks,
            self.world.switches,
            credentials=acts.credentials,
            say=acts.say,
            reset=self.world.reset,
        ).add_to(app)
        app.router.add_post("/token", self._token)
        app.router.add_post("/token/", self._token)
        app.router.add_routes(Messenger(self.world).routes())
        return app

    def close(self) -> None:
        """Let hanging requests and long polls go."""
        for account in self.world.accounts.values():
            account.courier.stop()
        self.world.core.faults.clear()
        self.world.core.bell.close()

    async def _token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        try:
            return web.json_response(self.world.grant(form))
        except TokenRefused as refusal:
            return refusal.answer()

    def _watch(self) -> Middleware:
        @web.middleware
        async def watched(request: web.Request, handler: Handler) -> web.StreamResponse:
            if not request.path.startswith(_API):
                return await handler(request)
            core, path = self.world.core, _NAME.sub(r"\1/{id}", request.path)
            core.traffic.arrived(account="", method=request.method, path=path)
            rule = core.faults.take(request.method, "", request.path)

            async def proceed() -> web.Response:
                answer = await handler(request)
                assert isinstance(answer, web.Response)
                return answer

            answer = (
                await answer_with_fault(rule, core.clock, request, proceed)
                if rule
                else await proceed()
            )
            cut = request.transport is None or request.transport.is_closing()
            core.traffic.answered(
                at=core.clock.now().timestamp(),
                account="",
                method=request.method,
                path=path,
                status=0 if cut else answer.status,
            )
            core.bell.ring()
            return answer

        return watched
