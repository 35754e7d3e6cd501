"""What people, staff and the vendor do, ordered from outside: see README.md."""

from __future__ import annotations

from dataclasses import asdict

from aiohttp import web

from kommutator.twins.core import Json
from kommutator.twins.messenger.talks import Line, Talk
from kommutator.twins.orders import OrderRefused, read_order, shown
from kommutator.twins.whatsapp_cloud.world import Number, Template, World

_STATES = ("APPROVED", "PENDING", "REJECTED", "PAUSED", "DISABLED")


class Acts:
    """Acts of people, of staff by hand, and of the vendor."""

    def __init__(self, world: World) -> None:
        self._world = world

    def add_to(self, app: web.Application) -> None:
        """Register the paths."""
        app.router.add_routes(
            [
                web.post("/_twin/numbers", shown(self.numbers)),
                web.post("/_twin/send", shown(self.send)),
                web.post("/_twin/read", shown(self.read)),
                web.post("/_twin/by-hand", shown(self.by_hand)),
                web.post("/_twin/close", shown(self.close)),
                web.post("/_twin/revoke", shown(self.revoke)),
                web.post("/_twin/templates", shown(self.templates)),
                web.post("/_twin/notice", shown(self.notice)),
            ]
        )

    def credentials(self) -> Json:
        """Everything that the gateway's administrator copies from Meta's pages."""
        world = self._world
        numbers = [
            {"phone_number_id": one.id, "waba_id": one.account, "phone": one.phone}
            for one in world.numbers.values()
        ]
        return {
            "base_url": f"{world.core.base_url}/v26.0",
            "access_token": world.token,
            "app_secret": world.app_secret,
            "numbers": numbers,
        }

    def say(self, order: Json) -> Json:
        """A person writes: `text`, `phone` (or `chat`), `name`, `hidden`; `owner`: the number."""
        number, talk = self._where(order)
        message = {"type": "text", "text": {"body": str(order["text"])}}
        line = self._world.hear(number, talk, message)
        return {"chat": talk.id, "owner": talk.owner, "message_id": line.id, **_names(talk)}

    async def numbers(self, request: web.Request) -> Json:
        """One more number of the same app: `phone`, `name`; `waba_id`: of another account."""
        order = await read_order(request)
        account = str(order.get("waba_id") or self._world.number().account)
        number = self._world.add(account, str(order["phone"]), str(order.get("name", "Salon")))
        return {"phone_number_id": number.id, "waba_id": number.account, "phone": number.phone}

    async def send(self, request: web.Request) -> Json:
        """They send what is no text: `{"phone", "message": {"type": "image", "image": {…}}}`."""
        order = await read_order(request)
        number, talk = self._where(order)
        line = self._world.hear(number, talk, dict(order["message"]))
        return self._done({"chat": talk.id, "message_id": line.id})

    async def read(self, request: web.Request) -> Json:
        """`{"chat"}`: the person looks at what we wrote."""
        number, talk = self._where(await read_order(request))
        self._world.notices.read(number, talk)
        return self._done({"chat": talk.id})

    async def by_hand(self, request: web.Request) -> Json:
        """Staff answers in the WhatsApp Business app: `{"chat", "text"}`."""
        order = await read_order(request)
        number, talk = self._where(order)
        now = self._world.clock.now().timestamp()
        line = Line(f"wamid.{self._world.core.ids.token(20)}", True, str(order["text"]), now)
        talk.lines.append(line)
        self._world.notices.echo(number, talk, line)
        return self._done({"id": line.id})

    async def close(self, request: web.Request) -> Json:
        """`{"chat", "why"}`: nothing reaches this phone any more (131026); "" lets it again."""
        order = await read_order(request)
        _, talk = self._where(order)
        talk.closed = str(order.get("why", "unreachable"))
        return self._done({"chat": talk.id, "closed": talk.closed})

    async def revoke(self, request: web.Request) -> Json:
        """The access token ends; the new one is in the credentials."""
        await read_order(request)
        self._world.token = f"EAA{self._world.core.ids.token(40)}"
        return self._done({"ok": True})

    async def templates(self, request: web.Request) -> Json:
        """Add or change a template: `name`, `language`, `body` with `{{1}}`…, `status`."""
        order = await read_order(request)
        status = str(order.get("status", "APPROVED"))
        if status not in _STATES:
            raise OrderRefused(f"status is one of {', '.join(_STATES)}")
        body = str(order.get("body", "{{1}}"))
        made = Template(
            str(order["name"]), str(order.get("language", "ru")), body.count("{{"), status,
            body=body,
        )  # fmt: skip
        kept = [
            one for one in self._world.templates
            if (one.name, one.language) != (made.name, made.language)
        ]  # fmt: skip
        self._world.templates = [*kept, made]
        return self._done(asdict(made))

    async def notice(self, request: web.Request) -> Json:
        """A webhook of another field: `{"field": "account_update", "value": {…}}`."""
        order = await read_order(request)
        number = self._world.number(order.get("owner"))
        self._world.notices.of_another_kind(number, str(order["field"]), dict(order["value"]))
        return self._done({"ok": True})

    def _where(self, order: Json) -> tuple[Number, Talk]:
        number = self._world.number(str(order.get("owner") or ""))
        return number, self._world.person(number, order)

    def _done(self, answer: Json) -> Json:
        self._world.core.bell.ring()
        return answer


def _names(talk: Talk) -> Json:
    return {"user_id": talk.facts["user_id"], "phone": talk.facts["phone"]}
