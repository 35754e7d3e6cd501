"""Commands to a PBX over its open link."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Final, Protocol
from uuid import UUID

from kommutator.connectors.pbx.asterisk.errors import ActionRefused, AmiError, failure
from kommutator.connectors.pbx.asterisk.originate import Action, cancel, look_up, originate, ring
from kommutator.connectors.pbx.asterisk.set_presence import set_presence
from kommutator.connectors.pbx.asterisk.take import NotTaken, Taking
from kommutator.domain.commands import (
    CancelCall,
    Command,
    OriginateCall,
    RingPhone,
    SetPresence,
    TakeCall,
    kind_of,
)
from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.outcome import Budget, Done, Exchange, Failed, Outcome, Patience
from kommutator.domain.ports import Due
from kommutator.kit.clock import Clock
from kommutator.kit.errors import ErrorKind, Stage

CLICK: Final = Patience(
    first=timedelta(seconds=0.5),
    longest=timedelta(seconds=2),
    give_up=timedelta(seconds=15),
    timeout=8.0,  # an action's own time-out and the look-up after it
)
"""Whoever clicked has picked another way after a quarter of a minute."""

PRESENCE: Final = Patience(
    first=timedelta(seconds=1),
    longest=timedelta(seconds=30),
    give_up=timedelta(hours=12),
    timeout=8.0,
)
"""The latest status waits for the PBX through a working day; a newer one takes its place."""

_CONCURRENCY: Final = 8
_TELLING: Final[tuple[str, ...]] = ("Response", "Message", "error")
_NO_SUCH_CHANNEL: Final = "no such channel"


class Link(Protocol):
    """What delivery needs of `AmiLink`."""

    async def action(self, fields: Action) -> dict[str, Any]: ...


class AsteriskDelivery:
    """Implements the `Delivery` port.

    Args:
        link_of: the open link of a connection, None while there is none.
    """

    kind = ConnectionKind.ASTERISK

    def __init__(self, link_of: Callable[[UUID], Link | None], *, clock: Clock) -> None:
        self._link_of = link_of
        self._clock = clock

    def concurrency(self, account: Account) -> int:  # noqa: ARG002  the port's signature
        """One socket takes them one after the other anyway; answers overlap."""
        return _CONCURRENCY

    def patience(self, command: Command) -> Patience:
        return PRESENCE if isinstance(command, SetPresence) else CLICK

    def budgets(self, account: Account, command: Command) -> Sequence[Budget]:  # noqa: ARG002  the port's signature
        """None: a PBX has no rate allowance."""
        return ()

    def batch_limit(self, command: Command) -> int:  # noqa: ARG002  the port's signature
        return 1

    async def deliver(self, account: Account, batch: Sequence[Due]) -> Sequence[Outcome]:
        """Try each once."""
        return [await self._deliver_one(account, due) for due in batch]

    async def _deliver_one(self, account: Account, due: Due) -> Outcome:
        began = self._clock.monotonic()
        link = self._link_of(account.connection_id)
        if link is None:
            return Failed(
                ErrorKind.TRANSIENT,
                Stage.BEFORE_SENDING,
                "the link to the PBX is down",
                hint="pbx_link_down",
            )
        return await self._do(link, due, account, began)

    async def _do(self, link: Link, due: Due, account: Account, began: float) -> Outcome:
        match due.command:
            case OriginateCall() | RingPhone() if due.unsure:
                return await self._find_again(link, due.command, began)
            case OriginateCall() | RingPhone():
                return await self._originate(link, due.command, account, began)
            case CancelCall():
                return await self._cancel(link, due.command, began)
            case TakeCall():
                return await self._take(link, due, due.command, account, began)
            case SetPresence():
                return await self._set_presence(link, due.command, account, began)
        return Failed(
            ErrorKind.REJECTED,
            Stage.BEFORE_SENDING,
            f"a PBX takes no {kind_of(due.command)}",
        )

    async def _originate(
        self, link: Link, command: OriginateCall | RingPhone, account: Account, began: float
    ) -> Outcome:
        request: Action = []
        try:
            request = _request(command, account)
            answer = await link.action(request)
        except AmiError as error:
            outcome = failure(error, self._exchange(request, {"error": str(error)}, began))
            if outcome.kind is ErrorKind.UNSURE:
                return await self._seen(link, command, began) or outcome
            return outcome
        return Done(self._exchange(request, answer, began), vendor_id=command.call_id)

    async def _find_again(
        self, link: Link, command: OriginateCall | RingPhone, began: float
    ) -> Outcome:
        """An earlier try may have rung the phone: look, and never ring it a second time."""
        try:
            found = await self._look(link, command, began)
        except ActionRefused as refusal:
            exchange = self._exchange(look_up(command.call_id), {"error": str(refusal)}, began)
            return Failed(
                ErrorKind.REJECTED,
                Stage.ANSWERED,
                "the PBX may have placed this call, it is not there now; not repeated",
                exchange,
                hint="click_not_repeated",
            )
        except AmiError as error:
            return failure(error, self._exchange([], {"error": str(error)}, began))
        return found

    async def _seen(
        self, link: Link, command: OriginateCall | RingPhone, began: float
    ) -> Done | None:
        """Right after a silence: is the call there in spite of it?"""
        try:
            return await self._look(link, command, began)
        except AmiError:
            return None

    async def _look(self, link: Link, command: OriginateCall | RingPhone, began: float) -> Done:
        request = look_up(command.call_id)
        answer = await link.action(request)
        exchange = self._exchange(request, answer, began)
        return Done(exchange, vendor_id=command.call_id, note="found_by_look_up")

    async def _cancel(self, link: Link, command: CancelCall, began: float) -> Outcome:
        request: Action = []
        try:
            request = cancel(command)
            answer = await link.action(request)
        except ActionRefused as refusal:
            exchange = self._exchange(request, {"error": str(refusal)}, began)
            if _NO_SUCH_CHANNEL in str(refusal).lower():
                return Done(exchange, note="call_was_over")
            return failure(refusal, exchange)
        except AmiError as error:
            # Hanging up twice harms nobody, so a silence may simply be repeated.
            return failure(error, self._exchange(request, {"error": str(error)}, began))
        return Done(self._exchange(request, answer, began))

    async def _take(
        self, link: Link, due: Due, command: TakeCall, account: Account, began: float
    ) -> Outcome:
        try:
            taking = Taking(link, command, account.config)
        except AmiError as error:
            return failure(error, self._exchange([], {"error": str(error)}, began))
        try:
            answer = await (taking.look() if due.unsure else taking.run())
        except NotTaken as refusal:
            exchange = self._exchange(taking.redirect, {"error": str(refusal)}, began)
            return Failed(
                ErrorKind.REJECTED, Stage.ANSWERED, str(refusal), exchange, hint=refusal.hint
            )
        except AmiError as error:
            return failure(error, self._exchange(taking.redirect, {"error": str(error)}, began))
        # Never repeated, only looked for: a call moved twice is torn out of a conversation.
        note = "found_by_look_up" if due.unsure else None
        return Done(self._exchange(taking.redirect, answer, began), note=note)

    async def _set_presence(
        self, link: Link, command: SetPresence, account: Account, began: float
    ) -> Outcome:
        request = [("SetPresence", command.presence), ("Extension", command.extension)]
        try:
            note = await set_presence(link, command, account.config)
        except AmiError as error:
            return failure(error, self._exchange(request, {"error": str(error)}, began))
        return Done(self._exchange(request, {"Response": "Success"}, began), note=note)

    def _exchange(self, request: Action, response: dict[str, Any], began: float) -> Exchange:
        variables = [value for name, value in request if name == "Variable"]
        asked: dict[str, Any] = {**dict(request), "Variable": variables}
        took = (self._clock.monotonic() - began) * 1000
        told = {name: response[name] for name in _TELLING if name in response}
        return Exchange(asked if variables else dict(request), told, took)


def _request(command: OriginateCall | RingPhone, account: Account) -> Action:
    if isinstance(command, RingPhone):
        return ring(command, account.config)
    return originate(command, account.config)
