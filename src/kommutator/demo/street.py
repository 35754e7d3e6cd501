"""The outside world as a page: a client takes the phone and calls the company.

With a real Asterisk the call is a SIP call; without one it is told to us as the requirement's HTTP
events, as a PBX that pushes would.
"""

from __future__ import annotations

import asyncio
import hmac
from dataclasses import dataclass
from importlib import resources
from typing import Any

import aiohttp
from aiohttp import web

from kommutator.demo.seed import NUMBER
from kommutator.demo.stage import Office
from kommutator.kit.clock import Clock
from kommutator.kit.errors import UserError
from kommutator.kit.ids import Ids
from kommutator.kit.phones import to_e164

LINE = "+375000000001"
_RING_S = 2.0
_PATIENCE_S = 8.0
_PAGE = resources.files(__package__).joinpath("pages/street.html")


@dataclass(frozen=True, slots=True)
class Wish:
    """A call to be placed.

    Attributes:
        answered: False: nobody picks up and the client gives up.
        routed: to the number for which the PBX asks us whose phone shall ring.
    """

    caller: str
    answered: bool
    talk_s: float
    routed: bool = False


class Street:
    """An HTTP server of its own. Calls are placed by whoever has the token, or by its page."""

    def __init__(
        self,
        office: Office | None,
        *,
        base_url: str,
        events_key: str,
        token: str,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._office = office
        self._base_url = base_url
        self._events_key = events_key
        self._token = token
        self._clock = clock
        self._ids = ids
        self._calls: set[asyncio.Task[None]] = set()
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def start(self, host: str, port: int) -> None:
        app = web.Application()
        app.add_routes([web.get("/", self._page), web.post("/call", self._call)])
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        bound = self._runner.addresses[0][1]
        self.url = f"http://{host}:{bound}"

    async def stop(self) -> None:
        for task in self._calls:
            task.cancel()
        await asyncio.gather(*self._calls, return_exceptions=True)
        if self._runner is not None:
            await self._runner.cleanup()

    async def place(self, wish: Wish) -> dict[str, Any]:
        """Let the client call; returns when the call is on its way."""
        if self._office is not None:
            did = self._office.pbx.dids.routed if wish.routed else ""
            await self._office.people.place_inbound_call(
                wish.caller, did, talk_seconds=wish.talk_s, answered=wish.answered
            )
            return {"ok": True, "way": "sip", "caller": wish.caller}
        call_id = f"demo-{self._ids.uuid().hex[:12]}"
        task = asyncio.create_task(self._tell(call_id, wish))
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)
        return {"ok": True, "way": "http", "caller": wish.caller, "call_id": call_id}

    async def _page(self, _: web.Request) -> web.Response:
        way = "sip" if self._office is not None else "http"
        text = _PAGE.read_text(encoding="utf-8").replace("{{token}}", self._token)
        text = text.replace("{{way}}", way).replace("{{console}}", self._base_url)
        return web.Response(text=text, content_type="text/html")

    async def _call(self, request: web.Request) -> web.Response:
        given = request.headers.get("X-Street-Token", "")
        if not hmac.compare_digest(given.encode(), self._token.encode()):
            return web.json_response({"ok": False, "error": "token"}, status=403)
        try:
            wish = _wish(await request.json())
            return web.json_response(await self.place(wish))
        except (ValueError, TypeError, UserError) as error:
            return web.json_response({"ok": False, "error": str(error)}, status=400)

    async def _tell(self, call_id: str, wish: Wish) -> None:
        """Send dial, bridge and hangup, as requirement 002's services send them."""
        common = {"call_unique_id": call_id, "phone": wish.caller, "direction": "in", "line": LINE}
        async with aiohttp.ClientSession() as session:
            await self._send(session, "dial", {**common, "extensions": ["150", "151"]})
            await self._clock.sleep(_RING_S if wish.answered else min(wish.talk_s, _PATIENCE_S))
            if wish.answered:
                await self._send(session, "bridge", {**common, "extensions": ["150"]})
                await self._clock.sleep(wish.talk_s)
            status = "answered" if wish.answered else "no_answer"
            await self._send(session, "hangup", {**common, "extensions": ["150"], "status": status})

    async def _send(
        self, session: aiohttp.ClientSession, kind: str, payload: dict[str, Any]
    ) -> None:
        body = {"enterprise_number": NUMBER, "event_type": kind, "payload": payload}
        headers = {"X-API-Key": self._events_key}
        async with session.post(f"{self._base_url}/api/events", json=body, headers=headers) as got:
            got.raise_for_status()


def _wish(body: dict[str, Any]) -> Wish:
    caller = to_e164(str(body.get("caller", "")))
    if caller is None:
        raise ValueError("caller")
    talk_s = min(max(float(body.get("talk_s", 5.0)), 0.5), 120.0)
    return Wish(
        caller=caller,
        answered=bool(body.get("answered", True)),
        talk_s=talk_s,
        routed=body.get("line") == "routed",
    )
