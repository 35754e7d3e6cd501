"""What people write to salons is read for what it is for (`sayings.txt`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from kommutator.assistant.rules.reader import Reader
from kommutator.domain.assistant.frame import Expecting, Frame
from tests.support.exam import NOW, imagined_salon, vocabulary

_WORDS = vocabulary(imagined_salon())
_READER = Reader()


@dataclass(slots=True)
class Group:
    """Sentences in one language that answer one question, and what is right for all of them."""

    language: str
    expecting: Expecting
    intents: frozenset[str]
    fields: dict[str, str]
    lines: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{self.language}-{self.expecting}-{'/'.join(sorted(self.intents))}"


def _groups() -> Iterator[Group]:
    group = None
    for line in (Path(__file__).parent / "sayings.txt").read_text("utf-8").splitlines():
        if line.startswith("## "):
            if group:
                yield group
            language, expecting, intents, *fields = line[3:].split()
            named = frozenset(intents.split("/"))
            group = Group(language, Expecting(expecting), named, _fields(" ".join(fields)))
        elif group and line:
            group.lines.append(line)
    if group:
        yield group


def _fields(text: str) -> dict[str, str]:
    pairs = (one.partition("=") for one in text.split())
    return {key: value.replace("_", " ") for key, _, value in pairs}


GROUPS = tuple(_groups())


def _misread(group: Group, line: str) -> Frame | None:
    text, _, own = line.partition(" ## ")
    language = None if group.expecting is Expecting.NOTHING else group.language
    got = _READER.read(text, _WORDS, NOW, group.expecting, language)
    wanted = group.fields | _fields(own)
    fields = {key: str(getattr(got, key) or "").casefold() for key in wanted}
    right = got.intent in group.intents and fields == {
        key: value.casefold() for key, value in wanted.items()
    }
    return None if right else got


@pytest.mark.parametrize("group", GROUPS, ids=[group.name for group in GROUPS])
def test_sayings_are_understood(group: Group) -> None:
    misread = {line: got for line in group.lines if (got := _misread(group, line))}
    assert misread == {}


def test_there_are_many_of_them_in_each_language() -> None:
    counts = {
        language: sum(len(group.lines) for group in GROUPS if group.language == language)
        for language in ("ru", "uk", "en")
    }
    assert all(count >= 150 for count in counts.values()), counts
