"""No sentence of a model's own says what nobody read: a price, a time, a day, a name, a promise."""

from __future__ import annotations

import pytest

from kommutator.assistant.llm.facts import LONGEST, proved

KNOWN = (
    "хочу маникюр к Анне",
    '{"prices": [{"service": "Маникюр", "price": "1 500 ₽", "minutes": 60}]}',
    '{"times": [{"day": "2026-11-20 пятница, 20 ноября", "time": "09:30"}]}',
)
NAMES = ("Анна Белова", "Оксана Шевченко", "Маникюр", "Педикюр")


@pytest.mark.parametrize(
    "sentence",
    [
        "С радостью помогу!",
        "Маникюр стоит 1500 рублей.",
        "Маникюр стоит 1 500 рублей и занимает 60 минут.",
        "У Анны есть время в 9:30, в пятницу.",
        "Отличный выбор.",
        "Glad to help you.",
    ],
)
def test_what_was_read_may_be_said(sentence: str) -> None:
    assert proved(sentence, KNOWN, NAMES)


@pytest.mark.parametrize(
    "sentence",
    [
        "Маникюр стоит 1400 рублей.",
        "Есть время в 10:30.",
        "Есть время в субботу.",
        "Завтра свободно.",
        "Вас примет Оксана.",
        "Вас примет наша Жанна.",
        "Вас примет Яна.",
        "Ещё есть педикюр.",
        "Для вас скидка!",
        "Это бесплатно.",
        "Маникюр стоит полторы тысячи.",
        "Я вас записала.",
        "Ваш визит отменён.",
        "You are booked.",
        "Подробности на www.example.com",
        "Пишите на a@b.ru",
        "Смотрите t.me/salon",
        "",
        "о" * (LONGEST + 1),
    ],
)
def test_what_was_not_read_may_not(sentence: str) -> None:
    assert not proved(sentence, KNOWN, NAMES)
