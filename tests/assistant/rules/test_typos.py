"""Misspelt words are mended by what their slips cost; words that mean themselves stay."""

from __future__ import annotations

import pytest

from kommutator.assistant.rules.slips import bears, price
from kommutator.assistant.rules.typos import mended
from kommutator.domain.assistant.frame import Expecting

_NAMES = frozenset({"олега", "оксане", "марине", "marina"})


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("хчоу на манкюр", "хочу на маникюр"),
        ("мжно в чтверг утрм", "можно в четверг утром"),
        ("мнкюр", "маникюр"),
        ("запишитеменянапятницу", "запишите меня на пятницу"),
        ("завтрав 15", "завтра в 15"),
        ("насуботу", "на суботу"),
        ("до олга", "до олега"),
        ("hwo much for a pedcure on firday", "how much for a pedicure on friday"),
        ("bookme", "book me"),
    ],
)
def test_slips_are_mended(typed: str, meant: str) -> None:
    assert mended(typed, _NAMES) == meant


@pytest.mark.parametrize(
    "text",
    [
        "тётушка с дядюшкой",
        "gonna board a black movie",
        "then they were quite god",
        "абвгд",
    ],
)
def test_words_that_mean_themselves_stay(text: str) -> None:
    assert mended(text, _NAMES) == text


def test_two_letters_are_a_yes_only_where_one_was_asked_for() -> None:
    assert mended("тк", _NAMES, Expecting.YES_OR_NO) == "так"
    assert mended("ys", _NAMES, Expecting.REMINDER) == "yes"
    assert mended("тк", _NAMES) == "тк"


def test_a_vowel_left_out_costs_less_than_a_letter_from_afar() -> None:
    assert price("мжно", "можно") < price("мтожно", "можно") < price("мышно", "можно")
    assert price("зватра", "завтра") < price("завбра", "завтра")
    assert bears("срд") > bears("сод")
