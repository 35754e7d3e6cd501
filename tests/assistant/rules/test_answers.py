from __future__ import annotations

import pytest

from kommutator.domain.assistant.frame import Expecting, Intent
from tests.support.rules_salon import read


@pytest.mark.parametrize(
    "text",
    [
        "да",
        "да, всё верно",
        "ага, давайте",
        "ок",
        "+",
        "👍",
        "записывайте",
        "да, запишите",
        "ну давайте",
        "супер, спасибо",
        "да, отменяйте",
        "да, переносите",
        "так, підходить",
        "yes please",
        "yep, book it",
    ],
)
def test_agreement(text: str) -> None:
    assert read(text, Expecting.YES_OR_NO).intent is Intent.YES


@pytest.mark.parametrize(
    "text",
    [
        "нет",
        "нет, спасибо",
        "не надо",
        "пока нет",
        "подумаю",
        "не подходит",
        "да нет",
        "передумала",
        "ні, дякую",
        "no thanks",
    ],
)
def test_refusal(text: str) -> None:
    assert read(text, Expecting.YES_OR_NO).intent is Intent.NO


@pytest.mark.parametrize(
    "text",
    [
        "да, но лучше в 5",
        "давайте лучше в пятницу",
        "да, только к Ольге",
        "да, но на педикюр",
        "ок, а можно в 6?",
        "хорошо, буду, но в субботу",
        "так, але о 18",
        "sure, but make it 6pm",
        "а сколько стоит?",
        "что?",
        "да, если можно попозже",
        "да, в другой день",
        "yes but can we do 5 instead",
        "да, и ещё педикюр",
        "подходит, но дорого",
        "да, но я не уверена",
        "ок, только не завтра",
        "да, позовите человека",
        "не знаю",
    ],
)
def test_agreement_with_a_change_agrees_to_nothing(text: str) -> None:
    assert read(text, Expecting.YES_OR_NO).intent not in (Intent.YES, Intent.CONFIRM)


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("2", 2),
        ("2)", 2),
        ("второй вариант", 2),
        ("давайте второе", 2),
        ("номер 3", 3),
        ("3 вариант", 3),
        ("последнее", -1),
        ("самое раннее", 1),
        ("другий варіант", 2),
        ("the second one", 2),
        ("давайте 2", 2),
    ],
)
def test_choices(text: str, choice: int) -> None:
    frame = read(text, Expecting.CHOICE)
    assert (frame.intent, frame.choice) == (Intent.CHOICE, choice)


@pytest.mark.parametrize(
    ("text", "hour"),
    [("в 15:00", 15), ("давайте на 16", 16), ("18", 18), ("17:00 давайте", 17), ("в 3", 15)],
)
def test_an_hour_picks_among_the_offered(text: str, hour: int) -> None:
    frame = read(text, Expecting.CHOICE)
    assert (frame.when.at and frame.when.at.hour, frame.choice) == (hour, None)


@pytest.mark.parametrize("text", ["ничего не подходит", "нет", "ни одно"])
def test_nothing_offered_is_wanted(text: str) -> None:
    assert read(text, Expecting.CHOICE).intent is Intent.NO


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("1", Intent.CONFIRM),
        ("2", Intent.MOVE),
        ("3", Intent.CANCEL),
        ("1, спасибо", Intent.CONFIRM),
        ("да", Intent.CONFIRM),
        ("буду", Intent.CONFIRM),
        ("+", Intent.CONFIRM),
        ("не приду", Intent.CANCEL),
        ("отмените", Intent.CANCEL),
        ("не смогу", Intent.CANCEL),
        ("хочу перенести на пятницу", Intent.MOVE),
        ("так, прийду", Intent.CONFIRM),
        ("4", Intent.OTHER),
    ],
)
def test_answers_to_a_reminder(text: str, intent: Intent) -> None:
    assert read(text, Expecting.REMINDER).intent is intent


@pytest.mark.parametrize(
    ("text", "stars"),
    [
        ("5", 5),
        ("пять", 5),
        ("на пятёрочку", 5),
        ("4/5", 4),
        ("5 из 5", 5),
        ("⭐⭐⭐⭐⭐", 5),
        ("3, долго ждала", 3),
        ("1 ужасно", 1),
        ("5+", 5),
        ("твердая четверка", 4),
        ("п'ять", 5),
        ("five", 5),
        ("10", None),
        ("всё понравилось", None),
    ],
)
def test_ratings(text: str, stars: int | None) -> None:
    assert read(text, Expecting.STARS).stars == stars


def test_a_low_rating_with_a_reproach_is_a_complaint() -> None:
    assert read("1 ужасно", Expecting.STARS).intent is Intent.COMPLAINT


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Олег", "Олег"),
        ("олег", "олег"),
        ("Меня зовут Оля", "Оля"),
        ("Иванова Мария", "Иванова Мария"),
        ("мене звати Ірина", "Ірина"),
        ("my name is John", "John"),
        ("Света, телефон 89161234567", "Света"),
        ("а зачем?", None),
        ("не скажу", None),
    ],
)
def test_an_answered_name_is_nobody_of_the_staff(text: str, name: str | None) -> None:
    frame = read(text, Expecting.NAME)
    assert (frame.name, frame.staff) == (name, None)


@pytest.mark.parametrize(
    "text", ["меня зовут Анна, запишите на завтра", "это Анна, запишите на завтра"]
)
def test_a_name_given_unasked(text: str) -> None:
    frame = read(text)
    assert (frame.intent, frame.name, frame.staff) == (Intent.BOOK, "Анна", None)


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("+7 916 123-45-67", "+79161234567"),
        ("8(916)1234567", "+79161234567"),
        ("0671234567", "+380671234567"),
        ("мой номер 89161234567", "+79161234567"),
        ("+380 67 123 45 67", "+380671234567"),
        ("12345", None),
        ("12345678901234567890", None),
    ],
)
def test_phones(text: str, phone: str | None) -> None:
    assert read(text, Expecting.PHONE).phone == phone


def test_a_phone_is_no_time() -> None:
    frame = read("запишите на завтра в 18:00, мой телефон 8 916 123 45 67")
    assert (frame.phone, frame.when.at and frame.when.at.hour) == ("+79161234567", 18)


@pytest.mark.parametrize("expecting", [Expecting.SERVICE, Expecting.STAFF])
def test_a_bare_number_chooses_from_a_list(expecting: Expecting) -> None:
    assert read("2", expecting).choice == 2


@pytest.mark.parametrize("text", ["2 или 3", "не 2"])
def test_two_positions_and_a_refused_one_choose_nothing(text: str) -> None:
    frame = read(text, Expecting.CHOICE)
    assert (frame.choice, frame.when.at) == (None, None)


def test_coming_agrees_to_what_was_proposed() -> None:
    assert read("приду", Expecting.YES_OR_NO).intent is Intent.YES
