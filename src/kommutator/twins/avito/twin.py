"""The Avito twin as a web application."""

from __future__ import annotations

import re

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from kommutator.twins.avito.accounts import World
from kommutator.twins.avito.control import Acts
from kommutator.twins.avito.messenger import Messenger
from kommutator.twins.avito.replies import FAULT_REPLIES, TokenRefused
from kommutator.twins.config import TwinsConfig
from kommutator.twins.messenger.control import MessengerControl
from kommutator.twins.messenger.serving import core_of, served

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
        core, clock = core_of(base_url, config, FAULT_REPLIES)
        keys = ("client_id", "client_secret")
        given = {name: value for name in keys if (value := config.option(self.name, name))}
        self.world = World(core, clock, given)
        acts = Acts(self.world)
        app = web.Application(middlewares=[self._watch()])
        acts.add_to(app)
        MessengerControl("Имитация Avito", self.world, acts).add_to(app)
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

            async def proceed() -> web.Response:
                answer = await handler(request)
                assert isinstance(answer, web.Response)
                return answer

            path = _NAME.sub(r"\1/{id}", request.path)
            return await served(
                self.world.core, request, proceed, account="", path=path, aimed=request.path
            )

        return watched
