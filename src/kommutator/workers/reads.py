"""Reading something long in pages, by whoever holds its lease."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

import structlog

from kommutator.flows.ask_crm import Turned
from kommutator.kit.clock import Clock
from kommutator.kit.errors import UserError, VendorError
from kommutator.store.driver import TRANSIENT

_log = structlog.get_logger(__name__)
_PAUSE_S = 1.0
R = TypeVar("R")


class Shelf(Protocol[R]):
    """What is read, and where its leases are."""

    def page_of(self, read: R) -> int:
        """The last page that is done; 0: none is."""
        ...

    async def claim(self, owner: UUID, under_way: Sequence[R], room: int) -> Sequence[R]:
        """At most so many reads that are due and nobody's; not those that go on here."""
        ...

    async def page(self, read: R, owner: UUID, page: int) -> Turned | None:
        """Read a page. None: the read is another's now, or must wait.

        Raises VendorError, UserError: not now.
        """
        ...

    async def renew(self, read: R, owner: UUID) -> None: ...
    async def finish(self, read: R, owner: UUID) -> None: ...
    async def fail(self, read: R, owner: UUID, error: Exception) -> None: ...
    async def release(self, read: R, owner: UUID) -> None: ...


class Readers(Generic[R]):
    """The reads that this process is at, each in a task of its own.

    Args:
        ended: called when one is over, as there is room again.
        lease_s: of a read; renewed thrice in that time.
    """

    def __init__(
        self,
        name: str,
        shelf: Shelf[R],
        *,
        at_once: int,
        lease_s: float,
        clock: Clock,
        ended: Callable[[], None],
    ) -> None:
        self._name = name
        self._shelf = shelf
        self._at_once = at_once
        self._lease_s = lease_s
        self._clock = clock
        self._ended = ended
        self._reading: dict[asyncio.Task[None], R] = {}

    async def claim(self, owner: UUID) -> None:
        """Begin as many reads as there is room for."""
        room = self._at_once - len(self._reading)
        if room <= 0:
            return
        for read in await self._shelf.claim(owner, list(self._reading.values()), room):
            task = asyncio.create_task(self._read(read, owner), name=self._name)
            self._reading[task] = read
            task.add_done_callback(self._over)

    async def stop(self) -> None:
        """End all; they are given back, so that another process goes on at once."""
        tasks = list(self._reading)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _over(self, task: asyncio.Task[None]) -> None:
        self._reading.pop(task, None)
        self._ended()

    async def _read(self, read: R, owner: UUID) -> None:
        """All pages from where it stands; a failure is noted, and the rest is read later."""
        heart = asyncio.create_task(self._keep(read, owner))
        try:
            await self._pages(read, owner)
        except asyncio.CancelledError:
            await self._quietly(self._shelf.release(read, owner))
            raise
        except (VendorError, UserError) as error:
            _log.info("read_interrupted", reads=self._name, reason=str(error))
            await self._quietly(self._shelf.fail(read, owner, error))
        except Exception as error:  # noqa: BLE001  a read nobody waits for must not end in silence
            _log.warning("read_failed", reads=self._name, error=repr(error))
            await self._quietly(self._shelf.fail(read, owner, error))
        finally:
            heart.cancel()

    async def _pages(self, read: R, owner: UUID) -> None:
        page = self._shelf.page_of(read)
        while True:
            page += 1
            turned = await self._shelf.page(read, owner, page)
            if turned is None:
                _log.info("read_given_back", reads=self._name, page=page)
                await self._quietly(self._shelf.release(read, owner))
                return
            if turned.last:
                await self._shelf.finish(read, owner)
                return
            await self._clock.sleep(turned.pause_s)

    async def _keep(self, read: R, owner: UUID) -> None:
        """The lease outlives a slow page; whoever lost it notices at the next one."""
        while True:
            await self._clock.sleep(self._lease_s / 3)
            with suppress(*TRANSIENT):
                await self._shelf.renew(read, owner)

    async def _quietly(self, work: Coroutine[Any, Any, None]) -> None:
        """The lease ends by itself if the database is away."""
        try:
            await work
        except Exception as error:  # noqa: BLE001  see above
            _log.info("lease_left", reads=self._name, reason=repr(error))
