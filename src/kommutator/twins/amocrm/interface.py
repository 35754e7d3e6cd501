"""The pages of the fake amoCRM: a manager's desk, the consent screen, a place for widgets."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import aiohttp
from aiohttp import web

from kommutator.twins.amocrm.call import Call
from kommutator.twins.amocrm.desk_view import card_view, desk_view
from kommutator.twins.amocrm.hook_sender import HookSender
from kommutator.twins.amocrm.replies import ApiError
from kommutator.twins.amocrm.unsorted import accept, decline
from kommutator.twins.amocrm.widgets import content_type, unpack
from kommutator.twins.amocrm.world import World
from kommutator.twins.assets import Pages
from kommutator.twins.orders import OrderRefused, read_order, shown

Json = dict[str, Any]

SCRIPTS = ("page.js", "lists.js", "card.js", "consent.js", "host.js", "widgets.js", "jquery.js")
PAGES = Pages(files("kommutator.twins.amocrm") / "pages", frozenset([*SCRIPTS, "amo.css"]))
# Widgets load styles, draw inline and talk to their own servers, as in the real interface.
POLICY = (
    "default-src 'self'; img-src 'self' data: http: https:; media-src http: https:; "
    "style-src 'self' 'unsafe-inline' http: https:; connect-src 'self' http: https: ws: wss:; "
    "script-src 'self' http: https:; form-action 'self' http: https:; frame-src http: https:"
)


class Interface:
    """Pages, the data behind them, and uploaded widgets."""

    def __init__(self, world: World, sender: HookSender) -> None:
        self._world = world
        self._sender = sender

    def add_to(self, app: web.Application) -> None:
        """Register the pages; to be added last, they take every path that is left."""
        app.router.add_routes(
            [
                web.get("/_twin/page/{file}", PAGES.asset),
                web.get("/_twin/desk", shown(self.desk)),
                web.get("/_twin/card", shown(self.card)),
                web.get("/_twin/widget", shown(self.widget)),
                web.post("/_twin/widget", shown(self.put_widget)),
                web.post("/_twin/tray", shown(self.tray)),
                web.get("/widgets/{client}/{path:.+}", self.widget_file),
                web.get("/widget-host/{client}", _page("host.html")),
                web.get("/oauth", _page("consent.html")),
                web.get("/oauth/", _page("consent.html")),
                web.get("/", _page("index.html")),
                web.get("/{kind:leads|contacts|companies|settings}/{tail:.*}", _page("index.html")),
                web.get("/a/{address}", _page("index.html")),
                web.get("/a/{address}/{tail:.*}", _page("index.html")),
            ]
        )

    async def desk(self, request: web.Request) -> Json:
        """What the desk shows: of `?account=` by its name, or of the one at `?address=`."""
        account = self._account(request)
        return desk_view(self._world, account, self._sender.log.of(account.name))

    async def card(self, request: web.Request) -> Json:
        """One card: `?account=` or `?address=`, `kind`, `id`."""
        query = request.query
        return card_view(self._account(request), query.get("kind", ""), int(query.get("id", "0")))

    async def tray(self, request: web.Request) -> Json:
        """A manager takes or refuses an unsorted lead: `uid`, `act` accept|decline, `user_id`."""
        order = await read_order(request)
        account = self._world.account(order.get("account"))
        user_id = int(order.get("user_id") or account.admin_id())
        body, args = {"user_id": user_id}, {"uid": str(order["uid"])}
        call = Call(self._world, account, user_id, {}, body, args, "/api/v4/leads/unsorted")
        try:
            answer = (accept if order.get("act") == "accept" else decline)(call)
        except ApiError as refusal:
            raise OrderRefused(str(refusal)) from refusal
        return {"done": answer.body}

    async def widget(self, request: web.Request) -> Json:
        """The uploaded widget of `?client_id=`."""
        integration = self._world.integration(request.query.get("client_id"))
        found = self._world.widgets.get(integration.client_id)
        if found is None:
            raise LookupError("no widget uploaded")
        return found.dump(integration.client_id)

    async def put_widget(self, request: web.Request) -> Json:
        """Upload: a zip as the body with `?client_id=`, or JSON with `url` of one.

        JSON with `settings` alone changes what the administrator has filled in.
        """
        client_id, settings = request.query.get("client_id"), None
        archive: bytes | None
        if request.content_type == "application/json":
            order = await read_order(request)
            client_id, settings = order.get("client_id", client_id), order.get("settings")
            archive = await self._fetch(str(order["url"])) if order.get("url") else None
        else:
            archive = await request.read()
        integration = self._world.integration(client_id)
        if archive is not None:
            self._world.widgets[integration.client_id] = unpack(archive)
        widget = self._world.widgets[integration.client_id]
        if isinstance(settings, dict):
            widget.settings |= settings
        self._world.core.bell.ring()
        return widget.dump(integration.client_id)

    async def widget_file(self, request: web.Request) -> web.Response:
        """One file of a widget."""
        widget = self._world.widgets.get(request.match_info["client"])
        path = request.match_info["path"]
        if widget is None or path not in widget.files:
            raise web.HTTPNotFound
        return web.Response(
            body=widget.files[path],
            content_type=content_type(path),
            headers={"Cache-Control": "no-cache"},
        )

    def _account(self, request: web.Request) -> Any:
        address = request.query.get("address")
        if address is None:
            return self._world.account(request.query.get("account"))
        return self._world.addresses[address]

    async def _fetch(self, url: str) -> bytes:
        try:
            async with self._world.core.browser() as browser, browser.get(url) as answer:
                answer.raise_for_status()
                return await answer.read()
        except aiohttp.ClientError as wrong:
            raise ValueError(f"cannot fetch the widget: {wrong}") from wrong


def _page(name: str) -> Any:
    async def serve(request: web.Request) -> web.Response:  # noqa: ARG001  aiohttp's signature
        return PAGES.page(name, POLICY)

    return serve
