"""Every scripted talk ends in the right state, whatever the client does on the way."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

from kommutator.assistant.rules.reader import Reader
from kommutator.assistant.rules_brain import RulesBrain
from kommutator.kit.texts import Texts
from tests.support.exam import imagined_salon, vocabulary
from tests.support.imagined_salon import Facts
from tests.support.scripted_talk import staged

_FOLDER = Path(__file__).parent / "dialogues"
_SALON = imagined_salon()
_FACTS, _WORDS = Facts(_SALON), vocabulary(_SALON)


@cache
def _scripts() -> list[Any]:
    files = sorted(_FOLDER.glob("*.yaml"))
    return [
        pytest.param(script, id=f"{file.stem}: {script['name']}")
        for file in files
        for script in yaml.safe_load(file.read_text("utf-8"))
    ]


@cache
def _brain() -> RulesBrain:
    return RulesBrain(Reader(), Texts.load())


def test_there_are_a_hundred_talks_of_different_names() -> None:
    names = [script.values[0]["name"] for script in _scripts()]
    assert len(names) >= 100
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("script", _scripts())
async def test_a_talk_ends_in_the_right_state(script: dict[str, Any]) -> None:
    played = staged(_brain(), _WORDS, _FACTS, script)
    wrong = await played.play()
    assert wrong == [], "\n".join(played.transcript)


def _words() -> list[str]:
    """Everything that any client of any script writes."""
    steps = [step for script in _scripts() for step in script.values[0]["steps"]]
    return [one for step in steps for one in step.get("client", ()) if isinstance(one, str)]


@pytest.mark.parametrize("seed", range(40))
async def test_words_in_any_order_do_no_harm(seed: int) -> None:
    chance = Random(seed)  # noqa: S311  a seeded shuffle
    script = chance.choice(_scripts()).values[0]
    played = staged(_brain(), _WORDS, _FACTS, script)
    for words in chance.sample(_words(), 6):
        await played.heard([words])
        await played.heard([chance.choice(["да", "1", "2", "3", "нет"])])
    assert played.wrong == [], "\n".join(played.transcript)
