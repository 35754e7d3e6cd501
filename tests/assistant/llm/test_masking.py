"""What leaves for a foreign service: no number, no address, no name; dates and times stay."""

from __future__ import annotations

import pytest

from kommutator.assistant.llm.masking import Mask


@pytest.mark.parametrize(
    "number",
    [
        "+7 (916) 123-45-67",
        "89161234567",
        "8 916 123 45 67",
        "8-916-123-45-67",
        "8.916.123.45.67",
        "+380671234567",
        "067 123 45 67",
        "234-56-78",
        "+49 30 123456",
        "4276 3800 1234 5678",
        "916 11 12 333",
        "8/916/123/45/67",
        "8_916_123_45_67",
        "8*916*1234567",
        "8—916—123—45—67",
    ],
)
def test_numbers_are_hidden(number: str) -> None:
    hidden = Mask().hide(f"звоните на {number}, жду")
    assert hidden == "звоните на [phone1], жду"


@pytest.mark.parametrize(
    "text",
    [
        "в пятницу 20.11.2026 в 15:00",
        "20.11 или 21.11, лучше 20.11.26",
        "2026-11-20 15:30",
        "с 10:00 до 12:30 за 1500",
        "10, 11 или 12 часов",
    ],
)
def test_dates_and_times_stay(text: str) -> None:
    assert Mask().hide(text) == text


def test_the_same_is_the_same_token_and_comes_back() -> None:
    mask = Mask()
    text = "a@b.ru и +79161234567, ещё раз a@b.ru и c.d@e-f.com"
    hidden = mask.hide(text)
    assert hidden == "[email1] и [phone1], ещё раз [email1] и [email2]"
    assert mask.hide("a@b.ru") == "[email1]"
    assert mask.restore(hidden) == text
    assert mask.restore("[phone7]") == "[phone7]", "nobody was given that one"


def test_names_are_hidden_as_whole_words() -> None:
    mask = Mask(["Ольга Иванова"])
    assert mask.hide("Ольга, ОЛЬГА и Ольгина Иванова") == "[name1], [name2] и Ольгина [name3]"
    assert mask.hide("+79161234567 Ольга") == "[phone1] [name1]"


def test_a_tenant_may_let_numbers_out() -> None:
    assert Mask(numbers=False).hide("+79161234567") == "+79161234567"
