"""Labelled messages and when a reading of one is right (`tests/assistant/corpus/README.md`)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import msgspec

from kommutator.domain.assistant.frame import (
    Expecting,
    Frame,
    Intent,
    Named,
    Vocabulary,
    When,
)

CORPUS = Path(__file__).parent.parent / "assistant" / "corpus"
LANGUAGES = ("ru", "uk", "en")
NOW = datetime(2026, 11, 18, 10, 30)  # noqa: DTZ001  the salon's time, as the reader takes it

_ALWAYS = ("services", "staff", "any_staff", "usual_staff", "choice", "stars", "phone")
_WHERE_NAMED = ("repaired", "language")


@dataclass(frozen=True, slots=True)
class Labelled:
    """One message and what it means. `frame`, `accept`: as in the file.

    Attributes:
        batch: 1 are of the first day; each later batch was written when the rules had seen the
            misses of the ones before, so that its first figures are blind again.
    """

    id: str
    text: str
    now: datetime
    expecting: Expecting
    frame: dict[str, Any]
    accept: Sequence[str | dict[str, Any]]
    intent_only: bool
    batch: int

    @property
    def file(self) -> str:
        return self.id.partition("-")[0]

    @property
    def language(self) -> str | None:
        """A talk that asked something has a language; a first message must be guessed."""
        return None if self.expecting is Expecting.NOTHING else self.file

    @property
    def intents(self) -> set[Intent]:
        named = [other for other in self.accept if isinstance(other, str)]
        return {Intent(value) for value in [self.frame["intent"], *named]}

    def meanings(self) -> Iterator[dict[str, Any]]:
        """The label, then what else is right."""
        yield self.frame
        for other in self.accept:
            if isinstance(other, dict):
                yield self.frame | other


def labelled(language: str) -> list[Labelled]:
    lines = (CORPUS / f"{language}.jsonl").read_text("utf-8").splitlines()
    return [_labelled(json.loads(line)) for line in lines]


def _labelled(row: dict[str, Any]) -> Labelled:
    return Labelled(
        id=row["id"],
        text=row["text"],
        now=datetime.fromisoformat(row["now"]) if "now" in row else NOW,
        expecting=Expecting(row.get("expecting", "nothing")),
        frame=row["frame"],
        accept=row.get("accept", ()),
        intent_only=row.get("only") == "intent",
        batch=row.get("batch", 1),
    )


def imagined_salon() -> dict[str, Any]:
    salon: dict[str, Any] = json.loads((CORPUS / "salon.json").read_text("utf-8"))
    return salon


def vocabulary(salon: dict[str, Any]) -> Vocabulary:
    return Vocabulary(
        services=tuple(
            Named(row["id"], row["title"], tuple(row["aliases"])) for row in salon["services"]
        ),
        staff=tuple(Named(row["id"], row["name"], tuple(row["aliases"])) for row in salon["staff"]),
        opens=time.fromisoformat(salon["opens"]),
        closes=time.fromisoformat(salon["closes"]),
    )


def frame_right(label: Labelled, got: Frame, words: Vocabulary) -> bool:
    if got.intent not in label.intents:
        return False
    return label.intent_only or any(_same(meant, got, words) for meant in label.meanings())


def time_right(label: Labelled, got: Frame, words: Vocabulary) -> bool:
    """Day and time alone, whatever else was understood."""
    if label.intent_only:
        return True
    return any(_same_when(meant, got, words) for meant in label.meanings())


def says_time(label: Labelled) -> bool:
    return any(meant.get("when") for meant in label.meanings())


def when_meant(meant: dict[str, Any]) -> When:
    raw = meant.get("when", {})
    first, last = (
        date.fromisoformat(raw[key]) if key in raw else None for key in ("first", "last")
    )
    at, after, before = (
        time.fromisoformat(raw[key]) if key in raw else None for key in ("at", "after", "before")
    )
    return When(first, last, at, after, before, raw.get("soonest", False))


def _same(meant: dict[str, Any], got: Frame, words: Vocabulary) -> bool:
    plain = {key: value for key, value in meant.items() if key not in {"when", "unclear"}}
    wanted = msgspec.convert(plain, Frame)
    compared = [*_ALWAYS, *(key for key in _WHERE_NAMED if key in meant)]
    return (
        all(getattr(got, key) == getattr(wanted, key) for key in compared)
        and set(got.maybe_services) == set(wanted.maybe_services)
        and (got.name or "").casefold() == (wanted.name or "").casefold()
        and (not meant.get("unclear") or bool(got.unclear))
        and _same_when(meant, got, words)
    )


def _same_when(meant: dict[str, Any], got: Frame, words: Vocabulary) -> bool:
    wanted = when_meant(meant)
    return _within_hours(wanted, words) == _within_hours(got.when, words)


def _within_hours(when: When, words: Vocabulary) -> When:
    """A bound that lies at or beyond the opening hours is no bound."""
    after, before = when.after, when.before
    return msgspec.structs.replace(
        when,
        after=None if after is not None and after <= words.opens else after,
        before=None if before is not None and before >= words.closes else before,
    )
