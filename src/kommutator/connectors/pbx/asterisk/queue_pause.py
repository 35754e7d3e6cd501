"""An employee's status as the PBX knows it: a pause in the queues and a lamp.

A pause that is ours says so in its reason, `kmt:<status>`, also when it ends: Asterisk repeats
the reason in QueueMemberPause (measured on 22), so that what we caused is never taken for news.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from kommutator.connectors.pbx.asterisk.errors import InvalidField
from kommutator.connectors.pbx.asterisk.originate import Action
from kommutator.domain.commands import SetPresence
from kommutator.domain.presence import Pause, PresenceStatus, status_of_reason
from kommutator.domain.queue_words import EXTENSION_SLOT, QUEUE_NAME, is_member

PAUSED: Final = "QueueMemberPause"
MARK: Final = "kmt:"
LAMP: Final = "Custom:kmt-{extension}"
"""For dialplan hints: `exten => 150,hint,PJSIP/150&Custom:kmt-150`."""

_EXTENSION = re.compile(r"[0-9]{2,6}")
_TECHNOLOGY = re.compile(r"[A-Za-z0-9]{1,20}")


def pauses(
    command: SetPresence, config: Mapping[str, Any], only: Sequence[str] | None = None
) -> list[Action]:
    """One action for all queues, or one for each queue of the config, or of `only`.

    Raises InvalidField.
    """
    common: Action = [
        ("Action", "QueuePause"),
        ("Interface", member_of(command.extension, config)),
        ("Paused", "false" if command.presence == "free" else "true"),
        ("Reason", f"{MARK}{command.presence}"),
    ]
    queues = queues_of(config) if only is None else only
    if not queues and only is None:
        return [common]
    return [[*common, ("Queue", queue)] for queue in queues]


def lamp(command: SetPresence) -> Action:
    """Whoever watches the employee's lamp sees whether to disturb. Raises InvalidField."""
    return [
        ("Action", "Setvar"),
        ("Variable", f"DEVICE_STATE({lamp_of(command.extension)})"),
        ("Value", lamp_state(command)),
    ]


def lamp_of(extension: str) -> str:
    """The custom device of this extension. Raises InvalidField."""
    return LAMP.format(extension=_extension(extension))


def lamp_state(command: SetPresence) -> str:
    return "NOT_INUSE" if command.presence == "free" else "BUSY"


def look_at(command: SetPresence, config: Mapping[str, Any]) -> Action:
    """Which queues is this employee in, and paused by whom? Raises InvalidField."""
    return [("Action", "QueueStatus"), ("Member", member_of(command.extension, config))]


def ours_among(items: Sequence[Mapping[str, Any]], config: Mapping[str, Any]) -> list[str]:
    """Queues of a QueueStatus in which we paused the employee. Raises InvalidField."""
    following = queues_of(config)
    return [
        str(item["Queue"])
        for item in items
        if item.get("Event") == "QueueMember"
        and item.get("Paused") == "1"
        and str(item.get("PausedReason", "")).startswith(MARK)
        and (not following or item["Queue"] in following)
    ]


def member_of(extension: str, config: Mapping[str, Any]) -> str:
    """The queue member's interface, "PJSIP/150" or as config `queue_member` says.

    FreePBX's agents are `Local/{extension}@from-queue/n`. Raises InvalidField.
    """
    return _template(config).replace(EXTENSION_SLOT, _extension(extension))


def queues_of(config: Mapping[str, Any]) -> list[str]:
    """The queues that follow the status; empty means all. Raises InvalidField."""
    queues = [str(queue) for queue in config.get("queues") or ()]
    if not all(map(QUEUE_NAME.fullmatch, queues)):
        raise InvalidField("not a valid name of a queue")
    return queues


def read_pause(event: Mapping[str, Any], config: Mapping[str, Any]) -> Pause | None:
    """What a QueueMemberPause tells; None if it is about a queue or a member that is not ours."""
    queues = queues_of(config)
    if queues and event.get("Queue") not in queues:
        return None
    extension = _whose(event, config)
    if extension is None:
        return None
    reason = str(event.get("PausedReason") or "")
    paused = str(event.get("Paused")) == "1"
    status: PresenceStatus = status_of_reason(reason) if paused else "free"
    return Pause(extension, status, ours=reason.startswith(MARK))


def _whose(event: Mapping[str, Any], config: Mapping[str, Any]) -> str | None:
    """By the member itself, else by the phone whose state the queue watches."""
    before, after = map(re.escape, _template(config).split(EXTENSION_SLOT, 1))
    for field, pattern in (
        ("Interface", f"{before}([0-9]{{2,6}}){after}"),
        ("StateInterface", f"{_technology(config)}/([0-9]{{2,6}})"),
    ):
        if (match := re.fullmatch(pattern, str(event.get(field, "")))) is not None:
            return match[1]
    return None


def _template(config: Mapping[str, Any]) -> str:
    template = str(config.get("queue_member") or f"{_technology(config)}/{EXTENSION_SLOT}")
    if not is_member(template):
        raise InvalidField("not a valid queue member")
    return template


def _technology(config: Mapping[str, Any]) -> str:
    technology = str(config.get("technology") or "PJSIP")
    if not _TECHNOLOGY.fullmatch(technology):
        raise InvalidField("not a valid technology")
    return technology


def _extension(value: str) -> str:
    if not _EXTENSION.fullmatch(value):
        raise InvalidField("not a valid extension")
    return value
