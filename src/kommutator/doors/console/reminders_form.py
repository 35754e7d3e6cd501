"""From the form of reminders to rules, and back. Pure."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from starlette.datastructures import FormData

from kommutator.domain.remind.rules import KINDS, RemindSettings, Rules, checked_rules
from kommutator.doors.console.assistant_form import number

LINKS: Final = 5


def rules(sent: FormData) -> dict[str, Any]:
    """Of one salon, or of all, as they are given."""
    return {
        "day": {
            "on": _on(sent, "day_on"),
            "way": _text(sent, "day_way"),
            "begin": _text(sent, "day_begin"),
            "end": _text(sent, "day_end"),
            "hours": number(sent.get("day_hours")),
        },
        "hours": {"on": _on(sent, "hours_on"), "hours": number(sent.get("hours_hours"))},
        "review": {
            "on": _on(sent, "review_on"),
            "after_minutes": number(sent.get("after_minutes")),
            "every_days": number(sent.get("review_every")),
            "for_all": _on(sent, "for_all"),
            "links": _links(sent),
        },
        "win_back": {
            "on": _on(sent, "win_back_on"),
            "after_days": number(sent.get("after_days")),
            "every_days": number(sent.get("win_back_every")),
            "per_day": number(sent.get("per_day")),
            "at": _text(sent, "win_back_at"),
        },
        "language": _text(sent, "language"),
        "texts": {
            kind.value: words for kind in KINDS if (words := _text(sent, f"text-{kind.value}"))
        },
    }


def settings(sent: FormData, kept: RemindSettings, salon: str) -> dict[str, Any]:
    """All of an enterprise's. `salon`: whose rules the form holds; "": those of all."""
    given: dict[str, Any] = {
        "on": kept.on,
        "rules": msgspec.to_builtins(kept.rules),
        "salons": msgspec.to_builtins(kept.salons),
    }
    if not salon:
        return given | {"on": _on(sent, "on"), "rules": rules(sent)}
    others = {id_: one for id_, one in given["salons"].items() if id_ != salon}
    return given | {"salons": {**others, salon: rules(sent)}}


def without(kept: RemindSettings, salon: str) -> dict[str, Any]:
    """In this salon the rules of all hold again."""
    given: dict[str, Any] = msgspec.to_builtins(kept)
    salons = {id_: one for id_, one in given.get("salons", {}).items() if id_ != salon}
    return given | {"salons": salons}


def checked(sent: FormData) -> Rules:
    """For a preview, before anything is saved. Raises InvalidInput: as `checked_rules`."""
    return checked_rules({"rules": rules(sent)}).rules


def _links(sent: FormData) -> list[dict[str, str]]:
    rows = [
        {"title": _text(sent, f"link-title-{row}"), "url": _text(sent, f"link-url-{row}")}
        for row in range(LINKS)
    ]
    return [row for row in rows if row["title"] or row["url"]]


def _on(sent: FormData, name: str) -> bool:
    return sent.get(name) == "1"


def _text(sent: FormData, name: str) -> str:
    return str(sent.get(name) or "").replace("\r\n", "\n").strip()
