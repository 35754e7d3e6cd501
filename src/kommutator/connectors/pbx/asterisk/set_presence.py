"""Applying an employee's status over AMI: pause in the queues, then the lamp."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Protocol

from kommutator.connectors.pbx.asterisk.errors import ActionRefused
from kommutator.connectors.pbx.asterisk.originate import Action
from kommutator.connectors.pbx.asterisk.pending import ITEMS
from kommutator.connectors.pbx.asterisk.queue_pause import lamp, look_at, ours_among, pauses
from kommutator.domain.commands import SetPresence

_NO_MEMBER: Final = "interface not found"
_NO_DEVICE: Final = "variable not set"


class Link(Protocol):
    async def action(self, fields: Action) -> dict[str, Any]: ...


async def set_presence(link: Link, command: SetPresence, config: Mapping[str, Any]) -> str | None:
    """Repeatable: applying a status twice changes nothing. Returns a note for people.

    A status told `again` after a gap ends only pauses of ours: what a supervisor did meanwhile
    stays.

    Raises:
        AmiError: nothing or a part was applied; to be repeated unless it is a refusal.
    """
    wanted = pauses(command, config)
    again = command.again and command.presence == "free"
    if again:
        answer = await link.action(look_at(command, config))
        wanted = pauses(command, config, ours_among(answer.get(ITEMS, ()), config))
    found = again
    for action in wanted:
        found |= await _tried(link, action, _NO_MEMBER)
    shown = await _tried(link, lamp(command), _NO_DEVICE)
    if not found:
        return "in_no_queue"
    return None if shown else "lamp_not_set"


async def _tried(link: Link, action: Action, harmless: str) -> bool:
    """Whether the PBX did it; a refusal that holds `harmless` words is no failure."""
    try:
        await link.action(action)
    except ActionRefused as refusal:
        if harmless in str(refusal).lower():
            return False
        raise
    return True
