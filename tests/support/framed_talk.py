"""A talk of hand-made frames with the imagined salon: the machine without the reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, time
from functools import cache
from typing import Any

from kommutator.assistant.rules_brain import RulesBrain
from kommutator.domain.assistant.frame import Expecting, Frame, Intent, Vocabulary, When
from kommutator.kit.texts import Texts
from tests.support.exam import imagined_salon, vocabulary
from tests.support.imagined_salon import Facts
from tests.support.scripted_talk import Played, staged

FRIDAY = date(2026, 11, 20)
MONDAY = date(2026, 11, 23)
ON_FRIDAY = When(first=FRIDAY, last=FRIDAY)
ANNA, ALEXANDER = 11, 14
MANICURE, GEL, PEDICURE, MENS_CUT, KIDS_CUT, WOMENS_CUT = 131, 132, 141, 102, 103, 101
VISIT = {"id": 501, "staff": ANNA, "services": [GEL], "at": "2026-11-20T15:00"}
YES, NO = Frame(Intent.YES), Frame(Intent.NO)


def on(day: date, at: str | None = None) -> When:
    return When(first=day, last=day, at=None if at is None else time.fromisoformat(at))


def book(*services: int, when: When = When(), **more: Any) -> Frame:  # noqa: B008  immutable
    return Frame(Intent.BOOK, services=services, when=when, **more)


def choice(number: int) -> Frame:
    return Frame(Intent.CHOICE, choice=number)


@dataclass
class _Given:
    """Reads whatever it was told to."""

    frame: Frame = field(default_factory=lambda: Frame(Intent.OTHER))
    expected: list[Expecting] = field(default_factory=list)

    def read(self, *asked: Any) -> Frame:
        self.expected.append(asked[3])
        return self.frame


class FramedTalk:
    """`played` is the talk: its salon, its state, what is wrong with it."""

    def __init__(self, facts: Facts | None = None, **script: Any) -> None:
        self._reader = _Given()
        words, whole = _salon()
        facts = facts or whole
        brain = RulesBrain(self._reader, _texts())
        self.played: Played = staged(brain, words, facts, {"steps": [], **script})

    async def hear(self, frame: Frame, text: str = "слова") -> list[str]:
        """One turn; what is said to it."""
        self._reader.frame = frame
        said = await self.played.heard([text])
        assert self.played.wrong == []
        return said

    async def all(self, *frames: Frame) -> str:
        """Several turns; what is said to the last."""
        said: Sequence[str] = ()
        for frame in frames:
            said = await self.hear(frame)
        return "\n".join(said)

    @property
    def expected(self) -> Expecting:
        """As what the last turn was read."""
        return self._reader.expected[-1]

    @property
    def visits(self) -> list[tuple[int, str]]:
        return [
            (one.staff_id, f"{one.starts_at:%m-%d %H:%M}") for one in self.played.salon.coming()
        ]


@cache
def _texts() -> Texts:
    return Texts.load()


@cache
def _salon() -> tuple[Vocabulary, Facts]:
    salon = imagined_salon()
    return vocabulary(salon), Facts(salon)
