"""The Graph API's paths: `/v<number>/<object>[/<edge>]`."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any

import aiohttp
from aiohttp import web

from kommutator.twins.whatsapp_cloud.replies import (
    BAD_PROOF,
    BAD_TOKEN,
    NO_RIGHTS,
    UNKNOWN,
    UNVERIFIED,
    Refusal,
    invalid,
)
from kommutator.twins.whatsapp_cloud.sending import take
from kommutator.twins.whatsapp_cloud.world import APP, Number, World

Json = dict[str, Any]


class Graph:
    """Everything behind a token."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def answer(self, request: web.Request) -> web.Response:
        try:
            return web.json_response(await self._serve(request))
        except Refusal as refusal:
            return refusal.answer()

    async def _serve(self, request: web.Request) -> Json:
        target, edge = request.match_info["object"], request.match_info.get("edge", "")
        if target == str(APP) and edge == "subscriptions":
            self._admit_app(request)
            return await self._subscriptions(request)
        self._admit(request)
        world, way = self._world, (request.method, edge)
        if target == "app" and way == ("GET", ""):
            return {"id": str(APP), "name": "Kommutator twin"}
        if target in world.numbers:
            return await self._number(world.numbers[target], way, request)
        if target in world.accounts:
            return self._account(target, way, request.query)
        raise UNKNOWN

    def _admit(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != f"Bearer {self._world.token}":
            raise BAD_TOKEN
        proof = request.query.get("appsecret_proof")
        key = self._world.app_secret.encode()
        made = hmac.new(key, self._world.token.encode(), hashlib.sha256).hexdigest()
        if proof is not None and proof != made:
            raise BAD_PROOF

    def _admit_app(self, request: web.Request) -> None:
        wanted = f"Bearer {APP}|{self._world.app_secret}"
        if request.headers.get("Authorization") != wanted:
            raise NO_RIGHTS

    async def _number(self, number: Number, way: tuple[str, str], request: web.Request) -> Json:
        match way:
            case "GET", "":
                return _shown(number, self._world.callback)
            case "POST", "":
                settings = (await _order(request)).get("webhook_configuration") or {}
                url = str(settings.get("override_callback_uri", ""))
                if url:
                    await self._verify(url, str(settings.get("verify_token", "")))
                number.override = url
                self._world.notices.lead(number)
                return {"success": True}
            case "POST", "messages":
                return take(self._world, number, await _order(request))
        raise UNKNOWN

    def _account(self, account: str, way: tuple[str, str], query: Mapping[str, str]) -> Json:
        world = self._world
        match way:
            case "GET", "":
                return {"id": account, "name": "Business"}
            case "GET", "phone_numbers":
                own = [one for one in world.numbers.values() if one.account == account]
                return {"data": [_shown(one, world.callback) for one in own]}
            case "GET", "subscribed_apps":
                app = {"whatsapp_business_api_data": {"id": str(APP), "name": "Kommutator twin"}}
                return {"data": [app] if account in world.joined else []}
            case "POST", "subscribed_apps":
                world.joined.add(account)
            case "DELETE", "subscribed_apps":
                world.joined.discard(account)
            case "GET", "message_templates":
                return {"data": self._templates(query)}
            case _:
                raise UNKNOWN
        self._lead()
        return {"success": True}

    def _templates(self, query: Mapping[str, str]) -> list[Json]:
        return [
            {
                "id": str(place), "name": one.name, "language": one.language,
                "status": one.status, "category": one.category, "parameter_format": "POSITIONAL",
                "components": [{"type": "BODY", "text": one.body}],
            }
            for place, one in enumerate(self._world.templates, 1)
            if query.get("status") in (None, one.status)
        ]  # fmt: skip

    async def _subscriptions(self, request: web.Request) -> Json:
        """Of the app itself; fields are told as a list and given with commas."""
        world = self._world
        if request.method == "GET":
            kept = {
                "object": "whatsapp_business_account", "callback_url": world.callback,
                "active": True,
                "fields": [{"name": one, "version": "v26.0"} for one in world.fields.split(",")],
            }  # fmt: skip
            return {"data": [kept] if world.callback else []}
        order = await _order(request)
        if order.get("object") != "whatsapp_business_account":
            raise invalid("object is not supported")
        await self._verify(str(order.get("callback_url")), str(order.get("verify_token", "")))
        world.callback, world.fields = str(order["callback_url"]), str(order.get("fields", ""))
        self._lead()
        return {"success": True}

    def _lead(self) -> None:
        for number in self._world.numbers.values():
            self._world.notices.lead(number)

    async def _verify(self, url: str, token: str) -> None:
        """Raises Refusal: whoever is there does not echo the challenge."""
        challenge = str(int.from_bytes(hashlib.sha256(url.encode()).digest()[:4], "big"))
        query = {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": token}
        try:
            async with (
                self._world.core.browser() as browser,
                browser.get(url, params=query) as answer,
            ):
                echoed = await answer.text() if answer.status == web.HTTPOk.status_code else ""
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise UNVERIFIED from error
        if echoed != challenge:
            raise UNVERIFIED


async def _order(request: web.Request) -> Json:
    """JSON or a form, as the Graph API takes them."""
    if request.content_type != "application/json":
        return dict(await request.post())
    try:
        body = await request.json()
    except ValueError as wrong:
        raise invalid("The request's body is not valid JSON.") from wrong
    return body if isinstance(body, dict) else {}


def _shown(number: Number, callback: str) -> Json:
    places: Json = {"application": callback} if callback else {}
    if number.override:
        places["phone_number"] = number.override
    return {
        "id": number.id,
        "verified_name": number.name,
        "display_phone_number": re.sub(r"^(\d)(\d{3})(\d{3})", r"+\1 \2-\3-", number.phone),
        "quality_rating": "GREEN",
        "platform_type": "CLOUD_API",
        "throughput": {"level": "STANDARD"},
        "webhook_configuration": places,
    }
