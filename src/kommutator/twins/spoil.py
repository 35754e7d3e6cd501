"""Carries out a fault on a real connection."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

from kommutator.kit.clock import Clock
from kommutator.twins.faults import LONGEST_HANG_SECONDS, FaultRule

Proceed = Callable[[], Awaitable[web.Response]]

GARBAGE = b"\x1f\x8b\x00<<< %PDF-1.4 \xff\xfe not what you asked for"


async def answer_with_fault(
    rule: FaultRule, clock: Clock, request: web.Request, proceed: Proceed
) -> web.StreamResponse:
    """Answer as the rule wants; with `after`, only once the request has taken effect."""
    answer = await proceed() if rule.after else None
    if rule.reply is not None:
        return web.Response(
            status=rule.reply.status,
            text=rule.reply.body,
            content_type=rule.reply.content_type,
            headers=rule.reply.headers,
        )
    match rule.kind:
        case "latency":
            await clock.sleep(rule.seconds)
            return answer or await proceed()
        case "hang":
            await _hang(rule)
            return _drop(request)
        case "drop":
            return _drop(request)
        case "garbage":
            return web.Response(body=GARBAGE, content_type="application/json")
        case _:
            whole = answer or await proceed()
            return await _cut(request, whole, lie=rule.kind == "cut_off")


async def _hang(rule: FaultRule) -> None:
    try:
        async with asyncio.timeout(min(rule.seconds, LONGEST_HANG_SECONDS)):
            await rule.cleared.wait()
    except TimeoutError:
        return


def _drop(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _cut(request: web.Request, whole: web.Response, *, lie: bool) -> web.StreamResponse:
    """Half of the body: as if complete, or (`lie`) with the full length announced."""
    body = whole.body if isinstance(whole.body, bytes) else b""
    half = body[: len(body) // 2]
    if not lie:
        return web.Response(status=whole.status, body=half, content_type=whole.content_type)
    stream = web.StreamResponse(
        status=whole.status,
        headers={"Content-Type": whole.content_type, "Content-Length": str(len(body))},
    )
    await stream.prepare(request)
    await stream.write(half)
    if request.transport is not None:
        request.transport.close()
    return stream
