"""Commands to a PBX over its open link."""

from __future__ import annotations

from typing import Any, Final, Protocol

from kommutator.connectors.pbx.asterisk.errors import ActionRefused, AmiError, failure
from kommutator.connectors.pbx.asterisk.originate import Action, cancel, look_up, originate, ring
from kommutator.connectors.pbx.asterisk.over_link import OverLink
from kommutator.connectors.pbx.asterisk.set_presence import set_presence
from kommutator.connectors.pbx.asterisk.take import NotTaken, Taking
from kommutator.domain.commands import (
    CancelCall,
    OriginateCall,
    RingPhone,
    SetPresence,
    TakeCall,
    kind_of,
)
from kommutator.domain.connection import Account
from kommutator.domain.outcome import Done, Exchange, Failed, Outcome
from kommutator.domain.ports import Due
from kommutator.kit.errors import ErrorKind, Stage

_TELLING: Final[tuple[str, ...]] = ("Response", "Message", "error")
_NO_SUCH_CHANNEL: Final = "no such channel"


class Link(Protocol):
    """What delivery needs of `AmiLink`."""

    async def action(self, fields: Action) -> dict[str, Any]: ...


class AsteriskDelivery(OverLink[Link]):
    """Implements the `Delivery` port."""

    async def _try(self, link: Link, account: Account, due: Due) -> Outcome:
        return await self._do(link, due, account, self._clock.monotonic())

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
