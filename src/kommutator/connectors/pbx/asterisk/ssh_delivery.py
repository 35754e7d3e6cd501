"""Commands to a PBX by Asterisk's command line over SSH."""

from __future__ import annotations

from typing import Any, Final, Protocol

from kommutator.connectors.pbx.asterisk import ssh_commands as cli
from kommutator.connectors.pbx.asterisk.errors import (
    ActionRefused,
    AmiError,
    InvalidField,
    failure,
)
from kommutator.connectors.pbx.asterisk.over_link import OverLink
from kommutator.connectors.pbx.asterisk.take import NotTaken
from kommutator.domain.commands import (
    CancelCall,
    Command,
    OriginateCall,
    RingPhone,
    SetPresence,
    TakeCall,
    kind_of,
)
from kommutator.domain.connection import Account
from kommutator.domain.outcome import Done, Exchange, Failed, Outcome
from kommutator.domain.ports import Due
from kommutator.kit.clock import Clock
from kommutator.kit.errors import ErrorKind, Stage

_NO_CHANNEL: Final = "not a known channel"
_NO_MEMBER: Final = ("unable to pause", "unable to unpause")
_NO_DEVICE: Final = ("no such command",)


class Link(Protocol):
    """What delivery needs of `SshLink`."""

    async def run(self, command: str) -> str: ...


class SshDelivery(OverLink[Link]):
    """Implements the `Delivery` port."""

    async def _try(self, link: Link, account: Account, due: Due) -> Outcome:
        if due.unsure and isinstance(due.command, OriginateCall | RingPhone | TakeCall):
            return Failed(
                ErrorKind.REJECTED,
                Stage.ANSWERED,
                "the PBX may have done it already; not repeated",
                hint="click_not_repeated",
            )
        work = _Work(link, account, self._clock)
        try:
            note = await work.do(due.command)
        except NotTaken as error:
            return Failed(
                ErrorKind.REJECTED,
                Stage.ANSWERED,
                str(error),
                work.exchange(str(error)),
                hint=error.hint,
            )
        except AmiError as error:
            return failure(error, work.exchange(str(error)))
        return Done(work.exchange(), vendor_id=due.command.call_id, note=note)


class _Work:
    """One command on its way; remembers what was said."""

    def __init__(self, link: Link, account: Account, clock: Clock) -> None:
        self._link = link
        self._config = account.config
        self._clock = clock
        self._began = clock.monotonic()
        self._asked: list[str] = []
        self._answered: list[str] = []

    def exchange(self, error: str | None = None) -> Exchange:
        """What went over the wire so far."""
        told: dict[str, Any] = {"printed": self._answered}
        if error is not None:
            told["error"] = error
        took = (self._clock.monotonic() - self._began) * 1000
        return Exchange({"commands": self._asked}, told, took)

    async def do(self, command: Command) -> str | None:
        """Returns a note for people. Raises AmiError."""
        match command:
            case OriginateCall():
                cli.silent(await self._run(cli.originate(command, self._config)))
            case RingPhone():
                cli.silent(await self._run(cli.ring(command, self._config)))
            case CancelCall():
                return await self._cancel(command)
            case TakeCall():
                await self._take(command)
            case SetPresence():
                return await self._set_presence(command)
            case _:
                raise InvalidField(f"a PBX takes no {kind_of(command)}")
        return None

    async def _run(self, command: str) -> str:
        self._asked.append(command)
        printed = await self._link.run(command)
        self._answered.append(cli.first_words(printed))
        return printed

    async def _living(self) -> list[cli.Channel]:
        return cli.channels(await self._run(cli.CHANNELS))

    async def _cancel(self, command: CancelCall) -> str | None:
        if command.extension is None or command.client is None:
            raise InvalidField("nothing to know the call by")
        found = cli.clicked(await self._living(), command.extension, command.client, self._config)
        for channel in found:
            printed = await self._run(cli.hang_up(channel))
            if _NO_CHANNEL not in printed and "Requested Hangup" not in printed:
                raise ActionRefused(cli.first_words(printed))
        return None if found else "call_was_over"

    async def _take(self, command: TakeCall) -> None:
        """Only a channel that talks to nobody is moved: a late move would tear a conversation."""
        leg = cli.leg_named(await self._living(), command.leg)
        if leg is None:
            raise NotTaken("no such channel", hint="call_over")
        if leg.bridge:
            raise NotTaken("the call has been answered", hint="call_answered")
        printed = await self._run(cli.take(leg.name, command, self._config))
        if "failed" in printed:
            raise ActionRefused(cli.first_words(printed))

    async def _set_presence(self, command: SetPresence) -> str | None:
        *pauses, lamp = cli.presence(command, self._config)
        found = False
        for pause in pauses:
            found |= await self._tried(pause, "paused interface", _NO_MEMBER)
        shown = await self._tried(lamp, "Changing", _NO_DEVICE)
        if not found:
            return "in_no_queue"
        return None if shown else "lamp_not_set"

    async def _tried(self, command: str, done: str, harmless: tuple[str, ...]) -> bool:
        """Whether the PBX did it; a refusal with `harmless` words is no failure."""
        printed = await self._run(command)
        if done in printed:
            return True
        words = cli.first_words(printed)
        if words.lower().startswith(harmless):
            return False
        raise ActionRefused(words)
