"""Waiting for a condition: the only place in the tests that sleeps."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable

POLL_S = 0.01


def wait_until(condition: Callable[[], object], limit_s: float = 20.0) -> None:
    """Block until ``condition()`` is true; fail after ``limit_s`` seconds."""
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {limit_s} s: {_words(condition)}"
        time.sleep(POLL_S)


async def eventually(
    condition: Callable[[], object | Awaitable[object]], limit_s: float = 20.0
) -> None:
    """Like ``wait_until`` beside a running loop; the condition may be a coroutine function."""
    async with asyncio.timeout(limit_s):
        while not await _value(condition):  # noqa: ASYNC110 - the state is not ours to signal
            await asyncio.sleep(POLL_S)


async def _value(condition: Callable[[], object | Awaitable[object]]) -> object:
    answer = condition()
    return await answer if inspect.isawaitable(answer) else answer


def _words(condition: Callable[[], object]) -> str:
    try:
        return inspect.getsource(condition).strip()
    except OSError:
        return repr(condition)


async def takes(seconds: float) -> None:
    """The working time of a fake vendor, or the pace of a load: not a wait for anything."""
    await asyncio.sleep(seconds)
