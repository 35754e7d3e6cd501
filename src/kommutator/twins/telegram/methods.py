"""The Bot API's methods this twin knows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from kommutator.twins.messenger.courier import Route
from kommutator.twins.messenger.pace import Allowance
from kommutator.twins.messenger.talks import Talk
from kommutator.twins.telegram.bots import Bot, World
from kommutator.twins.telegram.replies import CLOSED, NOT_FOUND, Refusal, bad_request, too_many

Json = dict[str, Any]
LONGEST_TEXT = 4096
LONGEST_POLL_S = 50.0
_MINUTE = 60.0
_SAME = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)


class Methods:
    """Every method takes the bot and its arguments and returns `result`. Raises Refusal."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._all: dict[str, Callable[[Bot, Mapping[str, Any]], Awaitable[Any]]] = {
            "getme": self._me,
            "sendmessage": self._send,
            "editmessagetext": self._edit,
            "deletemessage": self._delete,
            "sendchataction": self._action,
            "getchat": self._chat,
            "setwebhook": self._set_webhook,
            "deletewebhook": self._delete_webhook,
            "getwebhookinfo": self._webhook,
            "getupdates": self._updates,
            "setmycommands": self._commands,
        }

    async def call(self, bot: Bot, method: str, args: Mapping[str, Any]) -> Any:
        """Names are not case-sensitive."""
        serve = self._all.get(method.lower())
        if serve is None:
            raise NOT_FOUND
        return await serve(bot, args)

    async def _me(self, bot: Bot, args: Mapping[str, Any]) -> Json:  # noqa: ARG002  one signature
        return bot.user

    async def _send(self, bot: Bot, args: Mapping[str, Any]) -> Json:
        talk = self._talk(bot, args)
        text = _text(args)
        self._may_write(bot, talk)
        return self._world.message(bot, talk, self._world.write(talk, text))

    async def _edit(self, bot: Bot, args: Mapping[str, Any]) -> Json:
        talk = self._talk(bot, args)
        line = talk.line(str(args.get("message_id", "")))
        if line is None or not line.ours or line.deleted:
            raise bad_request("message to edit not found")
        text = _text(args)
        if text == line.text:
            raise bad_request(_SAME)
        line.text, line.edited = text, True
        return self._world.message(bot, talk, line)

    async def _delete(self, bot: Bot, args: Mapping[str, Any]) -> bool:
        line = self._talk(bot, args).line(str(args.get("message_id", "")))
        if line is None or line.deleted:
            raise bad_request("message to delete not found")
        line.deleted = True
        return True

    async def _action(self, bot: Bot, args: Mapping[str, Any]) -> bool:
        self._talk(bot, args)
        return True

    async def _chat(self, bot: Bot, args: Mapping[str, Any]) -> Json:
        return self._world.chat(self._talk(bot, args))

    async def _commands(self, bot: Bot, args: Mapping[str, Any]) -> bool:  # noqa: ARG002  as above
        return True

    # --- updates -------------------------------------------------------------------------------

    async def _set_webhook(self, bot: Bot, args: Mapping[str, Any]) -> bool:
        url = str(args.get("url", ""))
        if not url:
            return await self._delete_webhook(bot, args)
        scheme = urlsplit(url).scheme
        if scheme != "https" and (self._world.switches.https_only or scheme != "http"):
            raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
        secret = str(args.get("secret_token", ""))
        headers = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {}
        bot.allowed = tuple(args.get("allowed_updates") or ())
        if _flag(args, "drop_pending_updates"):
            bot.courier.forget()
        bot.courier.go_to(Route(url, headers))
        return True

    async def _delete_webhook(self, bot: Bot, args: Mapping[str, Any]) -> bool:
        if _flag(args, "drop_pending_updates"):
            bot.courier.forget()
        bot.courier.go_to(None)
        return True

    async def _webhook(self, bot: Bot, args: Mapping[str, Any]) -> Json:  # noqa: ARG002  as above
        courier = bot.courier
        info: Json = {
            "url": courier.route.url if courier.route else "",
            "has_custom_certificate": False,
            "pending_update_count": len(courier.waiting),
        }
        if courier.last_error:
            info["last_error_message"] = courier.last_error
        return info

    async def _updates(self, bot: Bot, args: Mapping[str, Any]) -> list[Json]:
        if bot.courier.route is not None:
            raise Refusal(
                409,
                "Conflict: can't use getUpdates method while webhook is active; use "
                "deleteWebhook to delete the webhook first",
            )
        bot.courier.confirm(int(args.get("offset") or 0))
        seconds = min(float(args.get("timeout") or 0), LONGEST_POLL_S)
        await self._world.core.bell.until(lambda: bool(bot.courier.waiting), seconds)
        limit = int(args.get("limit") or 100)
        return [parcel.body for parcel in bot.courier.take()[:limit]]

    # --- rules ---------------------------------------------------------------------------------

    def _talk(self, bot: Bot, args: Mapping[str, Any]) -> Talk:
        chat_id = str(args.get("chat_id", ""))
        if not chat_id:
            raise bad_request("chat_id is empty")
        talk = self._world.talks.find(str(bot.id), chat_id)
        if talk is None:
            for moved in self._world.talks.of(str(bot.id)):
                if moved.facts.get("was") == chat_id:
                    raise bad_request(
                        "group chat was upgraded to a supergroup chat",
                        migrate_to_chat_id=int(moved.id),
                    )
            raise bad_request("chat not found")
        if talk.closed:
            raise CLOSED[talk.closed]
        return talk

    def _may_write(self, bot: Bot, talk: Talk) -> None:
        world = self._world
        now = world.clock.base.monotonic()
        burst = world.switches.per_chat_burst
        rules = {
            f"chat:{bot.id}:{talk.id}": Allowance(burst, float(burst)),
            f"bot:{bot.id}": Allowance(30, 1.0),
        }
        if talk.kind == "group":
            rules[f"group:{bot.id}:{talk.id}"] = Allowance(20, _MINUTE)
        wait = max(world.pace.wait_s(name, rule, now) for name, rule in rules.items())
        if wait > 0 and world.switches.limits:
            world.core.traffic.violation(
                at=world.clock.now().timestamp(),
                account=bot.username,
                kind="too_many",
                detail=talk.id,
            )
            raise too_many(wait)
        for name in rules:
            world.pace.count(name, now)


def _text(args: Mapping[str, Any]) -> str:
    text = str(args.get("text") or "").strip()
    if not text:
        raise bad_request("message text is empty")
    if len(text) > LONGEST_TEXT:
        raise bad_request("message is too long")
    return text


def _flag(args: Mapping[str, Any], name: str) -> bool:
    return str(args.get(name, "")).lower() in ("true", "1")
