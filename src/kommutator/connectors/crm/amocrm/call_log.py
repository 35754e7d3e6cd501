"""Finished calls → `POST /api/v4/calls`, in batches, each once.

* 200 may hold refusals of single items, 400 may be nothing but unknown numbers: both are data,
  read item by item;
* an attempt whose answer was lost is looked for (see `find_calls`) before anything is repeated;
* a refused batch, and one the vendor was too slow for, is halved until the guilty stands alone;
  whether the vendor takes the good items of a refused batch is not documented, so before each
  halving we look what is there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from kommutator.connectors.crm.amocrm.calls import item_of
from kommutator.connectors.crm.amocrm.client import AmoCrmClient, Reply
from kommutator.connectors.crm.amocrm.config import AmoCrmConfig, CallTo
from kommutator.connectors.crm.amocrm.entities import Entities
from kommutator.connectors.crm.amocrm.errors import AmoCrmError
from kommutator.connectors.crm.amocrm.find_calls import Calls, find_calls
from kommutator.connectors.crm.amocrm.look_up import card_of
from kommutator.connectors.crm.amocrm.manifest import BATCH, UNFOUND
from kommutator.connectors.crm.amocrm.schemas import as_int
from kommutator.connectors.crm.amocrm.unknown import UnknownNumbers
from kommutator.domain.commands import CallRecord, Direction
from kommutator.domain.outcome import Done, Failed, Outcome
from kommutator.domain.ports import Due
from kommutator.kit.errors import ErrorKind, Stage, VendorError
from kommutator.kit.plain_json import as_text, maps_in

_SPLITTING_HINTS = frozenset({"amocrm_invalid", "amocrm_too_many", "amocrm_refused"})
_TOO_SLOW = 504
_ASKED_AT_ONCE = 10
"""Calls in one request where each first asks for its client's owner, in up to four requests: so
some are written before the engine cuts the attempt off, and the next attempt goes on from there."""

Outcomes = dict[int, Outcome]
"""By `Due.id`."""


class CallLog:
    """Writes records of calls. Raises nothing for a vendor's doing."""

    def __init__(self, entities: Entities, unknown: UnknownNumbers) -> None:
        self._entities = entities
        self._unknown = unknown

    async def upload(self, client: AmoCrmClient, config: AmoCrmConfig, calls: Calls) -> Outcomes:
        """One outcome per call."""
        outcomes: Outcomes = {
            due.id: Done(note="internal_not_recorded")
            for due, record in calls
            if record.direction is Direction.INTERNAL
        }
        unsure = [call for call in calls if call[0].unsure and call[0].id not in outcomes]
        if unsure:
            outcomes |= await _look(client, unsure)
        for due, record in unsure:
            if due.id not in outcomes and (found := await self._in_tray(client, config, record)):
                outcomes[due.id] = found
        left = [call for call in calls if call[0].id not in outcomes]
        if config.call_to is CallTo.CONTACT_NOTE:
            for due, record in left:
                outcomes[due.id] = await self._on_contact(client, config, due, record)
            return outcomes
        size = min(config.batch, _ASKED_AT_ONCE if config.asks_owner else BATCH)
        for start in range(0, len(left), size):
            outcomes |= await self._send(client, config, left[start : start + size])
        return outcomes

    async def _send(self, client: AmoCrmClient, config: AmoCrmConfig, calls: Calls) -> Outcomes:
        try:
            items = [
                item_of(
                    config, due, record, str(number), owner=await _owner(client, config, record)
                )
                for number, (due, record) in enumerate(calls)
            ]
            reply = await client.post("/api/v4/calls", items)
        except VendorError as error:
            if len(calls) > 1 and _may_be_split(error):
                return await self._halve(client, config, calls)
            return {due.id: failed(error) for due, _ in calls}
        return await self._read(client, config, calls, reply)

    async def _halve(self, client: AmoCrmClient, config: AmoCrmConfig, calls: Calls) -> Outcomes:
        outcomes = await _look(client, calls)
        left = [call for call in calls if call[0].id not in outcomes]
        middle = (len(left) + 1) // 2
        for part in (left[:middle], left[middle:]):
            if part:
                outcomes |= await self._send(client, config, part)
        return outcomes

    async def _read(
        self, client: AmoCrmClient, config: AmoCrmConfig, calls: Calls, reply: Reply
    ) -> Outcomes:
        """Item by item: written, unknown, refused, or not spoken of."""
        written = {as_text(row.get("request_id")): row for row in reply.embedded("calls")}
        refused = {as_text(row.get("request_id")): row for row in maps_in(reply.map.get("errors"))}
        outcomes: Outcomes = {}
        for number, (due, record) in enumerate(calls):
            row, fault = written.get(str(number)), refused.get(str(number))
            if row is not None:
                outcomes[due.id] = Done(reply.exchange, as_text(row.get("id")))
            elif fault is not None and _is_unfound(fault):
                outcomes[due.id] = await self._settle(client, config, due, record)
            else:
                outcomes[due.id] = _untold(reply) if fault is None else _refused(reply, fault)
        return outcomes

    async def _in_tray(
        self, client: AmoCrmClient, config: AmoCrmConfig, record: CallRecord
    ) -> Outcome | None:
        """A tray's card that holds the call; /calls might write it there a second time."""
        try:
            return await self._unknown.in_tray(client, config, record)
        except VendorError as error:
            return _still_unsure(failed(error))

    async def _settle(
        self, client: AmoCrmClient, config: AmoCrmConfig, due: Due, record: CallRecord
    ) -> Outcome:
        try:
            return await self._unknown.settle(client, config, due, record)
        except VendorError as error:
            return failed(error)

    async def _on_contact(
        self, client: AmoCrmClient, config: AmoCrmConfig, due: Due, record: CallRecord
    ) -> Outcome:
        try:
            written = await self._unknown.note_on_contact(client, config, due, record)
        except VendorError as error:
            return failed(error)
        return written or await self._settle(client, config, due, record)


