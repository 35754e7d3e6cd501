"""Words: the tenant's own first, wordings in turn, names and services in their cases, prices."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from kommutator.assistant.dialogue import naming
from kommutator.assistant.dialogue.dates import day_in_words, moment_in_words
from kommutator.assistant.dialogue.forms import for_what, plain, to_whom
from kommutator.assistant.dialogue.reminding import words_beside
from kommutator.assistant.dialogue.sensitive import is_sensitive
from kommutator.assistant.dialogue.wish import people_in
from kommutator.assistant.dialogue.words import Words
from kommutator.kit.texts import LOCALES, Texts
from tests.support.framed_talk import FramedTalk

TEXTS = Texts.load()
WEDNESDAY = date(2026, 11, 18)


def test_the_same_turn_is_worded_the_same_and_others_differ() -> None:
    said = [Words(TEXTS, "ru", seed).say("assistant.welcome") for seed in "aabcdefgh"]
    assert said[0] == said[1]
    assert set(said) == {"Пожалуйста!", "Всегда рады!"}


def test_the_tenants_own_text_wins_and_that_of_the_language_first() -> None:
    own = {"assistant.welcome": "На здоровье!", "assistant.welcome.en": "Cheers!"}
    assert Words(TEXTS, "ru", own=own).say("assistant.welcome") == "На здоровье!"
    assert Words(TEXTS, "en", own=own).say("assistant.welcome") == "Cheers!"


@pytest.mark.parametrize("own", ["Привет, {nobody}", "Привет, {name.x}", "{", "{0}"])
def test_a_text_that_cannot_be_filled_is_said_as_it_is(own: str) -> None:
    words = Words(TEXTS, "ru", own={"assistant.hello_name": own})
    assert words.say("assistant.hello_name", name="Ольга") == own


@pytest.mark.parametrize("language", LOCALES)
def test_every_language_has_as_many_wordings(language: str) -> None:
    slugs = ["hello", "menu", "ask.time", "propose.book", "done.book", "not_understood"]
    for slug in slugs:
        wordings = TEXTS.translate(language, f"assistant.{slug}").split(" | ")
        assert len(wordings) == 2, slug


@pytest.mark.parametrize(
    ("name", "language", "form"),
    [
        ("Анна", "ru", "Анне"),
        ("Анна Белова", "ru", "Анне Беловой"),
        ("Олег", "ru", "Олегу"),
        ("Мария", "uk", "Мария"),
        ("Марія", "uk", "Марії"),
        ("Alice", "ru", "Alice"),
        ("Anna", "en", "Anna"),
    ],
)
def test_whom_one_goes_to(name: str, language: str, form: str) -> None:
    assert to_whom(name, language) == form


@pytest.mark.parametrize(
    ("title", "language", "form"),
    [
        ("Маникюр с покрытием гель-лак", "ru", "маникюр с покрытием гель-лак"),
        ("Мужская стрижка", "ru", "мужскую стрижку"),
        ("Чистка лица", "ru", "чистку лица"),
        ("SPA-уход", "ru", "SPA-уход"),
        ("Pedicure", "en", "pedicure"),
    ],
)
def test_what_one_comes_for(title: str, language: str, form: str) -> None:
    assert for_what(title, language) == form


def test_titles_lose_their_capital_but_abbreviations_do_not() -> None:
    assert plain("Маникюр") == "маникюр"
    assert plain("SPA") == "SPA"


def test_days_near_and_far() -> None:
    assert day_in_words(WEDNESDAY, WEDNESDAY, "ru") == "сегодня, 18 ноября"
    assert day_in_words(date(2026, 11, 19), WEDNESDAY, "uk") == "завтра, 19 листопада"
    friday = datetime.fromisoformat("2026-11-20T15:00")
    assert moment_in_words(friday, WEDNESDAY, "en") == ("Friday, 20 November, 15:00")


@pytest.mark.parametrize(
    ("low", "high", "shown"),
    [(1500, 1500, "1 500 ₽"), (1500, 0, "1 500 ₽"), (1500, 12000, "1 500–12 000 ₽"), (0, 0, "")],
)
def test_prices(low: int, high: int, shown: str) -> None:
    assert naming.amount(FramedTalk().played.scene(), low, high) == shown


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("запишите меня и дочку", 2),
        ("нас двое", 2),
        ("нас трое", 3),
        ("for two please", 2),
        ("мене і подругу", 2),
        ("меня и в пятницу можно", 1),
        ("стрижка", 1),
    ],
)
def test_for_how_many(text: str, people: int) -> None:
    assert people_in(text) == people


@pytest.mark.parametrize(
    ("text", "sensitive"),
    [
        ("верните мне деньги", True),
        ("возврат за маникюр", True),
        ("после лака аллергия", True),
        ("подам в суд", True),
        ("I want a refund", True),
        ("суббота в три", False),
        ("посуду", False),
        ("медицинский педикюр от врача", False),
    ],
)
def test_what_a_person_must_read(text: str, sensitive: bool) -> None:
    assert is_sensitive(text, ["Педикюр врача-подолога"]) is sensitive


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("5", ""),
        ("⭐⭐⭐⭐", ""),
        ("на пятерочку!", ""),
        ("4/5", ""),
        ("2, мастер опоздала", "2, мастер опоздала"),
        ("пять, спасибо Юле", "пять, спасибо Юле"),
    ],
)
def test_what_is_written_beside_the_stars(text: str, words: str) -> None:
    assert words_beside(text) == words
