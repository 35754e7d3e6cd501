"""What the CRM is told of a campaign's call, besides the record that every call has. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kommutator.domain.campaigns.plan import WriteBack
from kommutator.domain.commands import AddNote, Command, CreateTask, MoveLead


@dataclass(frozen=True, slots=True)
class Told:
    """One ended call of a lead.

    Attributes:
        words: what the placeholders of a note or a task become: result, attempt, phone.
    """

    call_id: str
    lead_id: int
    phone: str
    ended_at: datetime
    words: Mapping[str, str]


def write_back(rule: WriteBack | None, told: Told) -> Sequence[tuple[str, Command]]:
    """The commands, each with the name under which it is owed only once."""
    if rule is None:
        return ()
    owed: list[tuple[str, Command]] = []
    if rule.note:
        note = AddNote(
            call_id=told.call_id,
            entity="leads",
            entity_id=told.lead_id,
            text=_filled(rule.note, told.words),
        )
        owed.append((f"{told.call_id}:campaign:note", note))
    if rule.task:
        task = CreateTask(
            call_id=told.call_id,
            client=told.phone,
            text=_filled(rule.task, told.words),
            due_at=told.ended_at + timedelta(minutes=rule.task_in_min),
            lead_id=told.lead_id,
        )
        owed.append((f"{told.call_id}:campaign:task", task))
    if rule.pipeline_id is not None and rule.status_id is not None:
        move = MoveLead(
            call_id=told.call_id,
            lead_id=told.lead_id,
            pipeline_id=rule.pipeline_id,
            status_id=rule.status_id,
        )
        owed.append((f"{told.call_id}:campaign:move", move))
    return owed


def _filled(text: str, words: Mapping[str, str]) -> str:
    """Only our three places are filled; whatever else stands in braces stays as it was typed."""
    for place, word in words.items():
        text = text.replace("{" + place + "}", word)
    return text
