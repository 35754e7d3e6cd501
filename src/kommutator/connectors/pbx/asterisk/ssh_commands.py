"""What we ask of Asterisk's command line, with every value checked; and what it answers.

Measured on 22: an accepted `channel originate` prints nothing, everything else it prints is a
refusal; the exit code is 0 either way. `LOCAL/150@inoffice` of requirement 002 is not used: it
makes four pseudo-channels and five CDRs of one call and hides whose phone rings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from kommutator.connectors.pbx.asterisk.errors import ActionRefused, InvalidField
from kommutator.connectors.pbx.asterisk.queue_pause import (
    MARK,
    lamp_of,
    lamp_state,
    member_of,
    queues_of,
)
from kommutator.connectors.pbx.asterisk.take import TAKE_CONTEXT
from kommutator.domain.commands import OriginateCall, RingPhone, SetPresence, TakeCall

_DESTINATION = re.compile(r"\+?[0-9]{2,15}")
_EXTENSION = re.compile(r"[0-9]{2,6}")
_WORD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,78}")
_TECHNOLOGY = re.compile(r"[A-Za-z0-9]{1,20}")
_UNIQUE_ID = re.compile(r"[A-Za-z0-9._-]{1,150}")
_CHANNEL = re.compile(r"[A-Za-z0-9]{1,20}/[A-Za-z0-9@._:+-]{1,150}(;[12])?")
_FIELDS: Final = 14  # of `core show channels concise`, in Asterisk 16 to 22

CHANNELS: Final = "core show channels concise"


@dataclass(frozen=True, slots=True)
class Channel:
    """One line of `core show channels concise`."""

    name: str
    context: str
    exten: str
    state: str
    application: str
    bridge: str
    unique_id: str


def originate(command: OriginateCall, config: Mapping[str, Any]) -> str:
    """Ring the employee; when they answer, the dialplan's `context` dials the client.

    Raises:
        InvalidField: a value that is no number, extension or name.
    """
    if command.client_first:
        raise InvalidField("order for a PBX by SSH, which rings the employee first")
    client = _checked(_DESTINATION, command.client, "number of the client")
    return f"channel originate {_phone(command, config)} extension {client}@{_context(config)}"


def ring(command: RingPhone, config: Mapping[str, Any]) -> str:
    """Ring one phone; whoever answers hears nothing for five seconds. Raises InvalidField."""
    return f"channel originate {_phone(command, config)} application Wait 5"


def hang_up(channel: str) -> str:
    """Raises InvalidField."""
    return f"channel request hangup {_checked(_CHANNEL, channel, 'channel')}"


def take(channel: str, command: TakeCall, config: Mapping[str, Any]) -> str:
    """Move the client's channel to another extension. Raises InvalidField."""
    extension = _checked(_EXTENSION, command.extension, "extension")
    name = _checked(_CHANNEL, channel, "channel")
    context = _checked(_WORD, config.get("take_context") or TAKE_CONTEXT, "context")
    return f"channel redirect {name} {context},{extension},1"


def presence(command: SetPresence, config: Mapping[str, Any]) -> list[str]:
    """Pauses, then the lamp. Only a pause in a named queue can carry a reason.

    Raises:
        InvalidField: see `queue_pause`.
    """
    free = command.presence == "free"
    pause = f"queue {'unpause' if free else 'pause'} member"
    pause = f"{pause} {member_of(command.extension, config)}"
    reason = "" if free else f" reason {MARK}{command.presence}"
    queues = queues_of(config)
    lamp = f"devstate change {lamp_of(command.extension)} {lamp_state(command)}"
    return [*([f"{pause} queue {queue}{reason}" for queue in queues] or [pause]), lamp]


def show_context(config: Mapping[str, Any]) -> str:
    """Is the second half of a click there? Raises InvalidField."""
    return f"dialplan show {_context(config)}"


def channels(printed: str) -> list[Channel]:
    """Those of the answer to `CHANNELS`; a line that is no channel is left out."""
    rows = [line.split("!") for line in printed.splitlines()]
    return [
        Channel(row[0], row[1], row[2], row[4], row[5], row[-2], row[-1])
        for row in rows
        if len(row) >= _FIELDS
    ]


def clicked(
    living: list[Channel], extension: str, client: str, config: Mapping[str, Any]
) -> list[str]:
    """The employee's channels of a click: ringing at our request, or dialling the client."""
    prefix = f"{_technology(config)}/{_checked(_EXTENSION, extension, 'extension')}-"
    return [
        channel.name
        for channel in living
        if channel.name.startswith(prefix)
        and (
            (channel.context, channel.exten) == (_context(config), client)
            # "AppDial2" is a channel that was originated; one that Dial rings is "AppDial".
            or (channel.application == "AppDial2" and channel.state != "Up")
        )
    ]


def leg_named(living: list[Channel], leg: str) -> Channel | None:
    """The channel with this unique id. Raises InvalidField."""
    wanted = _checked(_UNIQUE_ID, leg, "leg")
    return next((channel for channel in living if channel.unique_id == wanted), None)


def silent(printed: str) -> None:
    """The answer must be empty. Raises ActionRefused with Asterisk's own words."""
    if words := first_words(printed):
        raise ActionRefused(words)


def first_words(printed: str) -> str:
    """The first line that says something, cut."""
    return next((line.strip() for line in printed.splitlines() if line.strip()), "")[:200]


def _phone(command: OriginateCall | RingPhone, config: Mapping[str, Any]) -> str:
    return f"{_technology(config)}/{_checked(_EXTENSION, command.extension, 'extension')}"


def _technology(config: Mapping[str, Any]) -> str:
    return _checked(_TECHNOLOGY, config.get("technology") or "PJSIP", "technology")


def _context(config: Mapping[str, Any]) -> str:
    return _checked(_WORD, config.get("context") or "click2call", "context")


def _checked(pattern: re.Pattern[str], value: Any, what: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise InvalidField(f"not a valid {what}")
    return value
