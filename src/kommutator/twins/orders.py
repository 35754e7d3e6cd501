"""The frame of control paths: JSON orders in, JSON out, refusals as `{"error": "…"}`.

Bodies are JSON with `Content-Type: application/json`, so that no foreign web page can post here
through a visitor's browser.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

Json = dict[str, Any]
Serve = Callable[[web.Request], Awaitable[Json]]


class OrderRefused(Exception):
    """The vendor has no button for what was ordered: answered with 409."""


def shown(serve: Serve) -> Callable[[web.Request], Awaitable[web.Response]]:
    """A control path out of a function: 400 for a bad order, 409 for `OrderRefused`."""

    async def answer(request: web.Request) -> web.Response:
        try:
            return web.json_response(await serve(request))
        except OrderRefused as refusal:
            return web.json_response({"error": str(refusal)}, status=409)
        except (ValueError, LookupError, TypeError) as wrong:
            return web.json_response({"error": str(wrong)}, status=400)

    return answer


async def read_order(request: web.Request) -> Json:
    """The order's JSON object; an empty one without a body.

    Raises:
        ValueError: not JSON by its type, or no object.
    """
    if not request.can_read_body:
        return {}
    if request.content_type != "application/json":
        raise ValueError("send JSON with Content-Type: application/json")
    body = await request.json()
    if not isinstance(body, dict):
        raise ValueError("send a JSON object")  # noqa: TRY004  answered as a bad request
    return body
