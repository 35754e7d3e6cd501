"""How far a clicked call has come, for whoever clicked. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from kommutator.domain.calls.call import Call, Phase
from kommutator.domain.commands import CallResult


class ClickState(StrEnum):
    """In this order; a step may be skipped."""

    PLACED = "placed"  # owed to the PBX, or taken by it: no phone rings yet
    RINGING_EMPLOYEE = "ringing_employee"
    RINGING_CLIENT = "ringing_client"
    TALKING = "talking"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Placing:
    """The command to place the call, as the outbox holds it.

    Attributes:
        state: due, done, dead or dropped.
        cancelled: somebody asked to hang up.
    """

    state: str
    extension: str
    attempts: int = 0
    error_kind: str | None = None
    error: str | None = None
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class ClickStory:
    """`said` is the catalog's slug of the sentence, `params` fill it."""

    state: ClickState
    said: str
    params: Mapping[str, Any] = field(default_factory=dict)


_WAYS_TO_DIE = {"transient": "click.pbx_down", "unsure": "click.unsure", None: "click.pbx_down"}


def click_story(call: Call, placing: Placing) -> ClickStory:
    """From what the PBX told and what became of the command.

    A dead command is the end of the call even before the call's own row says so.
    """
    params = {"extension": placing.extension, "client": call.client or "?"}
    given_up = placing.state in ("dead", "dropped") and not call.rang
    if call.phase is Phase.ENDED or given_up:
        return _ended(call, placing, params)
    if call.phase is Phase.TALKING:
        return ClickStory(ClickState.TALKING, "click.talking", params)
    if call.client_dialled:
        return ClickStory(ClickState.RINGING_CLIENT, "click.ringing_client", params)
    if call.rang:
        return ClickStory(ClickState.RINGING_EMPLOYEE, "click.ringing_employee", params)
    waits = placing.state == "due" and placing.attempts
    said = "click.pbx_silent" if waits else "click.placed"
    return ClickStory(ClickState.PLACED, said, {**params, "error": placing.error or "?"})


def _ended(call: Call, placing: Placing, params: Mapping[str, Any]) -> ClickStory:
    if call.result is CallResult.ANSWERED:
        talked = {**params, "seconds": call.talk_s or 0}
        return ClickStory(ClickState.ENDED, "click.answered", talked)
    if placing.cancelled or placing.state == "dropped":
        return ClickStory(ClickState.ENDED, "click.cancelled", params)
    if placing.state == "dead" and not call.rang:
        said = _WAYS_TO_DIE.get(placing.error_kind, "click.refused")
        return ClickStory(ClickState.ENDED, said, {**params, "error": placing.error or "?"})
    return ClickStory(ClickState.ENDED, f"reason.{call.reason or 'not_placed'}", params)
