"""The pages of the fake YClients: the journal, calls, messages, the marketplace, the cabinet."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Any

from aiohttp import web

from kommutator.twins.assets import Pages
from kommutator.twins.orders import OrderRefused, shown
from kommutator.twins.yclients.company import Company
from kommutator.twins.yclients.consent import Consent
from kommutator.twins.yclients.desk_view import day_asked, desk_view
from kommutator.twins.yclients.signing import sign
from kommutator.twins.yclients.world import World

Json = dict[str, Any]

SCRIPTS = ("page.js", "journal.js", "record.js", "lists.js", "market.js", "cabinet.js")
PAGES = Pages(files("kommutator.twins.yclients") / "pages", frozenset([*SCRIPTS, "salon.css"]))
SECTIONS = "timetable|telephony|messages|appstore"
COMPANY = r"{company:\d+}"
CARD = rf"/appstore/{COMPANY}/{{application:\d+}}"
# Applications live inside frames, and consent leads away to them.
POLICY = (
    "default-src 'self'; img-src 'self' data:; media-src http: https:; "
    "style-src 'self' 'unsafe-inline'; form-action 'self' http: https:; frame-src http: https:"
)


class Interface:
    """Pages and the data behind them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._consent = Consent(world)

    def add_to(self, app: web.Application) -> None:
        """Register the pages."""
        app.router.add_routes(
            [
                web.get("/_twin/page/{file}", PAGES.asset),
                web.get("/_twin/desk", shown(self.desk)),
                web.get("/", self.home),
                web.get(f"/{{section:{SECTIONS}}}/{COMPANY}", _page("index.html")),
                web.get(CARD, _page("index.html")),
                web.get(f"{CARD}/cabinet", _page("cabinet.html")),
                web.post(f"{CARD}/connect", self.connect),
                web.get("/appstore/payment/", self.payment),
            ]
        )

    async def desk(self, request: web.Request) -> Json:
        """What the pages show of `?company=` on `?date=`."""
        company = self._company(request.query.get("company"))
        now = self._world.local_now(company)
        return desk_view(self._world, company, day_asked(request.query.get("date", ""), now))

    async def home(self, request: web.Request) -> web.Response:  # noqa: ARG002  aiohttp's signature
        """To the journal of the first salon."""
        raise web.HTTPFound(f"/timetable/{self._company(None).id}")

    async def connect(self, request: web.Request) -> web.Response:
        """The consent's form: the browser, or the frame it is in, goes to the application."""
        form = await request.post()
        try:
            salons = [int(str(one)) for one in form.getall("salon_ids", [])]
            person = self._consent.person(form.get("user_id"))
            application = self._world.outside.market.application(request.match_info["application"])
            location = self._consent.give(application, salons, person)
        except OrderRefused as refusal:
            raise web.HTTPConflict(text=f"Подключить нельзя: {refusal}") from refusal
        except ValueError as wrong:
            raise web.HTTPBadRequest(text=f"Подключить нельзя: {wrong}") from wrong
        raise web.HTTPFound(location)

    async def payment(self, request: web.Request) -> web.Response:
        """A signed link to pay by: to the card, where the button is."""
        text, _, signature = request.query_string.rpartition("&sign=")
        expected = sign(self._world.standing.partner_token, text.encode())
        if not hmac.compare_digest(signature.encode(), expected.encode()):
            raise web.HTTPForbidden(text="Неверная подпись")
        query = request.query
        raise web.HTTPFound(f"/appstore/{int(query['salon_id'])}/{int(query['application_id'])}")

    def _company(self, word: str | None) -> Company:
        return self._world.company(word or None)


def _page(name: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def serve(request: web.Request) -> web.Response:  # noqa: ARG001  aiohttp's signature
        return PAGES.page(name, POLICY)

    return serve
