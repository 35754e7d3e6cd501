"""Commands → YClients. Implements `domain.ports.Delivery`.

What keeps a repeated attempt from a second effect:

* a call of the history whose answer was lost is looked for before it is written again (`voip`);
* a pop-up whose answer was lost is not shown again: a second one is worse than none;
* statuses of messages say the same thing twice (`reports`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from kommutator.connectors.crm.yclients import voip
from kommutator.connectors.crm.yclients.client import YClientsClient, YClientsClients
from kommutator.connectors.crm.yclients.errors import YClientsError
from kommutator.connectors.crm.yclients.manifest import CONCURRENCY
from kommutator.connectors.crm.yclients.reports import report
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
    ReportMessages,
    RingPopup,
    SetPresence,
    kind_of,
)
from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.outcome import LIVE, Budget, Done, Failed, Outcome, Patience
from kommutator.domain.ports import Due
from kommutator.kit.errors import ErrorKind, Stage
from kommutator.kit.http import HttpClient

WRITING: Final = Patience(
    first=timedelta(seconds=5),
    longest=timedelta(minutes=30),
    give_up=timedelta(hours=72),
    timeout=45.0,
)
"""As for records of any CRM, but an attempt that looks first is two requests, and the second waits
for its turn among all salons."""

_REQUEST_S: Final = 10.0
_POPUP_S: Final = LIVE.timeout * 0.9  # we tell of the silence before the engine cuts us off
_NOT_KEPT = (
    SetPresence,
    CreateCustomer,
    CreateOrder,
    CreateTask,
    CreateUnsorted,
    MoveLead,
    AddNote,
)


class YClientsDelivery:
    """Delivers the commands of a CRM, and statuses of messages."""

    kind = ConnectionKind.YCLIENTS

    def __init__(self, http: HttpClient, clients: YClientsClients) -> None:
        self._http = http
        self._clients = clients

    def concurrency(self, account: Account) -> int:  # noqa: ARG002  the same for every salon
        return CONCURRENCY

    def patience(self, command: Command) -> Patience:
        return LIVE if command.live else WRITING

    def budgets(self, account: Account, command: Command) -> Sequence[Budget]:
        """None for what is not sent."""
        if isinstance(command, ReportMessages) or _told(account, command):
            return self._clients.budgets()
        return ()

    def batch_limit(self, command: Command) -> int:  # noqa: ARG002  each request takes one
        return 1

    async def deliver(self, account: Account, batch: Sequence[Due]) -> Sequence[Outcome]:
        return [await self._one(account, due) for due in batch]

    async def _one(self, account: Account, due: Due) -> Outcome:
        try:
            return await self._deliver(account, due)
        except YClientsError as error:
            return error.as_outcome()

    async def _deliver(self, account: Account, due: Due) -> Outcome:
        timeout_s = _POPUP_S if due.command.live else _REQUEST_S
        outcome: Outcome
        match due.command:
            case ReportMessages() as command:
                exchange = await report(self._http, self._clients.app, command, timeout_s=timeout_s)
                outcome = Done(exchange)
            case RingPopup() as popup:
                outcome = await self._show(account, due, popup, timeout_s)
            case CallRecord() as record:
                outcome = await self._record(account, due, record, timeout_s)
            case HangupPopup():
                outcome = Done(note="card_closes_itself")
            case command if isinstance(command, _NOT_KEPT):
                outcome = Done(note="not_kept_by_salons")
            case other:
                words = f"a salon cannot take the command {kind_of(other)}"
                outcome = Failed(ErrorKind.OURS, Stage.BEFORE_SENDING, words)
        return outcome

    async def _show(
        self, account: Account, due: Due, popup: RingPopup, timeout_s: float
    ) -> Outcome:
        token = voip.voip_token(account)
        if token is None:
            return Done(note="no_telephony_in_salon")
        if popup.direction is not Direction.IN:
            return Done(note="only_incoming_shown")
        if due.unsure:
            return Done(note="popup_not_shown_twice")
        client = self._clients.of(account, timeout_s=timeout_s, prepaid=1)
        return Done((await voip.say(client, token, **voip.popup_of(popup))).exchange)

    async def _record(
        self, account: Account, due: Due, record: CallRecord, timeout_s: float
    ) -> Outcome:
        token = voip.voip_token(account)
        if token is None:
            return Done(note="no_telephony_in_salon")
        if record.direction is Direction.INTERNAL:
            return Done(note="internal_not_recorded")
        client = self._clients.of(account, timeout_s=timeout_s, prepaid=1)
        if due.unsure:
            found = await _look(client, account, record)
            if found is not None:
                return found
        reply = await voip.say(client, token, **voip.history_of(account, record))
        return Done(reply.exchange)


async def _look(client: YClientsClient, account: Account, record: CallRecord) -> Outcome | None:
    """Done if the call is there; still unsure where nobody can tell; None: it is not there."""
    try:
        found = await voip.find_call(client, account, record)
    except YClientsError as error:
        blind = error.as_outcome()
        waits = blind.kind in (ErrorKind.ACCESS_REVOKED, ErrorKind.RATE_LIMITED)
        return replace(blind, stage=Stage.SENT) if waits else replace(blind, kind=ErrorKind.UNSURE)
    return None if found is None else Done(client.last_exchange, found, note="found_earlier")


def _told(account: Account, command: Command) -> bool:
    """Whether anything leaves for the salon's telephony."""
    if voip.voip_token(account) is None:
        return False
    if isinstance(command, RingPopup):
        return command.direction is Direction.IN
    return isinstance(command, CallRecord) and command.direction is not Direction.INTERNAL
