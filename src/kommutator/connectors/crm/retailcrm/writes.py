"""Commands → RetailCRM. Implements `domain.ports.Delivery`.

What keeps a repeated attempt from having a second effect:

* pop-ups carry `callExternalId`: the CRM knows the call; a repeated card is the same card;
* records carry `externalId`: the CRM reports a repeat in `duplicateCalls` and drops it;
* customers, orders and tasks have no idempotency key: see `entities`, which looks first.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from kommutator.connectors.crm.retailcrm import schemas
from kommutator.connectors.crm.retailcrm.calls import event_of, external_id, record_of
from kommutator.connectors.crm.retailcrm.client import RetailCrmClient, Turn, budgets_of
from kommutator.connectors.crm.retailcrm.entities import Entities
from kommutator.connectors.crm.retailcrm.errors import RetailCrmError
from kommutator.connectors.crm.retailcrm.manifest import BATCH, CONCURRENCY
from kommutator.domain.commands import (
    AddNote,
    CallRecord,
    Command,
    CreateCustomer,
    CreateOrder,
    CreateTask,
    CreateUnsorted,
    Direction,
    HangupPopup,
    MoveLead,
    RingPopup,
    SetPresence,
    kind_of,
)
from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.outcome import LIVE, RECORD, Budget, Done, Failed, Outcome, Patience
from kommutator.domain.ports import Due
from kommutator.kit.errors import ErrorKind, Stage
from kommutator.kit.http import HttpClient

PRESENCE: Final = Patience(
    first=timedelta(seconds=1),
    longest=timedelta(minutes=5),
    give_up=timedelta(hours=12),
    timeout=5.0,
)
"""The latest status waits for the CRM through a working day; a newer one takes its place."""

_REQUEST_SHARE = 0.9  # of an attempt's time: we tell of the silence before the engine cuts us off
_SPLITTING_HINTS = frozenset({"entity_refused", "partly_loaded", "parameters_refused"})


class RetailCrmDelivery:
    """Delivers the commands of a CRM.

    Args:
        turn: asked before each request beyond the one whose budget the engine has drawn.
        egress: names our outgoing address, by which the vendor counts requests.
    """

    kind = ConnectionKind.RETAILCRM

    def __init__(self, http: HttpClient, *, turn: Turn, egress: str = "default") -> None:
        self._http = http
        self._turn = turn
        self._egress = egress
        self._entities = Entities()

    def concurrency(self, account: Account) -> int:  # noqa: ARG002  the same for every account
        return CONCURRENCY

    def patience(self, command: Command) -> Patience:
        if isinstance(command, SetPresence):
            return PRESENCE
        return LIVE if command.live else RECORD

    def budgets(self, account: Account, command: Command) -> Sequence[Budget]:
        telephony = isinstance(command, RingPopup | HangupPopup | CallRecord)
        return budgets_of(account, self._egress, telephony=telephony)

    def batch_limit(self, command: Command) -> int:
        return BATCH if isinstance(command, CallRecord) else 1

    async def deliver(self, account: Account, batch: Sequence[Due]) -> Sequence[Outcome]:
        if not batch:
            return []
        client = self._client(account, batch[0].command)
        records = [(due, due.command) for due in batch if isinstance(due.command, CallRecord)]
        if len(records) == len(batch):
            return await self._upload(account, client, records)
        return [await self._one(account, client, due) for due in batch]

    def _client(self, account: Account, command: Command) -> RetailCrmClient:
        return RetailCrmClient(
            self._http,
            account,
            turn=self._turn,
            egress=self._egress,
            timeout_s=self.patience(command).timeout * _REQUEST_SHARE,
            prepaid=1,
        )

    async def _one(self, account: Account, client: RetailCrmClient, due: Due) -> Outcome:
        outcome: Outcome
        try:
            match due.command:
                case RingPopup() | HangupPopup() as popup:
                    outcome = await self._popup(account, client, due, popup)
                case CreateCustomer() as command:
                    outcome = await self._entities.customer(account, client, command)
                case CreateOrder() as command:
                    outcome = await self._entities.order(account, client, due, command)
                case CreateTask() as command:
                    outcome = await self._entities.task(account, client, due, command)
                case CallRecord() as record:
                    (outcome,) = await self._upload(account, client, [(due, record)])
                case SetPresence() as command:
                    outcome = await self._set_presence(account, client, command)
                case _:
                    outcome = _not_ours(due.command)
        except RetailCrmError as error:
            outcome = error.as_outcome()
        return outcome

    async def _set_presence(
        self, account: Account, client: RetailCrmClient, command: SetPresence
    ) -> Outcome:
        """Repeatable: a status set twice is the same status."""
        mapping = account.config.get("user_extensions") or {}
        users = [user for user, number in mapping.items() if number == command.extension]
        if not users:
            return Done(note="nobody_at_extension")
        reply = await client.set_user_status(users[0], command.presence)
        return Done(reply.exchange)

    async def _popup(
        self,
        account: Account,
        client: RetailCrmClient,
        due: Due,
        popup: RingPopup | HangupPopup,
    ) -> Outcome:
        if popup.direction is Direction.INTERNAL:
            return Done(note="internal_not_shown")
        if isinstance(popup, RingPopup) and not popup.extensions:
            return Done(note="nobody_to_show")
        reply = await client.call_event(event_of(account, due, popup))
        missing = schemas.read_event_reply(reply.body).missing_codes
        note = f"unknown_codes: {', '.join(missing)}" if missing else None
        return Done(reply.exchange, note=note)

    async def _upload(
        self, account: Account, client: RetailCrmClient, batch: Sequence[tuple[Due, CallRecord]]
    ) -> list[Outcome]:
        """Upload what can be told to the vendor; the outcomes keep the batch's order."""
        outcomes: dict[int, Outcome] = {}
        items: list[tuple[Due, dict[str, object]]] = []
        for due, record in batch:
            if record.direction is Direction.INTERNAL:
                outcomes[due.id] = Done(note="internal_not_recorded")
                continue
            try:
                items.append((due, record_of(account, due, record)))
            except RetailCrmError as error:
                outcomes[due.id] = error.as_outcome()
        for start in range(0, len(items), BATCH):
            outcomes |= await self._send_records(client, items[start : start + BATCH])
        return [outcomes[due.id] for due, _ in batch]

    async def _send_records(
        self, client: RetailCrmClient, items: list[tuple[Due, dict[str, object]]]
    ) -> dict[int, Outcome]:
        """One request. A refused batch is halved until only the guilty call stands alone.

        Sending the others again is safe: the vendor drops known `externalId`s.
        """
        try:
            reply = await client.upload_calls([item for _, item in items])
        except RetailCrmError as error:
            if len(items) == 1 or not _one_is_guilty(error):
                return {due.id: error.as_outcome() for due, _ in items}
            middle = len(items) // 2
            first = await self._send_records(client, items[:middle])
            return first | await self._send_records(client, items[middle:])
        known = schemas.read_upload_reply(reply.body).duplicates
        return {
            due.id: Done(
                reply.exchange,
                vendor_id=external_id(due.command.call_id, due),
                note="duplicate" if item["externalId"] in known else None,
            )
            for due, item in items
        }


def _one_is_guilty(error: RetailCrmError) -> bool:
    return error.kind is ErrorKind.REJECTED and error.hint in _SPLITTING_HINTS


def _not_ours(command: Command) -> Failed:
    if isinstance(command, CreateUnsorted | MoveLead | AddNote):
        return Failed(
            ErrorKind.REJECTED,
            Stage.BEFORE_SENDING,
            f"RetailCRM has nothing like {kind_of(command)}",
            hint="not_in_this_crm",
        )
    return Failed(
        ErrorKind.OURS, Stage.BEFORE_SENDING, f"a CRM cannot take the command {kind_of(command)}"
    )
