"""The Telegram twin as a web application."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from kommutator.twins.config import TwinsConfig
from kommutator.twins.messenger.control import MessengerControl
from kommutator.twins.messenger.serving import core_of, served
from kommutator.twins.telegram.bots import Bot, World
from kommutator.twins.telegram.control import People
from kommutator.twins.telegram.methods import Methods
from kommutator.twins.telegram.replies import FAULT_REPLIES, NOT_FOUND, UNAUTHORIZED, Refusal


class TelegramTwin:
    """Fake Telegram: the Bot API, people who write, block and share their numbers."""

    name = "telegram"
    default_port = 18105

    def __init__(self) -> None:
        self.world: World
        self._methods: Methods

    def open(self, base_url: str, config: TwinsConfig) -> web.Application:
        """Build the application; the first bot's token may come from the configuration."""
        core, clock = core_of(base_url, config, FAULT_REPLIES)
        self.world = World(core, clock, config.option(self.name, "token"))
        self._methods = Methods(self.world)
        people = People(self.world)
        app = web.Application()
        people.add_to(app)
        MessengerControl("Имитация Telegram", self.world, people).add_to(app)
        app.router.add_route("*", "/bot{token:[^/]+}/{method}", self._api)
        return app

    def close(self) -> None:
        """Let hanging requests and long polls go."""
        for bot in self.world.bots.values():
            bot.courier.stop()
        self.world.core.faults.clear()
        self.world.core.bell.close()

    async def _api(self, request: web.Request) -> web.StreamResponse:
        """The token stays out of the log of requests."""
        bot = self.world.bots.get(request.match_info["token"])
        name, path = bot.username if bot else "", f"/{request.match_info['method']}"

        async def proceed() -> web.Response:
            return await self._call(bot, request)

        return await served(self.world.core, request, proceed, account=name, path=path)

    async def _call(self, bot: Bot | None, request: web.Request) -> web.Response:
        try:
            if bot is None:
                raise UNAUTHORIZED if ":" in request.match_info["token"] else NOT_FOUND
            args = await _arguments(request)
            result = await self._methods.call(bot, request.match_info["method"], args)
        except Refusal as refusal:
            return refusal.answer()
        return web.json_response({"ok": True, "result": result})


async def _arguments(request: web.Request) -> dict[str, Any]:
    """From the query, a form or JSON, as the Bot API takes them."""
    args: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json" and request.can_read_body:
        try:
            body = await request.json()
        except ValueError as wrong:
            raise Refusal(400, "Bad Request: can't parse JSON object") from wrong
        return args | body if isinstance(body, dict) else args
    return args | dict(await request.post())
