"""Work of a session's holder that waits while PostgreSQL is away, as long as the hold lasts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final, TypeVar

import structlog

from kommutator.kit.clock import Clock
from kommutator.kit.errors import KommutatorError
from kommutator.store.driver import is_transient

if TYPE_CHECKING:
    from kommutator.store.database import Database
    from kommutator.store.unit import Unit

_log = structlog.get_logger(__name__)
_PAUSE_S: Final = 0.2
T = TypeVar("T")


class LaneLost(KommutatorError):
    """The hold ended: another worker has the session, or a person wished otherwise."""


class WhileOurs:
    """One transaction, again and again until it is committed or the lease ended.

    WhatsApp's ratchets must not move on without having been written down, and a state that was
    told must be the state that is. So the caller waits.

    Args:
        alive: whether the lease lasts.
    """

    def __init__(self, db: Database, clock: Clock, alive: Callable[[], bool]) -> None:
        self._db = db
        self._clock = clock
        self._alive = alive

    async def single(self, work: Callable[[Unit], Awaitable[T]]) -> T:
        """One statement. Raises LaneLost."""
        return await self._done(work, whole=False)

    async def whole(self, work: Callable[[Unit], Awaitable[T]]) -> T:
        """Several statements or none. Raises LaneLost."""
        return await self._done(work, whole=True)

    async def _done(self, work: Callable[[Unit], Awaitable[T]], *, whole: bool) -> T:
        while True:
            if not self._alive():
                raise LaneLost("the lease ended")
            try:
                async with self._db.unit() if whole else self._db.single() as unit:
                    return await work(unit)
            except Exception as error:
                if not is_transient(error):
                    raise
                _log.warning("whatsapp_waits_for_database", error=type(error).__name__)
            await self._clock.sleep(_PAUSE_S)
