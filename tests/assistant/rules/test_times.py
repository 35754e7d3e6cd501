# ruff: noqa: DTZ001  the salon's own time has no zone
from __future__ import annotations

from datetime import datetime, time

import msgspec
import pytest

from kommutator.domain.assistant.frame import Expecting, When
from tests.support.rules_salon import NOW, VOCABULARY, read


def at(hour: int, minute: int = 0) -> When:
    return When(at=time(hour, minute))


def between(after: int | None, before: int | None) -> When:
    return When(
        after=None if after is None else time(after),
        before=None if before is None else time(before),
    )


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("в 3", at(15)),
        ("в три часа", at(15)),
        ("в 9", at(9)),
        ("в 7", at(19)),
        ("в час", at(13)),
        ("в час дня", at(13)),
        ("в 12 часов дня", at(12)),
        ("половина седьмого", at(18, 30)),
        ("пол седьмого", at(18, 30)),
        ("в полседьмого", at(18, 30)),
        ("пол 7", at(18, 30)),
        ("в половине десятого утра", at(9, 30)),
        ("без четверти пять", at(16, 45)),
        ("без десяти шесть", at(17, 50)),
        ("без 15 минут шесть", at(17, 45)),
        ("четверть шестого", at(17, 15)),
        ("десять минут шестого", at(17, 10)),
        ("14 00", at(14)),
        ("14.30", at(14, 30)),
        ("14-30", at(14, 30)),
        ("15ч", at(15)),
        ("в 18 часов 30 минут", at(18, 30)),
        ("в девятнадцать тридцать", at(19, 30)),
        ("в девятнадцать ноль ноль", at(19)),
        ("к шести вечера", at(18)),
        ("к 6", at(18)),
        ("около 6", at(18)),
        ("часов в 6", at(18)),
        ("часиков в 7 вечера", at(19)),
        ("3 ночи", at(3)),
        ("в 8 утра", at(8)),
        ("в полдень", at(12)),
        ("утром", between(None, 12)),
        ("с утра", between(None, 12)),
        ("в первой половине дня", between(None, 13)),
        ("до обеда", between(None, 13)),
        ("в обед", between(12, 15)),
        ("днём", between(12, 17)),
        ("после обеда", between(13, None)),
        ("во второй половине дня", between(13, None)),
        ("вечером", between(17, None)),
        ("ближе к вечеру", between(17, None)),
        ("после работы", between(18, None)),
        ("вечером после работы", between(18, None)),
        ("до 13", between(None, 13)),
        ("после шести", between(18, None)),
        ("не раньше 6", between(18, None)),
        ("не позже 6", between(None, 18)),
        ("с 10 до 14", between(10, 14)),
        ("с 10 до 2", between(10, 14)),
        ("между 3 и 5", between(15, 17)),
        ("после 3 и до 6", between(15, 18)),
        ("10-14", between(10, 14)),
        ("вечером, часов в 7", at(19)),
        ("о пів на третю", at(14, 30)),
        ("пів на сьому", at(18, 30)),
        ("за чверть п'ята", at(16, 45)),
        ("чверть на шосту", at(17, 15)),
        ("о п'ятнадцятій", at(15)),
        ("о 18-й", at(18)),
        ("вранці", between(None, 12)),
        ("після обіду", between(13, None)),
        ("з десятої до другої", between(10, 14)),
        ("at 5pm", at(17)),
        ("at 11:30 a.m.", at(11, 30)),
        ("quarter past four", at(16, 15)),
        ("quarter to five", at(16, 45)),
        ("half past six", at(18, 30)),
        ("ten to six", at(17, 50)),
        ("noon", at(12)),
        ("в час тридцать", at(13, 30)),
        ("no later than 4", between(None, 16)),
        ("from 10 to 2", between(10, 14)),
        ("in the morning", between(None, 12)),
        ("in the afternoon", between(12, 17)),
    ],
)
def test_spoken_times(text: str, wanted: When) -> None:
    assert read(text).when == wanted


@pytest.mark.parametrize(
    "text",
    [
        "на 15 минут позже",
        "на час дольше",
        "нас двое",
        "нас 2 человека",
        "в любое время",
        "добрый вечер",
    ],
)
def test_lengths_counts_and_greetings_are_no_times(text: str) -> None:
    assert read(text).when == When()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("15", at(15)), ("на час", at(13)), ("пять", at(17)), ("1530", at(15, 30)), ("любое", When())],
)
def test_a_bare_number_is_an_hour_where_a_time_was_asked(text: str, wanted: When) -> None:
    assert read(text, Expecting.TIME).when == wanted


@pytest.mark.parametrize(
    ("opens", "closes", "now", "text", "wanted"),
    [
        (time(9), time(18), NOW, "в 7", time(19)),
        (time(7), time(22), NOW, "завтра в 7", time(19)),
        (time(7), time(23), NOW, "сегодня в 10", time(22)),
        (time(7), time(23), NOW, "завтра в 10", time(10)),
        (time(6), time(12), NOW, "в 7", time(7)),
        (time(0), time(23, 59), datetime(2026, 11, 18, 6), "сегодня в 8", time(8)),
    ],
)
def test_opening_hours_and_now_decide_the_half_of_the_day(
    opens: time, closes: time, now: datetime, text: str, wanted: time
) -> None:
    salon = msgspec.structs.replace(VOCABULARY, opens=opens, closes=closes)
    assert read(text, now=now, vocabulary=salon).when.at == wanted


def test_a_repaired_hour_keeps_the_day() -> None:
    frame = read("завтра в 3, ой нет, в 4")
    assert (frame.when.first, frame.when.at, frame.repaired) == (
        NOW.date().replace(day=19),
        time(16),
        True,
    )


def test_a_repaired_day_keeps_the_hour() -> None:
    frame = read("завтра в 5… а нет, лучше в пятницу")
    assert (frame.when.first, frame.when.at) == (NOW.date().replace(day=20), time(17))
