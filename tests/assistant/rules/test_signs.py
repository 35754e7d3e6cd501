"""A thumb or a cross beside a word that says it all is only its colour."""

from __future__ import annotations

import pytest

from kommutator.domain.assistant.frame import Expecting, Intent
from tests.support.rules_salon import read


@pytest.mark.parametrize("expecting", list(Expecting))
@pytest.mark.parametrize(
    "text", ["стоп ❌", "СТОП❌❌", "❌ стоп ❌", "стоп 👎", "стоп 👍", "stop 🚫", "Стоп! ✅"]
)
def test_stop_is_stop_whatever_stands_beside_it(text: str, expecting: Expecting) -> None:
    assert read(text, expecting).intent is Intent.STOP


@pytest.mark.parametrize(
    ("text", "expecting", "intent"),
    [
        ("старт ❌", Expecting.NOTHING, Intent.START),
        ("позовите администратора ❌", Expecting.YES_OR_NO, Intent.PERSON),
        ("не приду 👍", Expecting.REMINDER, Intent.CANCEL),
        ("не смогу прийти 👌", Expecting.NOTHING, Intent.CANCEL),
        ("отмена ❌", Expecting.REMINDER, Intent.CANCEL),
        ("❌", Expecting.YES_OR_NO, Intent.NO),
        ("✅", Expecting.YES_OR_NO, Intent.YES),
        ("супер 👍", Expecting.YES_OR_NO, Intent.YES),
        ("приду ✅", Expecting.REMINDER, Intent.CONFIRM),
    ],
)
def test_a_word_wins_over_a_sign_and_a_sign_alone_counts(
    text: str, expecting: Expecting, intent: Intent
) -> None:
    assert read(text, expecting).intent is intent
