"""The amoCRM twin as a web application."""

from __future__ import annotations

import re

from aiohttp import web

from kommutator.twins.amocrm.acts import Acts
from kommutator.twins.amocrm.control import Control
from kommutator.twins.amocrm.control_oauth import OAuthControl
from kommutator.twins.amocrm.events import record
from kommutator.twins.amocrm.gate import Gate
from kommutator.twins.amocrm.hook_control import Hooks
from kommutator.twins.amocrm.integrations import Integration
from kommutator.twins.amocrm.interface import Interface
from kommutator.twins.amocrm.oauth import OAuth
from kommutator.twins.amocrm.replies import FAULT_REPLIES
from kommutator.twins.amocrm.world import World
from kommutator.twins.clock import ShiftedClock
from kommutator.twins.config import TwinsConfig
from kommutator.twins.core import TwinCore
from kommutator.twins.faults import FaultBook
from kommutator.twins.spoil import answer_with_fault
from kommutator.twins.traffic import Traffic

MAX_BODY_BYTES = 16 * 2**20
STANDING_CLIENT_ID = "5d1f7c52-0000-4000-8000-000000000001"
STANDING_REDIRECT_URI = "http://127.0.0.1:8080/auth/callback"
_NUMBER = re.compile(r"/\d+(?=/|$)")


class AmoCrmTwin:
    """Fake amoCRM: OAuth, API v4, several accounts and integrations, strings to pull."""

    name = "amocrm"
    default_port = 18102

    def __init__(self) -> None:
        self.world: World
        self._gate: Gate
        self._oauth: OAuth

    def open(self, base_url: str, config: TwinsConfig) -> web.Application:
        """Build the application; the standing integration comes from the configuration."""
        clock = ShiftedClock(config.clock)
        core = TwinCore(
            base_url, clock, config.ids, FaultBook(config.ids, FAULT_REPLIES), Traffic()
        )
        standing = Integration(
            client_id=config.option(self.name, "client_id") or STANDING_CLIENT_ID,
            client_secret=config.option(self.name, "client_secret") or config.ids.token(32),
            redirect_uri=config.option(self.name, "redirect_uri") or STANDING_REDIRECT_URI,
            name="Kommutator",
            uninstall_url=config.option(self.name, "uninstall_url"),
            secrets_uri=config.option(self.name, "secrets_uri"),
        )
        self.world = World(core, clock, standing)
        self._gate = Gate(self.world)
        self._oauth = OAuth(self.world)
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        self.world.subscribe(record)
        Control(self.world).add_to(app)
        OAuthControl(self.world, self._oauth).add_to(app)
        Acts(self.world).add_to(app)
        hooks = Hooks(self.world)
        hooks.add_to(app)
        app.router.add_routes(
            [
                web.route("*", "/{door:oauth2|api|private}/{tail:.*}", self._api),
                web.route("*", "/a/{address}/{door:oauth2|api|private}/{tail:.*}", self._api),
            ]
        )
        Interface(self.world, hooks.sender).add_to(app)
        return app

    def close(self) -> None:
        """Let hanging requests and long polls go."""
        self.world.core.faults.clear()
        self.world.core.bell.close()

    async def _api(self, request: web.Request) -> web.StreamResponse:
        address = request.match_info.get("address", "")
        door = request.match_info["door"]
        path = f"/{door}/{request.match_info['tail']}"
        core, method = self.world.core, request.method
        owner = self.world.addresses.get(address)
        name = owner.name if owner else address
        core.traffic.arrived(account=name, method=method, path=_NUMBER.sub("/{id}", path))
        rule = core.faults.take(method, name, path)
        core.bell.ring()
        serve = self._oauth.serve if door == "oauth2" else self._gate.serve

        async def proceed() -> web.Response:
            return await serve(request, address, path)

        answer: web.StreamResponse = (
            await answer_with_fault(rule, core.clock, request, proceed) if rule else await proceed()
        )
        if not answer.prepared:
            answer.headers["X-Request-Id"] = str(core.ids.uuid())
        cut = request.transport is None or request.transport.is_closing()
        core.traffic.answered(
            at=core.clock.now().timestamp(),
            account=name,
            method=method,
            path=path,
            status=0 if cut else answer.status,
        )
        core.bell.ring()
        return answer
