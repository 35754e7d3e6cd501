"""Telling everybody who looks right now that something changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class News:
    """From one publisher to any number of watchers in this process."""

    def __init__(self) -> None:
        self._watchers: dict[asyncio.Future[bool], Callable[[str], bool]] = {}
        self._closed = False

    @property
    def closed(self) -> bool:
        """The process is about to end: nobody waits here any more."""
        return self._closed

    def publish(self, item: str) -> None:
        """Wake whoever waits for it; never waits itself."""
        for watcher, wanted in list(self._watchers.items()):
            if not watcher.done() and wanted(item):
                watcher.set_result(True)

    async def wait(self, wanted: Callable[[str], bool], patience_s: float) -> bool:
        """True as soon as something wanted is published; False after `patience_s` or at the end."""
        if self._closed:
            return False
        watcher: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._watchers[watcher] = wanted
        try:
            return await asyncio.wait_for(watcher, patience_s)
        except TimeoutError:
            return False
        finally:
            del self._watchers[watcher]

    def close(self) -> None:
        """Let everybody go who waits: the process is about to end."""
        self._closed = True
        for watcher in self._watchers:
            if not watcher.done():
                watcher.set_result(False)
