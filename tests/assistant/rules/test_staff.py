from __future__ import annotations

import pytest

from kommutator.domain.assistant.frame import Expecting, Named, Vocabulary
from tests.support.rules_salon import (
    ANNA,
    IGOR,
    MARIA,
    MARINA,
    NOW,
    OLENA,
    OLGA,
    READER,
    YULIA,
    read,
)


@pytest.mark.parametrize(
    ("text", "staff"),
    [
        ("к Анне", ANNA),
        ("к ане", ANNA),
        ("у Анечки", ANNA),
        ("с Анной", ANNA),
        ("Аня Петрова", ANNA),
        ("к Петровой", ANNA),
        ("к Анне Сергеевне", ANNA),
        ("до Олени", OLENA),
        ("до пані Олени Шевченко", OLENA),
        ("к Оле", OLGA),
        ("з Ольгою", OLGA),
        ("до Ользі", OLGA),
        ("к Игорю", IGOR),
        ("до Ігоря", IGOR),
        ("к Маше", MARIA),
        ("до Марічки", MARIA),
        ("к Соколовой", MARIA),
        ("к Марине", MARINA),
        ("к Юле", YULIA),
        ("до Юлії", YULIA),
        ("with Anna", ANNA),
        ("with Mary", MARIA),
        ("k Anne", ANNA),
        ("Игорьу", IGOR),
    ],
)
def test_people_in_all_cases_diminutives_and_letters(text: str, staff: int) -> None:
    assert read(text).staff == staff


@pytest.mark.parametrize("text", ["8 марта", "в любое время", "в мае", "коли вільно", "том числе"])
def test_everyday_words_name_nobody(text: str) -> None:
    salon = Vocabulary(
        staff=tuple(
            Named(n, name) for n, name in enumerate(["Марта", "Люба", "Майя", "Коля", "Тома"])
        )
    )
    assert READER.read(text, salon, NOW).staff is None


@pytest.mark.parametrize(
    ("text", "staff"),
    [
        ("к Александру", 2),
        ("к Александре", 1),
        ("до Олександра", 2),
        ("с Александрой", 1),
        ("к Александра", None),
    ],
)
def test_the_case_tells_him_from_her(text: str, staff: int | None) -> None:
    salon = Vocabulary(staff=(Named(1, "Александра Белова"), Named(2, "Александр Чернов")))
    assert READER.read(text, salon, NOW).staff == staff


def test_a_diminutive_of_two_names_nobody_and_a_surname_decides() -> None:
    salon = Vocabulary(staff=(Named(1, "Александра Белова"), Named(2, "Александр Чернов")))
    frame = READER.read("к Саше", salon, NOW)
    assert (frame.staff, frame.unclear) == (None, ("саше",))
    assert READER.read("к Саше Белову", salon, NOW).staff == 1
    assert READER.read("к Саше Чернову", salon, NOW).staff == 2


def test_the_name_as_the_salon_writes_it_wins_over_a_diminutive() -> None:
    salon = Vocabulary(staff=(Named(1, "Аня"), Named(2, "Анна Белова")))
    assert READER.read("к Ане", salon, NOW).staff == 1
    assert READER.read("к Анне", salon, NOW).staff == 2


@pytest.mark.parametrize(
    "text",
    [
        "к любому мастеру",
        "мне все равно кто",
        "не важно к кому",
        "до будь-кого",
        "хто завгодно",
        "with anyone",
    ],
)
def test_anybody(text: str) -> None:
    assert read(text).any_staff


@pytest.mark.parametrize("text", ["любой", "без разницы", "все равно", "байдуже", "doesn't matter"])
def test_anybody_where_somebody_was_asked_for(text: str) -> None:
    assert read(text, Expecting.STAFF).any_staff
    assert not read(text, Expecting.TIME).any_staff


@pytest.mark.parametrize(
    "text",
    [
        "к своему мастеру",
        "к моему мастеру",
        "к тому же мастеру",
        "как обычно",
        "до свого майстра",
        "my usual stylist",
    ],
)
def test_the_usual_one(text: str) -> None:
    assert read(text).usual_staff


def test_who_is_free_is_a_question_and_no_wish() -> None:
    assert not read("кто свободен завтра в 3").any_staff


@pytest.mark.parametrize("text", ["не к Анне, а к Марине", "запишите вместо Анны к Марине"])
def test_who_is_refused_is_not_meant(text: str) -> None:
    frame = read(text)
    assert (frame.staff, frame.repaired) == (MARINA, True)


def test_the_last_named_wins_after_a_repair() -> None:
    frame = read("к Анне, а нет, лучше к Ольге")
    assert (frame.staff, frame.repaired) == (OLGA, True)
