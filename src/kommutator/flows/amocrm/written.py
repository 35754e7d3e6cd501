"""What came of writing one card: its id, or an error that says whose turn it is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from kommutator.domain.crm_ports import ItemResult, Unwritten, Written
from kommutator.domain.crm_whole import WholeLead
from kommutator.flows.once import Plan
from kommutator.kit.clock import Clock
from kommutator.kit.errors import (
    ErrorKind,
    FieldsRefused,
    KommutatorError,
    NotFound,
    TooMany,
    VendorError,
)

T = TypeVar("T")
_WAIT_S = 60.0


class Maker:
    """Creates one thing, once.

    Args:
        settle_s: how long a request whose answer was lost may still be on its way.
    """

    def __init__(self, *, clock: Clock, settle_s: float = 2.0) -> None:
        self._clock = clock
        self._settle_s = settle_s

    async def make(
        self,
        plan: Plan,
        write: Callable[[], Awaitable[Sequence[ItemResult]]],
        find: Callable[[], Awaitable[int | None]],
    ) -> int:
        """Write once; if the answer got lost, look before writing a second and last time."""
        if plan.again and (made := await self._settled(find)) is not None:
            return made
        results = await write()
        if not _unsure(results):
            return written(results).id
        if (made := await self._settled(find)) is not None:
            return made
        return written(await write()).id

    async def make_whole(
        self,
        plan: Plan,
        write: Callable[[], Awaitable[WholeLead]],
        find: Callable[[], Awaitable[WholeLead | None]],
    ) -> WholeLead:
        """The same for what raises instead of telling a result."""
        if plan.again and (made := await self._settled(find)) is not None:
            return made
        try:
            return await write()
        except VendorError as error:
            if error.kind is not ErrorKind.UNSURE:
                raise
        return await self._settled(find) or await write()

    async def _settled(self, find: Callable[[], Awaitable[T | None]]) -> T | None:
        """What is there once nothing can be on its way any more, an earlier try's neither."""
        await self._clock.sleep(self._settle_s)
        return await find()


def _unsure(results: Sequence[ItemResult]) -> bool:
    (result,) = results
    return isinstance(result, Unwritten) and result.kind is ErrorKind.UNSURE


def written(results: Sequence[ItemResult]) -> Written:
    """The only result, if the vendor took it.

    Raises:
        FieldsRefused: `crm_card_refused`, with what is wrong by field.
        TooMany: `vendor_asks_to_wait`.
        VendorError: whatever else it said, or nothing.
    """
    (result,) = results
    if isinstance(result, Written):
        return result
    raise _error(result)


def _error(result: Unwritten) -> KommutatorError:
    if result.kind is ErrorKind.RATE_LIMITED:
        wait = result.retry_after or _WAIT_S
        return TooMany("vendor_asks_to_wait", retry_after=wait, message=result.message)
    if result.kind is ErrorKind.REJECTED and result.fields:
        return FieldsRefused("crm_card_refused", fields=result.fields, message=result.message)
    if result.kind is ErrorKind.GONE:
        return NotFound("crm_card_unknown")
    return VendorError(
        result.kind, result.message, hint=result.hint, retry_after=result.retry_after
    )
