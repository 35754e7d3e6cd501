"""Commands → amoCRM. Implements `domain.ports.Delivery`.

amoCRM has no idempotency key anywhere. What keeps a repeated attempt from a second effect:

* records carry `uniq`, and a lost one is looked for among the notes of calls (`find_calls`);
* contacts are looked for by number, leads, tasks and notes by a time of ours (`entities`);
* a pop-up whose answer was lost is not shown again: a second one is worse than none (`cards`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from kommutator.connectors.crm.amocrm import cards
from kommutator.connectors.crm.amocrm.budgets import budgets_of
from kommutator.connectors.crm.amocrm.call_log import CallLog, failed
from kommutator.connectors.crm.amocrm.client import AmoCrmClient, AmoCrmClients
from kommutator.connectors.crm.amocrm.config import AmoCrmConfig, read_config
from kommutator.connectors.crm.amocrm.entities import Entities
from kommutator.connectors.crm.amocrm.manifest import BATCH, CONCURRENCY
from kommutator.connectors.crm.amocrm.unknown import UnknownNumbers
from kommutator.domain.commands import (
    AddNote,
    CallRecord,
    Command,
    CreateCustomer,
    CreateOrder,
    CreateTask,
    CreateUnsorted,
    HangupPopup,
    MoveLead,
    RingPopup,
    SetPresence,
    kind_of,
)
from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.outcome import LIVE, Budget, Done, Failed, Outcome, Patience
from kommutator.domain.ports import Due
from kommutator.kit.clock import Clock
from kommutator.kit.errors import ErrorKind, Stage, VendorError

WRITING: Final = Patience(
    first=timedelta(seconds=5),
    longest=timedelta(minutes=30),
    give_up=timedelta(hours=72),
    timeout=30.0,
)
"""As for records of any CRM, but an attempt is longer: a stranger's call is a chain of requests,
each of which waits for its turn among seven a second."""

_REQUEST_S: Final = 8.0
_POPUP_S: Final = LIVE.timeout * 0.9  # we tell of the silence before the engine cuts us off


class AmoCrmDelivery:
    """Delivers the commands of a CRM."""

    kind = ConnectionKind.AMOCRM

    def __init__(self, clients: AmoCrmClients, *, clock: Clock) -> None:
        self._clients = clients
        self._entities = Entities(clock)
        self._unknown = UnknownNumbers(self._entities)
        self._log = CallLog(self._entities, self._unknown)

    def concurrency(self, account: Account) -> int:  # noqa: ARG002  the same for every account
        return CONCURRENCY

    def patience(self, command: Command) -> Patience:
        return LIVE if command.live else WRITING

    def budgets(self, account: Account, command: Command) -> Sequence[Budget]:
        """None for what is not sent: amoCRM has neither a hang-up nor a status of people."""
        return () if isinstance(command, HangupPopup | SetPresence) else budgets_of(account)

    def batch_limit(self, command: Command) -> int:
        return BATCH if isinstance(command, CallRecord) else 1

    async def deliver(self, account: Account, batch: Sequence[Due]) -> Sequence[Outcome]:
        if not batch:
            return []
        config = read_config(account.config, host=account.host)
        timeout_s = _POPUP_S if batch[0].command.live else _REQUEST_S
        client = self._clients.of(account, timeout_s=timeout_s, prepaid=1)
        records = [(due, due.command) for due in batch if isinstance(due.command, CallRecord)]
        if len(records) == len(batch):
            outcomes = await self._log.upload(client, config, records)
            return [outcomes[due.id] for due in batch]
        return [await self._one(client, config, due) for due in batch]

    async def _one(self, client: AmoCrmClient, config: AmoCrmConfig, due: Due) -> Outcome:
        outcome: Outcome
        try:
            match due.command:
                case RingPopup() as popup:
                    outcome = await cards.show(client, config, due, popup)
                case HangupPopup():
                    outcome = Done(note="no_card_to_take_down")
                case SetPresence():
                    outcome = Done(note="no_status_in_crm")
                case CallRecord() as record:
                    outcome = (await self._log.upload(client, config, [(due, record)]))[due.id]
                case _:
                    outcome = await self._write(client, config, due)
        except VendorError as error:
            outcome = failed(error)
        return outcome

    async def _write(self, client: AmoCrmClient, config: AmoCrmConfig, due: Due) -> Outcome:
        outcome: Outcome
        match due.command:
            case CreateCustomer() as command:
                outcome = await self._entities.customer(client, config, command)
            case CreateOrder() as command:
                outcome = await self._entities.order(client, config, due, command)
            case CreateTask() as command:
                outcome = await self._entities.task(client, config, due, command)
            case CreateUnsorted() as command:
                outcome = await self._unknown.unsorted(client, config, due, command)
            case MoveLead() as command:
                outcome = await self._entities.move(client, command)
            case AddNote() as command:
                outcome = await self._entities.note(client, due, command)
            case other:
                words = f"a CRM cannot take the command {kind_of(other)}"
                outcome = Failed(ErrorKind.OURS, Stage.BEFORE_SENDING, words)
        return outcome
