"""Writing many items in few requests: every item gets its own result, none is dropped.

The vendor takes arrays. Where it names the guilty ones, they alone are refused and the others
leave again; where it says 504, the batch was too large: the next ones are half as large, and grow
again as they succeed. An update says the same thing twice, so after a 504 it is split and
repeated. A create that may have arrived is never sent again from here: it comes back UNSURE, and
its caller looks for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from kommutator.connectors.crm.amocrm.client import AmoCrmClient, Reply
from kommutator.connectors.crm.amocrm.errors import AmoCrmError, faults_in_words
from kommutator.connectors.crm.amocrm.manifest import BATCH, MAX_BATCH
from kommutator.connectors.crm.amocrm.schemas import as_int, as_time
from kommutator.domain.connection import Account
from kommutator.domain.crm_ports import Item, ItemResult, Unwritten, Written
from kommutator.kit.errors import ErrorKind, VendorError
from kommutator.kit.plain_json import as_text

_MOST_TROUBLES = 8  # in one call; then the caller decides when to go on
_TOO_LARGE = (400, 413, 422)
_GATEWAY_TIMEOUT = 504


@dataclass(frozen=True, slots=True)
class Operation:
    """One way to write. `name`: of the list in `_embedded`."""

    path: str
    name: str
    creates: bool


@dataclass(slots=True)
class Sizes:
    """How many items go into one request, by what the vendor could take lately."""

    _now: dict[tuple[UUID, str], int] = field(default_factory=dict)

    def of(self, account: Account, operation: Operation) -> int:
        return min(self._now.get(_key(account, operation), MAX_BATCH), batch_of(account))

    def shrink(self, account: Account, operation: Operation, sent: int) -> None:
        self._now[_key(account, operation)] = max(1, sent // 2)

    def grow(self, account: Account, operation: Operation) -> None:
        size = self._now.get(_key(account, operation))
        if size is not None:
            self._now[_key(account, operation)] = min(size + max(1, size // 4), MAX_BATCH)


def _key(account: Account, operation: Operation) -> tuple[UUID, str]:
    return account.connection_id, operation.path


def batch_of(account: Account) -> int:
    """Items in one request: the connection's setting `batch`, 50 unless told, at most 250."""
    own = account.config.get("batch")
    if isinstance(own, int) and not isinstance(own, bool) and own > 0:
        return min(own, MAX_BATCH)
    return BATCH


