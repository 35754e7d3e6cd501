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
    return say(f"journal.state.{row['state']}", note=row["note"] or "—")


def _command(row: dict[str, Any], say: Say) -> Step:
    state = say(
        f"command.state.{row['state']}",
        attempts=row["attempts"],
        note=row["note"] or row["error"] or "—",
    )
    return Step(
        at=row["created_at"],
        tone=_STATE_TONES.get(row["state"], ""),
        title=say(
            "call.step.command",
            command=say(f"command.{row['kind']}", "command.other", kind=row["kind"]),
        ),
        detail=state if not row["note"] or row["state"] != "done" else f"{state} {row['note']}",
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
