# ruff: noqa: DTZ001  the salon's own time has no zone
from __future__ import annotations

import time
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kommutator.assistant.rules import reader
from kommutator.domain.assistant.frame import Expecting, Frame, Named, Vocabulary
from tests.support.rules_salon import NOW, READER, VOCABULARY, read

_WORDS = [
    "запишите",
    "завтра",
    "в",
    "на",
    "к",
    "с",
    "до",
    "после",
    "3",
    "15",
    "15-го",
    "30",
    "февраля",
    "31.12",
    "14.30",
    "половина",
    "седьмого",
    "без",
    "четверти",
    "пять",
    "нет",
    "лучше",
    "не",
    "отмените",
    "Анне",
    "маникюр",
    "и",
    "или",
    ",",
    ".",
    "?",
    "!",
    "пятницу",
    "следующей",
    "неделе",
    "через",
    "дня",
    "утром",
    "вечером",
    "час",
    "5",
    "из",
    "⭐",
    "2026",
    "99",
    "00",
    "tomorrow",
    "at",
    "quarter",
    "past",
    "ten",
    "to",
    "five",
    "next",
    "week",
    "the",
    "25th",
    "half",
    "o'clock",
    "pm",
    "о",
    "пів",
    "на",
    "третю",
    "за",
    "чверть",
    "п'ята",
    "шосту",
    "+7",
    "916",
    "начале",
    "конце",
    "месяца",
    "декабря",
    "между",
    "около",
    "раз",
    "второй",
    "последний",
    "мне",
    "нам",
    "меня",
    "зовут",
    "Олег",
    "это",
    "0",
    "24",
    "25:61",
    "1/1",
    "5-",
    "-",
]
_MESSAGES = st.lists(st.sampled_from(_WORDS), max_size=40).map(" ".join)
_QUIET = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
_IDS = {one.id for one in VOCABULARY.services}


@_QUIET
@given(
    st.one_of(st.text(max_size=4096), _MESSAGES),
    st.sampled_from(Expecting),
    st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1)),
)
def test_no_text_at_no_time_makes_it_raise(text: str, expecting: Expecting, now: datetime) -> None:
    assert isinstance(READER.read(text, VOCABULARY, now, expecting), Frame)


@_QUIET
@given(_MESSAGES, st.sampled_from(Expecting))
def test_nothing_is_named_that_the_salon_has_not(text: str, expecting: Expecting) -> None:
    frame = read(text, expecting)
    assert {*frame.services, *frame.maybe_services} <= _IDS
    assert frame.staff in {None, *(one.id for one in VOCABULARY.staff)}
    assert frame.stars in {None, 1, 2, 3, 4, 5}


@_QUIET
@given(_MESSAGES)
def test_spans_of_days_and_hours_run_forward(text: str) -> None:
    when = read(text).when
    assert (when.first is None) == (when.last is None)
    assert when.first is None or when.last is None or when.first <= when.last


@_QUIET
@given(_MESSAGES)
def test_the_same_words_mean_the_same_in_capitals_and_with_blanks(text: str) -> None:
    assert read(text.upper()).when == read(f"  {text}  ").when


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 800), st.integers(0, 6))
def test_a_weekday_is_within_the_week_to_come(ahead: int, weekday: int) -> None:
    now = NOW + timedelta(days=ahead)
    name = ("понедельник", "вторник", "среду", "четверг", "пятницу", "субботу", "воскресенье")[
        weekday
    ]
    day = read(f"в {name}", now=now).when.first
    assert day is not None
    assert day.weekday() == weekday
    assert 1 <= (day - now.date()).days <= 7


@pytest.mark.parametrize(
    "text", ["", " ", "\n", "😀" * 4096, "1" * 4096, "а" * 4096, "?!" * 2048, "в " * 2048]
)
def test_odd_texts_are_read(text: str) -> None:
    assert read(text).services == ()


def test_lines_of_one_turn_are_read_together() -> None:
    frame = read("запишите меня\nна завтра\nна педикюр\nв 18:00")
    assert (frame.services, frame.when.at and frame.when.at.hour) == ((6,), 18)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("запишите завтра", "ru"),
        ("запишіть завтра", "uk"),
        ("дякую", "uk"),
        ("book me tomorrow", "en"),
        ("5", "ru"),
        ("zapishite na zavtra", "ru"),
    ],
)
def test_the_language_is_guessed_where_none_is_told(text: str, language: str) -> None:
    assert read(text).language == language


def test_a_told_language_is_kept() -> None:
    assert READER.read("ok", VOCABULARY, NOW, language="uk").language == "uk"


def test_salons_beyond_the_limit_leave_the_cache() -> None:
    for number in range(reader._SALONS_KEPT + 20):
        READER.read("стрижка", Vocabulary(services=(Named(number, f"Стрижка {number}"),)), NOW)
    assert reader._index.cache_info().currsize == reader._SALONS_KEPT


@pytest.mark.parametrize("wish", ["маникюр и ", "стрижка, ", "педикюр потом "])
def test_a_long_list_of_wishes_is_read_in_time(wish: str) -> None:
    names = ("Маникюр", "Педикюр", "Стрижка", "Окрашивание", "Массаж", "Укладка", "Чистка")
    kinds = ("классический", "аппаратный", "женский", "мужской", "детский", "премиум", "экспресс")
    titles = (f"{name} {kind}" for name in names for kind in kinds)
    many = Vocabulary(tuple(Named(one, title) for one, title in enumerate(titles, 1)))
    READER.read("маникюр", many, NOW)
    started = time.perf_counter()
    READER.read(wish * 500, many, NOW)
    assert time.perf_counter() - started < 1


def test_a_long_message_of_unknown_words_is_read_in_time() -> None:
    text = " ".join(f"бжазы{chr(1072 + one % 32)}{chr(1072 + one // 32)}кла" for one in range(400))
    started = time.perf_counter()
    read(text[:4096])
    assert time.perf_counter() - started < 2
