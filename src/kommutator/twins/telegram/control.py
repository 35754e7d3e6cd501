"""What people do in Telegram, ordered from outside: see README.md."""

from __future__ import annotations

from html import escape

from aiohttp import web

from kommutator.twins.core import Json
from kommutator.twins.messenger.talks import Talk
from kommutator.twins.orders import OrderRefused, read_order, shown
from kommutator.twins.telegram.bots import Bot, World
from kommutator.twins.telegram.replies import CLOSED

_LINK_PAGE = """<!doctype html><html lang="ru"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Имитация Telegram</title><link rel="stylesheet" href="/_twin/page/style.css">
<main><form class="card wide" method="post"><h2>{name}</h2><p>@{username}</p>
<p><label>Ваше имя <input name="first_name" value="Анна" required></label></p>
<p><label>Ваш id <input name="id" value="5001" inputmode="numeric" required></label></p>
<button class="primary">Начать</button></form></main></html>"""


class People:
    """Acts of people and groups."""

    def __init__(self, world: World) -> None:
        self._world = world

    def add_to(self, app: web.Application) -> None:
        """Register the paths."""
        app.router.add_routes(
            [
                web.post("/_twin/bots", shown(self.bots)),
                web.post("/_twin/start", shown(self.start)),
                web.post("/_twin/group", shown(self.group)),
                web.post("/_twin/contact", shown(self.contact)),
                web.post("/_twin/close", shown(self.close)),
                web.post("/_twin/migrate", shown(self.migrate)),
                web.get("/t.me/{username}", self.link),
                web.post("/t.me/{username}", self.follow_link),
            ]
        )

    def credentials(self) -> Json:
        """Bots with their tokens, as BotFather tells them."""
        bots = self._world.bots.values()
        return {
            "base_url": self._world.core.base_url,
            "link_base": f"{self._world.core.base_url}/t.me",
            "bots": [{**bot.user, "token": bot.token} for bot in bots],
        }

    def say(self, order: Json) -> Json:
        """`{"chat", "text"}`, optionally `owner` (the bot's id)."""
        bot, talk = self._where(order)
        return {"message_id": int(self._world.hear(bot, talk, str(order["text"])).id)}

    async def bots(self, request: web.Request) -> Json:
        """One more bot: `username`, `name`, optionally `token`."""
        order = await read_order(request)
        bot = self._world.add_bot(
            str(order["username"]), str(order.get("name", "Bot")), order.get("token")
        )
        return {**bot.user, "token": bot.token}

    async def start(self, request: web.Request) -> Json:
        """A person presses Start: `{"id", "first_name", "payload"}`, optionally `bot`."""
        order = await read_order(request)
        talk = self._world.start(self._bot(order), order, str(order.get("payload", "")))
        return self._done(talk)

    async def group(self, request: web.Request) -> Json:
        """Somebody adds the bot to a group: `{"title", "id", "first_name"}`."""
        order = await read_order(request)
        return self._done(self._world.group(self._bot(order), str(order["title"]), order))

    async def contact(self, request: web.Request) -> Json:
        """A person shares a number: `{"chat", "phone"}`; `user_id` of somebody else, if it is."""
        order = await read_order(request)
        bot, talk = self._where(order)
        user = talk.facts["user"]
        contact = {
            "phone_number": str(order["phone"]),
            "first_name": user["first_name"],
            "user_id": int(order.get("user_id", user["id"])),
        }
        self._world.hear(bot, talk, "", contact=contact)
        return self._done(talk)

    async def close(self, request: web.Request) -> Json:
        """`{"chat", "why"}`: blocked, kicked, deactivated, or "" to let the bot in again."""
        order = await read_order(request)
        bot, talk = self._where(order)
        why = str(order.get("why", "blocked"))
        if why and why not in CLOSED:
            raise OrderRefused(f"why is one of {', '.join(CLOSED)}")
        self._world.close(bot, talk, why)
        return self._done(talk)

    async def migrate(self, request: web.Request) -> Json:
        """`{"chat"}`: the group becomes a supergroup."""
        bot, talk = self._where(await read_order(request))
        if talk.kind != "group":
            raise OrderRefused("only groups become supergroups")
        self._world.migrate(bot, talk)
        return self._done(talk)

    async def link(self, request: web.Request) -> web.Response:
        """What `t.me/<bot>?start=…` shows: who it is, and a button."""
        bot = self._named(request)
        page = _LINK_PAGE.format(name=escape(bot.name), username=escape(bot.username))
        return web.Response(text=page, content_type="text/html")

    async def follow_link(self, request: web.Request) -> web.Response:
        """The button was pressed."""
        form = await request.post()
        person = {"id": str(form["id"]), "first_name": str(form["first_name"])}
        try:
            self._world.start(self._named(request), person, request.query.get("start", ""))
        except ValueError as wrong:
            raise web.HTTPBadRequest from wrong
        self._world.core.bell.ring()
        raise web.HTTPSeeOther("/")

    def _named(self, request: web.Request) -> Bot:
        try:
            return self._world.bot(request.match_info["username"])
        except LookupError as missing:
            raise web.HTTPNotFound from missing

    def _bot(self, order: Json) -> Bot:
        return self._world.bot(order.get("bot"))

    def _where(self, order: Json) -> tuple[Bot, Talk]:
        owner = str(order.get("owner", ""))
        bots = [bot for bot in self._world.bots.values() if owner in ("", str(bot.id))]
        for bot in bots:
            if talk := self._world.talks.find(str(bot.id), str(order["chat"])):
                return bot, talk
        raise LookupError(f"no chat {order['chat']}")

    def _done(self, talk: Talk) -> Json:
        self._world.core.bell.ring()
        return {"chat": talk.id, "title": talk.title, "closed": talk.closed}
