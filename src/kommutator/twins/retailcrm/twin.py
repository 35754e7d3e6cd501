"""The RetailCRM twin as a web application."""

from __future__ import annotations

from importlib.resources import files

from aiohttp import web

from kommutator.twins.assets import Pages
from kommutator.twins.config import TwinsConfig
from kommutator.twins.core import TwinCore
from kommutator.twins.faults import FaultBook
from kommutator.twins.retailcrm.control import Control
from kommutator.twins.retailcrm.replies import FAULT_REPLIES
from kommutator.twins.retailcrm.world import DEFAULT_ACCOUNT, World
from kommutator.twins.spoil import answer_with_fault
from kommutator.twins.traffic import Traffic

MAX_BODY_BYTES = 16 * 2**20
PAGES = Pages(files("kommutator.twins.retailcrm") / "pages", frozenset({"page.js"}))
PAGE_POLICY = (
    "default-src 'self'; img-src 'self' data: http: https:; media-src http: https:; "
    "form-action http: https:; frame-ancestors 'self'"
)


class RetailCrmTwin:
    """Fake RetailCRM: API v5, several accounts, a page to look at, strings to pull."""

    name = "retailcrm"
    default_port = 18101

    def __init__(self) -> None:
        self.world: World

    def open(self, base_url: str, config: TwinsConfig) -> web.Application:
        """Build the application; keys come from the configuration or are made anew."""
        core = TwinCore(
            base_url,
            config.clock,
            config.ids,
            FaultBook(config.ids, FAULT_REPLIES),
            Traffic(),
        )
        self.world = World(
            core,
            config.option(self.name, "api_key"),
            config.option(self.name, "limited_api_key"),
        )
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        Control(self.world).add_to(app)
        app.router.add_routes(
            [
                web.route("*", "/api/{tail:.*}", self._api),
                web.route("*", "/a/{account}/api/{tail:.*}", self._api),
                web.get("/_twin/page/{file}", PAGES.asset),
                web.get("/", _page),
                web.get("/{kind:orders|customers}/{tail:.*}", _page),
                web.get("/a/{account}", _page),
                web.get("/a/{account}/{tail:.*}", _page),
            ]
        )
        return app

    def close(self) -> None:
        """Let hanging requests and long polls go."""
        self.world.core.faults.clear()
        self.world.core.bell.close()

    async def _api(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info.get("account", DEFAULT_ACCOUNT)
        path = "/api/" + request.match_info["tail"]
        core, method = self.world.core, request.method
        core.traffic.arrived(account=name, method=method, path=path)
        rule = core.faults.take(method, name, path)
        core.bell.ring()

        async def proceed() -> web.Response:
            return await self.world.gate.serve(request, name, path)

        answer: web.StreamResponse = (
            await answer_with_fault(rule, core.clock, request, proceed) if rule else await proceed()
        )
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


async def _page(request: web.Request) -> web.Response:  # noqa: ARG001  aiohttp's signature
    return PAGES.page("index.html", PAGE_POLICY)
