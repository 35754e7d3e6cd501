"""The messenger's paths (`/messenger/v1…v3`), as the vendor's OpenAPI has them."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from kommutator.twins.avito.accounts import Account, World
from kommutator.twins.avito.replies import NO_CHAT, NO_RIGHTS, UNAUTHORIZED, Refusal
from kommutator.twins.messenger.pace import Allowance
from kommutator.twins.messenger.talks import Line, Talk

Json = dict[str, Any]
LONGEST_TEXT = 1000
DELETABLE_S = 3600.0
MOST_MESSAGES = 100


class Messenger:
    """Everything behind a token. Every method raises Refusal."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        one = "/messenger/v{version:[12]}/accounts/{user}/chats"
        return [
            web.get("/core/v1/accounts/self", self._shown(self._self)),
            web.get(one, self._shown(self._chats)),
            web.get(one + "/{chat}", self._shown(self._chat)),
            web.post(one + "/{chat}/messages", self._shown(self._send)),
            web.post(one + "/{chat}/messages/{message}", self._shown(self._delete)),
            web.post(one + "/{chat}/read", self._shown(self._read)),
            web.get(
                "/messenger/v3/accounts/{user}/chats/{chat}/messages/", self._shown(self._messages)
            ),
            web.post("/messenger/v3/webhook", self._shown(self._hook)),
            web.post("/messenger/v1/subscriptions", self._shown(self._hooks)),
            web.post("/messenger/v1/webhook/unsubscribe", self._shown(self._unhook)),
        ]

    def _shown(self, serve: Any) -> Any:
        async def answer(request: web.Request) -> web.Response:
            try:
                account, headers = self._admit(request)
                body: Json = await serve(account, request)
            except Refusal as refusal:
                return refusal.answer()
            return web.json_response(body, headers=headers)

        return answer

    def _admit(self, request: web.Request) -> tuple[Account, dict[str, str]]:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        account = self._world.owner_of(token.strip()) if kind.lower() == "bearer" else None
        if account is None:
            raise UNAUTHORIZED
        switches, now = self._world.switches, self._world.clock.base.monotonic()
        rule = Allowance(switches.per_minute, 60.0)
        wait = self._world.pace.wait_s(str(account.id), rule, now)
        if wait > 0:
            after = {"Retry_After": str(int(wait) + 1)} if switches.retry_after else {}
            raise Refusal(429, "too many requests", X_RateLimit_Remaining="0", **after)
        self._world.pace.count(str(account.id), now)
        if request.match_info.get("user", str(account.id)) != str(account.id):
            raise NO_RIGHTS
        if not account.paid and request.path.startswith("/messenger/"):
            raise Refusal(int(switches.refused_status), "messenger api is not available on tariff")
        return account, {"X-RateLimit-Limit": str(switches.per_minute)}

    async def _self(self, account: Account, request: web.Request) -> Json:  # noqa: ARG002  one signature
        return {"id": account.id, "name": account.name, "email": "salon@example.com", "phone": ""}

    async def _chats(self, account: Account, request: web.Request) -> Json:
        talks = self._world.talks.of(str(account.id))
        if request.query.get("unread_only") == "true":
            talks = [talk for talk in talks if any(_unread(line) for line in talk.lines)]
        first, most = int(request.query.get("offset", 0)), int(request.query.get("limit", 100))
        return {"chats": [_chat(account, talk) for talk in talks[first : first + most]]}

    async def _chat(self, account: Account, request: web.Request) -> Json:
        return _chat(account, self._talk(account, request))

    async def _messages(self, account: Account, request: web.Request) -> Json:
        talk = self._talk(account, request)
        first = int(request.query.get("offset", 0))
        most = min(int(request.query.get("limit", MOST_MESSAGES)), MOST_MESSAGES)
        lines = [line for line in reversed(talk.lines) if not line.deleted]
        shown = [_message(account, talk, line) for line in lines[first : first + most]]
        return {"messages": shown, "meta": {"has_more": len(lines) > first + most}}

    async def _send(self, account: Account, request: web.Request) -> Json:
        talk = self._talk(account, request)
        body = await _json(request)
        message = body.get("message")
        text = str(message.get("text", "")) if isinstance(message, dict) else ""
        if body.get("type") != "text" or not text.strip():
            raise Refusal(400, "validation error: message.text is required")
        if len(text) > LONGEST_TEXT:
            raise Refusal(400, "validation error: message.text is too long")
        if talk.closed:
            raise Refusal(403, "chat is blocked")
        return _message(account, talk, self._world.seller_writes(account, talk, text))

    async def _delete(self, account: Account, request: web.Request) -> Json:
        line = self._talk(account, request).line(request.match_info["message"])
        now = self._world.clock.now().timestamp()
        if line is None or not line.ours or now - line.at > DELETABLE_S:
            raise Refusal(400, "message cannot be deleted")
        line.deleted = True
        return {}

    async def _read(self, account: Account, request: web.Request) -> Json:
        for line in self._talk(account, request).lines:
            line.read = True
        return {"ok": True}

    async def _hook(self, account: Account, request: web.Request) -> Json:
        url = str((await _json(request)).get("url", ""))
        if not url.startswith(("https://", "http://")):
            raise Refusal(400, "validation error: url")
        account.courier.go_to(self._world.route(account, url))
        return {"ok": True}

    async def _hooks(self, account: Account, request: web.Request) -> Json:  # noqa: ARG002  one signature
        route = account.courier.route
        return {"subscriptions": [{"url": route.url, "version": "3"}] if route else []}

    async def _unhook(self, account: Account, request: web.Request) -> Json:
        url = str((await _json(request)).get("url", ""))
        if account.courier.route is None or account.courier.route.url != url:
            raise Refusal(400, "subscription not found")
        account.courier.go_to(None)
        return {"ok": True}

    def _talk(self, account: Account, request: web.Request) -> Talk:
        talk = self._world.talks.find(str(account.id), request.match_info["chat"])
        if talk is None:
            raise NO_CHAT
        return talk


def _chat(account: Account, talk: Talk) -> Json:
    item, last = talk.facts["item"], talk.lines[-1] if talk.lines else None
    value = {**item, "price_string": "1 500 ₽", "status_id": 10, "user_id": account.id}
    value["url"] = f"https://avito.ru/{item['id']}"
    return {
        "id": talk.id,
        "context": {"type": "item", "value": value},
        "created": int(talk.facts["created"]),
        "updated": int(last.at if last else talk.facts["created"]),
        "last_message": _message(account, talk, last) if last else None,
        "users": [
            {"id": talk.facts["buyer"], "name": talk.title},
            {"id": account.id, "name": account.name},
        ],
    }


def _message(account: Account, talk: Talk, line: Line) -> Json:
    return {
        "id": line.id,
        "author_id": account.id if line.ours else talk.facts["buyer"],
        "content": {"text": line.text},
        "created": int(line.at),
        "direction": "out" if line.ours else "in",
        "is_read": line.read,
        "type": "text",
    }


def _unread(line: Line) -> bool:
    return not line.ours and not line.read


async def _json(request: web.Request) -> Json:
    try:
        body = await request.json()
    except ValueError as wrong:
        raise Refusal(400, "validation error: body is not JSON") from wrong
    if not isinstance(body, dict):
        raise Refusal(400, "validation error: body is not an object")
    return body
