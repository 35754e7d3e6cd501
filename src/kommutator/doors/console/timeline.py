"""A call's story in words: arrivals, decisions, commands and attempts in the order of time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kommutator.store.views.calls import Story

Say = Callable[..., str]
"""`say("msgid", "fallback", **params)`: the first msgid that exists."""

_STATE_TONES = {"done": "ok", "due": "wait", "dead": "bad", "dropped": ""}


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the story. `bodies` are request and response of an attempt."""

    at: datetime
    tone: str
    title: str
    detail: str = ""
    bodies: tuple[dict[str, Any], dict[str, Any]] | None = None


def steps(story: Story, say: Say) -> list[Step]:
    """All steps, oldest first; of the same instant, cause before effect."""
    lines = [
        *_arrivals(story.journal, say),
        *(_command(row, say) for row in story.commands),
        *(_attempt(row, say) for row in story.attempts),
    ]
    return sorted(lines, key=lambda step: step.at)


def _arrivals(journal: Sequence[dict[str, Any]], say: Say) -> list[Step]:
    return [
        Step(
            at=row["received_at"],
            tone="bad" if row["state"] == "failed" else "note",
            title=say(
                f"journal.kind.{row['kind'].lower().replace('-', '_')}",
                "journal.kind.other",
                kind=row["kind"],
                source=say(f"journal.source.{row['source']}", "journal.source.other"),
            ),
            detail=_verdict(row, say),
        )
        for row in journal
    ]


def _verdict(row: dict[str, Any], say: Say) -> str:
    return say(f"journal.state.{row['state']}", note=note_in_words(row["note"], say))


def note_in_words(note: str | None, say: Say) -> str:
    """A remark of ours, `slug` or `slug: detail`, as a sentence; others' words stay theirs."""
    if not note:
        return "—"
    slug, _, detail = note.partition(": ")
    return say(f"note.{slug}", f"reason.{slug}", "note.other", note=note, detail=detail)


def _command(row: dict[str, Any], say: Say) -> Step:
    state = say(
        f"command.state.{row['state']}",
        attempts=row["attempts"],
        note=note_in_words(row["note"] or row["error"], say),
    )
    remark = row["note"] if row["state"] == "done" else None
    return Step(
        at=row["created_at"],
        tone=_STATE_TONES.get(row["state"], ""),
        title=say(
            "call.step.command",
            command=say(f"command.{row['kind']}", "command.other", kind=row["kind"]),
        ),
        detail=f"{state} {note_in_words(remark, say)}" if remark else state,
    )


def _attempt(row: dict[str, Any], say: Say) -> Step:
    good = row["status"] == "success"
    vendor = say(f"kind.{row['integration_type']}", "kind.other")
    what = say(f"command.{row['event_type']}", "command.other", kind=row["event_type"])
    return Step(
        at=row["at"],
        tone="ok" if good else "bad",
        title=say(
            "call.step.success" if good else "call.step.error",
            vendor=vendor,
            what=what,
            number=row["number"],
            ms=round(row["duration_ms"]),
        ),
        detail=row["error_message"] or "",
        bodies=(row["request"], row["response"]),
    )
