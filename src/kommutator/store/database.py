"""The pool, and the only place that begins and commits."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from kommutator.store.driver import Connection, create_pool
from kommutator.store.unit import Unit


class Database:
    """PostgreSQL as the rest of the house sees it.

    Attributes:
        waker: called after a commit with each lane that got work; may be set later, because
            the engine that it belongs to needs the database first.
    """

    def __init__(self, pool: Any, waker: Callable[[str], None] | None = None) -> None:
        self._pool = pool
        self.waker = waker

    @classmethod
    async def open(
        cls, dsn: str, *, size: int = 16, waker: Callable[[str], None] | None = None
    ) -> Database:
        """Connect; `size` is the most connections this process will hold."""
        return cls(await create_pool(dsn, size), waker)

    @asynccontextmanager
    async def unit(self) -> AsyncIterator[Unit]:
        """One transaction: committed at the end of the block, rolled back if it raises."""
        async with self._borrowed() as connection:
            unit = Unit(connection, self._wake)
            async with connection.transaction():
                yield unit
                await unit.send_news()
        unit.after_commit()

    @asynccontextmanager
    async def single(self) -> AsyncIterator[Unit]:
        """A unit whose every statement commits by itself: for one-statement work on hot paths.

        News still go out, in a statement of their own after the block.
        """
        async with self._borrowed() as connection:
            unit = Unit(connection, self._wake)
            yield unit
            await unit.send_news()
        unit.after_commit()

    async def close(self) -> None:
        """Wait for borrowed connections and close them."""
        await self._pool.close()

    @asynccontextmanager
    async def _borrowed(self) -> AsyncIterator[Connection]:
        """A connection of the pool, which may have to open one first.

        Whatever the system says then (no such host, several addresses tried in vain, too many
        files) means that the database is away, so it is raised as ConnectionError.
        """
        try:
            connection = await self._pool.acquire()
        except (ConnectionError, TimeoutError):
            raise
        except OSError as error:
            raise ConnectionError(str(error)) from error
        try:
            yield connection
        finally:
            await self._pool.release(connection)

    def _wake(self, lane: str) -> None:
        if self.waker is not None:
            self.waker(lane)