async def _owner(client: AmoCrmClient, config: AmoCrmConfig, record: CallRecord) -> int | None:
    asks = config.asks_owner and bool(record.rang)
    card = await card_of(client, record.client) if asks else None
    return config.owner(
        extension=record.extension,
        rang=record.rang,
        of_client=None if card is None else card.responsible_id,
    )


async def _look(client: AmoCrmClient, calls: Calls) -> Outcomes:
    """Those that are there already are done; where nobody can tell, all stay unsure."""
    try:
        found = await find_calls(client, calls)
    except VendorError as error:
        return {due.id: _still_unsure(failed(error)) for due, _ in calls}
    return {
        due_id: Done(client.last_exchange, note_id, note="found_earlier")
        for due_id, note_id in found.items()
    }


def _still_unsure(outcome: Failed) -> Failed:
    """Looking failed for good or not: the call may be there, so it must be looked for again."""
    if outcome.kind in (ErrorKind.ACCESS_REVOKED, ErrorKind.RATE_LIMITED):
        return replace(outcome, stage=Stage.SENT)
    return replace(outcome, kind=ErrorKind.UNSURE)


def _may_be_split(error: VendorError) -> bool:
    if error.kind is ErrorKind.REJECTED:
        return error.hint in _SPLITTING_HINTS
    return error.kind is ErrorKind.UNSURE and error.status == _TOO_SLOW


def _is_unfound(fault: dict[str, Any]) -> bool:
    return as_int(fault.get("status")) == UNFOUND


def _refused(reply: Reply, fault: dict[str, Any]) -> Failed:
    words = (as_text(fault.get(key)) for key in ("title", "detail", "status"))
    message = ": ".join(word for word in words if word) or "refused"
    return Failed(
        ErrorKind.REJECTED, Stage.ANSWERED, message, reply.exchange, hint="amocrm_refused"
    )


def _untold(reply: Reply) -> Failed:
    return Failed(
        ErrorKind.UNSURE, Stage.ANSWERED, "the answer does not speak of this call", reply.exchange
    )


def failed(error: VendorError) -> Failed:
    """The outcome of an attempt that raised, whoever raised it: the client or the grants."""
    if isinstance(error, AmoCrmError):
        return error.as_outcome()
    return Failed(
        error.kind, error.stage, error.message, retry_after=error.retry_after, hint=error.hint
    )
