"""Taking a ringing call over: the client's channel is redirected to another extension.

`Redirect` asks nothing: it would tear the client out of a conversation, and it would send the
client to a dialplan that is not there and so end the call. Hence both are asked for right
before. Facts (Asterisk 22.10, tried): `Channel` takes a Uniqueid; `Status` tells by `BridgeID`
whether the channel talks; `Getvar` without a channel evaluates dialplan functions.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Any, Final, Protocol

from kommutator.connectors.pbx.asterisk.errors import (
    ActionRefused,
    ActionTimeout,
    InvalidField,
    LinkDown,
    LinkLost,
)
from kommutator.connectors.pbx.asterisk.originate import Action
from kommutator.connectors.pbx.asterisk.pending import ITEMS
from kommutator.domain.commands import TakeCall

_EXTENSION = re.compile(r"[0-9]{2,6}")
_LEG = re.compile(r"[A-Za-z0-9._-]{1,150}")  # no "/": an id, never a channel's name
_WORD = re.compile(r"[A-Za-z0-9_-]{1,79}")
_ABSENT: Final = ("UNAVAILABLE", "INVALID")
TAKE_CONTEXT: Final = "kommutator-take"


class NotTaken(ActionRefused):
    """Nothing was moved. `hint` is the slug of our sentence about it."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class Link(Protocol):
    async def action(self, fields: Action) -> dict[str, Any]: ...


class Taking:
    """One try to move one call.

    Attributes:
        redirect: the action, checked.
    """

    def __init__(self, link: Link, command: TakeCall, config: Mapping[str, Any]) -> None:
        """Raises InvalidField: a value that is no extension, id or name."""
        self._link = link
        self._leg = _checked(_LEG, command.leg, "channel id")
        self._extension = _checked(_EXTENSION, command.extension, "extension")
        self._context = _checked(_WORD, config.get("take_context") or TAKE_CONTEXT, "context")
        self._technology = _checked(_WORD, config.get("technology") or "PJSIP", "technology")
        self.redirect: Action = [
            ("Action", "Redirect"),
            ("Channel", self._leg),
            ("Context", self._context),
            ("Exten", self._extension),
            ("Priority", "1"),
        ]

    async def run(self) -> dict[str, Any]:
        """Move the call if it still rings; returns the PBX's answer.

        Raises:
            NotTaken: answered meanwhile, over, or there is nowhere to move it.
            AmiError: as of the link; after a silence it may have been moved.
        """
        try:
            place, device, _ = await asyncio.gather(
                self._evaluate(f"DIALPLAN_EXISTS({self._context},{self._extension},1)"),
                self._evaluate(f"DEVICE_STATE({self._technology}/{self._extension})"),
                self._still_rings(),
            )
        except (ActionTimeout, LinkLost) as silence:
            raise LinkDown(f"asked, and nothing was moved: {silence}") from None
        if place == "0":
            raise NotTaken(f"no {self._extension} in {self._context}", hint="take_context_missing")
        if device in _ABSENT:
            raise NotTaken(f"the phone is {device}", hint="phone_unreachable")
        try:
            return await self._link.action(self.redirect)
        except ActionRefused as refusal:
            if "not exist" in str(refusal).lower():
                raise NotTaken(str(refusal), hint="call_over") from None
            raise

    async def look(self) -> dict[str, Any]:
        """After a silence: is the call where it should have been moved? Returns what was seen.

        Raises:
            NotTaken: it is not.
            AmiError: as of the link.
        """
        status = await self._status()
        if (status.get("Context"), status.get("Exten")) != (self._context, self._extension):
            raise NotTaken("it may have been moved, it is not there", hint="take_not_repeated")
        return status

    async def _still_rings(self) -> None:
        if (await self._status()).get("BridgeID"):
            raise NotTaken("the call has been answered", hint="call_answered")

    async def _status(self) -> dict[str, Any]:
        try:
            answer = await self._link.action([("Action", "Status"), ("Channel", self._leg)])
        except ActionRefused as refusal:
            if "no such channel" in str(refusal).lower():
                raise NotTaken(str(refusal), hint="call_over") from None
            raise
        found: list[dict[str, Any]] = answer.get(ITEMS) or [{}]
        return found[0]

    async def _evaluate(self, function: str) -> str:
        answer = await self._link.action([("Action", "Getvar"), ("Variable", function)])
        return str(answer.get("Value", ""))


def _checked(pattern: re.Pattern[str], value: Any, what: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise InvalidField(f"not a valid {what}")
    return value
