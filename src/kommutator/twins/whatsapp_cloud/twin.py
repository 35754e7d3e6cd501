"""The twin of the WhatsApp Cloud API as a web application."""

from __future__ import annotations

from aiohttp import web

from kommutator.twins.config import TwinsConfig
from kommutator.twins.messenger.control import MessengerControl
from kommutator.twins.messenger.serving import core_of, served
from kommutator.twins.whatsapp_cloud.control import Acts
from kommutator.twins.whatsapp_cloud.graph import Graph
from kommutator.twins.whatsapp_cloud.replies import FAULT_REPLIES
from kommutator.twins.whatsapp_cloud.world import World

_PLACE = "/v{version:[0-9]+[.][0-9]}/{object:[A-Za-z0-9]+}"


class WhatsAppCloudTwin:
    """Fake Meta: one app with a number, message templates, and people who write to it."""

    name = "whatsapp_cloud"
    default_port = 18107

    def __init__(self) -> None:
        self.world: World
        self._graph: Graph

    def open(self, base_url: str, config: TwinsConfig) -> web.Application:
        """Build the application; token and app secret may come from the configuration."""
        core, clock = core_of(base_url, config, FAULT_REPLIES)
        keys = ("access_token", "app_secret")
        given = {name: value for name in keys if (value := config.option(self.name, name))}
        self.world = World(core, clock, given)
        self._graph = Graph(self.world)
        acts = Acts(self.world)
        app = web.Application()
        acts.add_to(app)
        MessengerControl("Имитация WhatsApp Cloud API", self.world, acts).add_to(app)
        for path in (_PLACE, _PLACE + "/{edge:[a-z_]+}"):
            app.router.add_route("*", path, self._api)
        return app

    def close(self) -> None:
        """Let hanging requests and long polls go."""
        for number in self.world.numbers.values():
            number.courier.stop()
        self.world.core.faults.clear()
        self.world.core.bell.close()

    async def _api(self, request: web.Request) -> web.StreamResponse:
        owner = request.match_info["object"]
        path = f"/{request.match_info.get('edge', '')}"

        async def proceed() -> web.Response:
            return await self._graph.answer(request)

        return await served(self.world.core, request, proceed, account=owner, path=path)
