"""The assistant understands what clients write: the exam (`corpus/README.md`).

`pytest tests/assistant/test_corpus.py -s` prints the figures and every miss.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

import msgspec
import pytest

from kommutator.assistant.rules.reader import Reader
from kommutator.domain.assistant.frame import Frame
from tests.support.exam import (
    LANGUAGES,
    Labelled,
    frame_right,
    imagined_salon,
    labelled,
    says_time,
    time_right,
    vocabulary,
)

WORDS = vocabulary(imagined_salon())


@dataclass(frozen=True, slots=True)
class Answer:
    label: Labelled
    got: Frame
    right: bool
    time_right: bool
    seconds: float


@pytest.fixture(scope="module")
def answers() -> Sequence[Answer]:
    reader = Reader()
    reader.read("маникюр манікюр", WORDS, labelled("ru")[0].now)  # dictionaries are loaded here
    found = [_answer(reader, label) for language in LANGUAGES for label in labelled(language)]
    sys.stdout.write(_report(found))
    return found


def _answer(reader: Reader, label: Labelled) -> Answer:
    began = perf_counter()
    got = reader.read(label.text, WORDS, label.now, label.expecting, label.language)
    seconds = perf_counter() - began
    return Answer(
        label, got, frame_right(label, got, WORDS), time_right(label, got, WORDS), seconds
    )


def _report(answers: Sequence[Answer]) -> str:
    lines = ["", f"{'':8}{'n':>5}{'frame':>8}{'time':>8}{'timed':>8}{'intent':>8}{'language':>10}"]
    batches = sorted({f"batch {answer.label.batch}" for answer in answers})
    for name in (*LANGUAGES, *batches, "all"):
        some = [
            one for one in answers if name in {one.label.file, f"batch {one.label.batch}", "all"}
        ]
        timed = [answer for answer in some if says_time(answer.label)]
        guessed = [one for one in some if one.label.language is None and " " in one.label.text]
        lines.append(
            f"{name:8}{len(some):5}"
            f"{_share([one.right for one in some]):8.3f}"
            f"{_share([one.time_right for one in some]):8.3f}"
            f"{_share([one.time_right for one in timed]):8.3f}"
            f"{_share([one.got.intent in one.label.intents for one in some]):8.3f}"
            f"{_share([one.got.language == one.label.file for one in guessed]):10.3f}"
        )
    spent = sorted(answer.seconds for answer in answers)
    lines.append(f"p95 {spent[int(len(spent) * 0.95)] * 1000:.1f} ms per message")
    lines += [_miss(answer) for answer in answers if not answer.right]
    return "\n".join(lines) + "\n"


def _miss(answer: Answer) -> str:
    label = answer.label
    asked = "" if label.language is None else f" [{label.expecting}]"
    got = msgspec.json.encode(answer.got).decode()
    return f"{label.id}{asked} {label.text!r}\n    got    {got}\n    wanted {label.frame}"


def _share(rights: Sequence[bool]) -> float:
    return sum(rights) / len(rights)


def test_whole_frames_are_right(answers: Sequence[Answer]) -> None:
    assert _share([answer.right for answer in answers]) >= 0.95


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_is_understood(answers: Sequence[Answer], language: str) -> None:
    assert _share([one.right for one in answers if one.label.file == language]) >= 0.93


def test_days_and_times_are_right(answers: Sequence[Answer]) -> None:
    """Of the messages that name any, and of those that name none."""
    assert _share([one.time_right for one in answers if says_time(one.label)]) >= 0.98
    assert _share([one.time_right for one in answers]) >= 0.98