@dataclass(slots=True)
class Batches:
    """One call's work: `done` fills up until every item is in it."""

    client: AmoCrmClient
    operation: Operation
    items: Sequence[Item]
    sizes: Sizes
    done: dict[int, ItemResult] = field(default_factory=dict)
    _waiting: list[int] = field(default_factory=list)
    _troubles: int = 0

    async def run(self) -> list[ItemResult]:
        """One result per item, in order. Never raises for a vendor's doing."""
        self._waiting = list(range(len(self.items)))
        while self._waiting:
            size = self.sizes.of(self.client.account, self.operation)
            chunk, self._waiting = self._waiting[:size], self._waiting[size:]
            await self._write(chunk)
        return [self.done[position] for position in range(len(self.items))]

    async def _write(self, chunk: list[int]) -> None:
        try:
            reply = await self._send(chunk)
        except VendorError as error:
            self._trouble(chunk, error)
            return
        self._troubles = 0
        self.sizes.grow(self.client.account, self.operation)
        rows = reply.embedded(self.operation.name)
        for position, row in self._matched(chunk, rows):
            row_id = as_int(row.get("id"))
            if row_id is not None:
                self.done[position] = Written(row_id, as_time(row.get("updated_at")))
        unnamed = [position for position in chunk if position not in self.done]
        if len(unnamed) < len(chunk):
            self._once_more(unnamed)  # the others worked; by itself it may say why not
        else:
            kind = ErrorKind.UNSURE if self.operation.creates else ErrorKind.GONE
            self._leave(unnamed, Unwritten(kind, "the answer does not name it"))

    async def _send(self, chunk: Sequence[int]) -> Reply:
        """Each item under its place in this request: so the vendor's own numbering is the same."""
        bodies = [
            {**self.items[position], "request_id": str(place)}
            for place, position in enumerate(chunk)
        ]
        send = self.client.post if self.operation.creates else self.client.patch
        return await send(self.operation.path, bodies)

    def _matched(
        self, chunk: Sequence[int], rows: Sequence[Mapping[str, Any]]
    ) -> list[tuple[int, Mapping[str, Any]]]:
        if not self.operation.creates:
            by_id = {as_int(self.items[position].get("id")): position for position in chunk}
            return [
                (by_id[row_id], row) for row in rows if (row_id := as_int(row.get("id"))) in by_id
            ]
        return [
            (chunk[place], row)
            for number, row in enumerate(rows)
            if (place := _place(row, number)) is not None and place < len(chunk)
        ]

    # --- when it did not work --------------------------------------------------------------

    def _trouble(self, chunk: list[int], error: VendorError) -> None:
        guilty = self._guilty(chunk, error)
        self._troubles += not guilty
        if guilty:
            self.done |= guilty
            self._once_more([position for position in chunk if position not in guilty])
        elif error.kind is ErrorKind.REJECTED and error.status in _TOO_LARGE and len(chunk) > 1:
            self.sizes.shrink(self.client.account, self.operation, len(chunk))
            self._waiting = chunk + self._waiting
            self._troubles -= 1  # it ends by itself, at one
        elif error.kind is ErrorKind.UNSURE:
            self._unsure(chunk, error)
        else:
            self._leave(chunk, _unwritten(error))
            if error.status not in _TOO_LARGE:
                self._stop(error)
        if self._troubles >= _MOST_TROUBLES:
            self._stop(error)

    def _unsure(self, chunk: list[int], error: VendorError) -> None:
        if error.status == _GATEWAY_TIMEOUT:
            self.sizes.shrink(self.client.account, self.operation, len(chunk))
        divisible = error.status == _GATEWAY_TIMEOUT and len(chunk) > 1
        if divisible and not self.operation.creates:
            self._waiting = chunk + self._waiting
        else:
            self._leave(chunk, _unwritten(error))

    def _once_more(self, rest: list[int], error: VendorError | None = None) -> None:
        """Send the rest again; whether a refused batch was taken in part is not documented."""
        if not self.operation.creates:
            self._waiting = rest + self._waiting
        else:
            words = error.message if error is not None else "the answer does not name it"
            self._leave(rest, Unwritten(ErrorKind.UNSURE, words, error.hint if error else None))

    def _guilty(self, chunk: Sequence[int], error: VendorError) -> dict[int, ItemResult]:
        if not isinstance(error, AmoCrmError) or error.kind is not ErrorKind.REJECTED:
            return {}
        return {
            chunk[int(place)]: Unwritten(
                error.kind, faults_in_words(faults) or error.message, error.hint, fields=faults
            )
            for place, faults in error.items.items()
            if place.isdecimal() and int(place) < len(chunk)
        }

    def _leave(self, positions: Sequence[int], result: Unwritten) -> None:
        """Of those that have no result yet: what the vendor said of one item stays."""
        for position in positions:
            self.done.setdefault(position, result)

    def _stop(self, error: VendorError) -> None:
        """Nothing more will work for now; what has not left yet was certainly not written."""
        kind = ErrorKind.TRANSIENT if error.kind is ErrorKind.UNSURE else error.kind
        self._leave(self._waiting, Unwritten(kind, error.message, error.hint, error.retry_after))
        self._waiting = []


def _place(row: Mapping[str, Any], number: int) -> int | None:
    text = as_text(row.get("request_id"))
    if text is None:
        return number
    return int(text) if text.isdecimal() and len(text) < 6 else None  # noqa: PLR2004  at most 250 items


def _unwritten(error: VendorError) -> Unwritten:
    return Unwritten(error.kind, error.message, error.hint, error.retry_after)
