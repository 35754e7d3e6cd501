"""A client's request done once, however often it is sent under one `Idempotency-Key`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from kommutator.kit.clock import Clock
from kommutator.kit.errors import Conflict, ErrorKind, UserError, VendorError
from kommutator.store.answered import Asked, Before
from kommutator.store.database import Database

LEASE_S = 240.0  # longer than the longest act: several requests, each waiting for its allowance
_CREATED = 201


@dataclass(frozen=True, slots=True)
class Plan:
    """How to do it.

    Attributes:
        stamp: unix seconds, the same in every try: what was made is found by it.
        again: an earlier try may have come to something; look before writing.
    """

    stamp: int
    again: bool = False


Act = Callable[[Plan], Awaitable[Any]]
"""Does it and returns what can be stored as JSON."""


class Once:
    def __init__(self, db: Database, *, clock: Clock, lease_s: float = LEASE_S) -> None:
        self._db = db
        self._clock = clock
        self._lease_s = lease_s

    async def __call__(self, asked: Asked | None, act: Act) -> Any:
        """Do it, or tell what came of it before. Without a key it is simply done.

        Raises:
            Conflict: `idempotency_key_reused`, `idempotency_under_way`.
        """
        stamp = int(self._clock.now().timestamp())
        if asked is None:
            return await act(Plan(stamp))
        async with self._db.single() as unit:
            turn = await unit.answered.begin(
                asked.enterprise, asked, {"stamp": stamp}, lease_s=self._lease_s
            )
        if isinstance(turn, Before):
            return _as_before(turn)
        try:
            answer = await act(Plan(int(turn.plan["stamp"]), again=turn.again))
        except (VendorError, UserError) as error:
            await self._failed(asked, error, again=turn.again)
            raise
        async with self._db.single() as unit:
            await unit.answered.answer(asked.enterprise, asked, _CREATED, answer)
        return answer

    async def _failed(self, asked: Asked, error: Exception, *, again: bool) -> None:
        """Forgotten only if it surely came to nothing, in this try and in all before."""
        unsure = again or (isinstance(error, VendorError) and error.kind is ErrorKind.UNSURE)
        async with self._db.single() as unit:
            if unsure:
                await unit.answered.unsure(asked.enterprise, asked)
            else:
                await unit.answered.forget(asked.enterprise, asked)


def _as_before(before: Before) -> Any:
    if not before.same:
        raise Conflict("idempotency_key_reused")
    if not before.answered:
        raise Conflict("idempotency_under_way")
    return before.answer
