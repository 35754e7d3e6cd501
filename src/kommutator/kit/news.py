"""Telling everybody who looks right now that something changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

_ROOM = 100


class News:
    """From one publisher to any number of watchers; a slow watcher loses the oldest."""

    def __init__(self) -> None:
        self._watchers: set[asyncio.Queue[str]] = set()

    def publish(self, item: str) -> None:
        """Hand to every watcher; never waits."""
        for queue in self._watchers:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(item)

    async def watch(self) -> AsyncIterator[str]:
        """Everything published from now on, until the caller stops."""
        queue: asyncio.Queue[str] = asyncio.Queue(_ROOM)
        self._watchers.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._watchers.discard(queue)
