"""Many short messages on which the rules were developed: what each one names.

A line of `heard/<language>*.txt` is `[what we asked] text => intent days times services people`.
The intent stands where it matters. Days of this November have no month: `d20`, `d20-22`, `d5.12`,
`d1.12-7.12`. Times: `@18:30` at, `>17` after, `<13` before, `soon`. Services: `s` clear, `m` one of
several. People: `p`, `any`, `usual`; `n` the client's name, `c` a position. `-`: nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, time
from pathlib import Path

import pytest

from kommutator.assistant.rules.reader import Reader
from kommutator.domain.assistant.frame import Expecting, Frame, Intent, When
from tests.support.exam import NOW, imagined_salon, vocabulary

_HEARD = Path(__file__).parent / "heard"
_LINE = re.compile(r"(?:\[(\w+)\] )?(.*) => (.*)")
_INTENTS = {intent.value for intent in Intent}
_OPENS, _CLOSES = time(9), time(21)


@pytest.mark.parametrize("language", ["ru", "uk", "en"])
def test_what_was_heard_is_understood(language: str) -> None:
    reader, words = Reader(), vocabulary(imagined_salon())
    wrong = []
    for line in _lines(language):
        match = _LINE.fullmatch(line)
        assert match, line
        asked = Expecting(match[1]) if match[1] else Expecting.NOTHING
        got = reader.read(match[2], words, NOW, asked, language if match[1] else None)
        first, *parts = match[3].split()
        intent, meaning = (first, parts) if first in _INTENTS else (None, [first, *parts])
        if intent not in (None, got.intent.value) or {*_written(got)} != {*meaning} - {"-"}:
            wrong.append(f"{line}   got {got.intent.value} {' '.join(_written(got))}")
    assert wrong == []


def _lines(language: str) -> Iterator[str]:
    paths = sorted(_HEARD.glob(f"{language}*.txt"))
    assert paths, "nothing was heard"
    for path in paths:
        yield from path.read_text("utf-8").splitlines()


def _written(frame: Frame) -> Iterator[str]:
    yield from _times(frame.when)
    for letter, ids in (("s", frame.services), ("m", tuple(sorted(frame.maybe_services)))):
        if ids:
            yield letter + ",".join(map(str, ids))
    if frame.staff:
        yield f"p{frame.staff}"
    if frame.any_staff:
        yield "any"
    if frame.usual_staff:
        yield "usual"
    if frame.name:
        yield f"n{frame.name}"
    if frame.choice is not None:
        yield f"c{frame.choice}"


def _times(when: When) -> Iterator[str]:
    if when.first and when.last:
        first, last = _day(when.first), _day(when.last)
        yield f"d{first}" if first == last else f"d{first}-{last}"
    if when.at:
        yield f"@{_hour(when.at)}"
    if when.after and when.after > _OPENS:
        yield f">{_hour(when.after)}"
    if when.before and when.before < _CLOSES:
        yield f"<{_hour(when.before)}"
    if when.soonest:
        yield "soon"


def _day(day: date) -> str:
    return (
        str(day.day) if (day.year, day.month) == (NOW.year, NOW.month) else f"{day.day}.{day.month}"
    )


def _hour(at: time) -> str:
    return f"{at.hour}:{at.minute:02}" if at.minute else str(at.hour)
