# ruff: noqa: DTZ001  the salon's own time has no zone
from __future__ import annotations

from datetime import date, datetime, time

import pytest

from kommutator.domain.assistant.frame import Expecting, When
from tests.support.rules_salon import day, days, read


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("сегодня", day(18)),
        ("завтра", day(19)),
        ("послезавтра", day(20)),
        ("после завтра", day(20)),
        ("вчера", day(17)),
        ("в пятницу", day(20)),
        ("в эту пятницу", day(20)),
        ("в следующую пятницу", day(27)),
        ("в следующий вторник", day(24)),
        ("в среду", day(25)),
        ("15-го", day(15, 12)),
        ("двадцать первого", day(21)),
        ("20 числа", day(20)),
        ("15 декабря", day(15, 12)),
        ("15.12", day(15, 12)),
        ("15/12", day(15, 12)),
        ("10 марта", day(10, 3, 2027)),
        ("15.06.2025", day(15, 6, 2025)),
        ("31-го", day(31, 12)),
        ("29 февраля", day(29, 2, 2028)),
        ("через неделю", day(25)),
        ("через 2 дня", day(20)),
        ("через пару дней", day(20)),
        ("через месяц", day(18, 12)),
        ("через две недели", day(2, 12)),
        ("через неделю в пятницу", day(27)),
        ("на следующей неделе во вторник", day(24)),
        ("во вторник на следующей неделе", day(24)),
        ("на выходных", days(21, 22)),
        ("на этой неделе", days(18, 22)),
        ("на следующей неделе", days(23, 29)),
        ("в начале недели", days(23, 24)),
        ("в середине недели", days(18, 19)),
        ("в конце недели", days(20, 22)),
        ("в начале следующей недели", days(23, 24)),
        ("в конце месяца", days(21, 30)),
        ("в начале декабря", days(1, 10, 12)),
        ("в декабре", days(1, 31, 12)),
        ("в следующем месяце", days(1, 31, 12)),
        ("в этом месяце", days(18, 30)),
        ("с понедельника по среду", days(23, 25)),
        ("23-25 ноября", days(23, 25)),
        ("с 23 по 25", days(23, 25)),
        ("в пятницу или субботу", days(20, 21)),
        ("сегодня-завтра", days(18, 19)),
        ("до нового года", When(first=date(2026, 11, 18), last=date(2026, 12, 31))),
        ("в пятницу, 20-го", day(20)),
        ("у п'ятницю", day(20)),
        ("у п’ятницю", day(20)),
        ("позавтра", day(20)),
        ("на вихідних", days(21, 22)),
        ("наступного тижня", days(23, 29)),
        ("за тиждень", day(25)),
        ("двадцять п'ятого листопада", day(25)),
        ("tomorrow", day(19)),
        ("the day after tomorrow", day(20)),
        ("next friday", day(27)),
        ("this weekend", days(21, 22)),
        ("in two days", day(20)),
        ("in two weeks on monday", day(30)),
        ("the 25th", day(25)),
        ("Dec 15", day(15, 12)),
        ("on the 5th of December", day(5, 12)),
        ("в субботу 28", day(28)),
        ("на 28 в 15:30", When(first=date(2026, 11, 28), last=date(2026, 11, 28), at=time(15, 30))),
        ("вторник/среда", days(24, 25)),
        ("зафтра", day(19)),
        ("в пятнецу", day(20)),
    ],
)
def test_spoken_days(text: str, wanted: When) -> None:
    assert read(text).when == wanted


@pytest.mark.parametrize("text", ["как можно скорее", "в ближайшее время", "asap", "на днях"])
def test_as_soon_as_possible_names_no_day(text: str) -> None:
    assert read(text).when == When(soonest=True)


@pytest.mark.parametrize(
    "text", ["в любой день", "когда угодно", "в любой день, кроме пятницы", "только не завтра"]
)
def test_any_day_and_unwanted_days_say_nothing(text: str) -> None:
    assert read(text).when == When()


@pytest.mark.parametrize("text", ["30 февраля", "31 апреля", "32 числа", "на 31.02"])
def test_an_impossible_date_is_unclear(text: str) -> None:
    frame = read(text)
    assert frame.when == When()
    assert frame.unclear


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("завтра… а нет, лучше в пятницу", day(20)),
        ("не в пятницу, а в субботу", day(21)),
        ("i want it on friday, no wait, saturday", day(21)),
    ],
)
def test_the_last_word_wins(text: str, wanted: When) -> None:
    frame = read(text)
    assert (frame.when, frame.repaired) == (wanted, True)


def test_a_bare_number_is_a_day_only_where_a_day_was_asked() -> None:
    assert read("25", Expecting.DAY).when == day(25)
    assert read("25").when == When()


@pytest.mark.parametrize(
    ("now", "text", "wanted"),
    [
        (datetime(2026, 12, 31, 23, 50), "завтра", day(1, 1, 2027)),
        (datetime(2027, 1, 31, 12), "через месяц", day(28, 2, 2027)),
        (datetime(2027, 1, 31, 12), "30-го", day(30, 3, 2027)),
        (datetime(2026, 11, 22, 12), "на выходных", day(22)),
        (datetime(2026, 11, 22, 12), "в понедельник", day(23)),
        (datetime(2026, 11, 22, 12), "в конце недели", day(22)),
    ],
)
def test_ends_of_weeks_months_and_years(now: datetime, text: str, wanted: When) -> None:
    assert read(text, now=now).when == wanted
