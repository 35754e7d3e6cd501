"""Templates filled with a visit: what is empty leaves no trace, what is foreign is no template."""

from dataclasses import replace
from datetime import timedelta

import pytest

from kommutator.domain.chats import pieces
from kommutator.domain.notices.template import checked_template, fill
from kommutator.domain.notices.words import example, fingerprint, values_of
from kommutator.domain.salon.changes import VisitChange, VisitNews
from kommutator.kit.errors import InvalidInput
from kommutator.kit.texts import LOCALES, Texts

TEMPLATE = "New: {date} {time} ({duration})\n{services}\nClient: {client}, {phone}\nWas: {old_time}"


@pytest.fixture(scope="module")
def texts() -> Texts:
    return Texts.load()


def test_a_visit_in_words(texts: Texts) -> None:
    change, salon, staff = example(lambda slug: texts.translate("en", slug))
    values = values_of(change, salon, staff, "en")
    assert fill("{date} {time} ({duration}), {cost}", values) == (
        "Tue, 1 December 12:30 (1 h 30 min), 1500"
    )
    assert fill("{old_date} {old_time}, {old_staff} → {staff}", values).startswith(
        "Tue, 1 December 10:00, "
    )
    assert values_of(change, salon, staff, "uk")["duration"] == "1 год 30 хв"


def test_empty_places_take_their_line_along() -> None:
    values = {"date": "1 May", "time": "10:00", "client": "Anna"}
    assert fill(TEMPLATE, values) == "New: 1 May 10:00\nClient: Anna"


def test_a_value_is_no_template() -> None:
    assert fill("{client}", {"client": "{phone}\n\x00line", "phone": "+375"}) == "{phone} line"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "notice_template_invalid"),
        ("x" * 801, "notice_template_invalid"),
        ("a\x00b", "notice_template_invalid"),
        ("{password}", "notice_place_unknown"),
        ("{client.__class__}", "notice_place_unknown"),
    ],
)
def test_odd_templates(text: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_template(text)
    assert refused.value.code == code


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.parametrize("news", VisitNews)
def test_the_words_it_comes_with_are_good(texts: Texts, language: str, news: VisitNews) -> None:
    template = texts.translate(language, f"notice.template.{news.value}")
    assert checked_template(template) == template
    change, salon, staff = example(lambda slug: texts.translate(language, slug))
    told = fill(template, values_of(change, salon, staff, language))
    assert "12:30" in told
    assert "{" not in told


def test_a_fingerprint_is_of_one_change(texts: Texts) -> None:
    change, _, _ = example(lambda slug: slug)
    assert fingerprint(change, VisitNews.MOVED) == fingerprint(change, VisitNews.MOVED)
    assert fingerprint(change, VisitNews.MOVED) != fingerprint(change, VisitNews.CHANGED)
    again = replace(change.after, starts_at=change.after.starts_at + timedelta(minutes=15))
    moved = VisitChange(change.before, again, change.news)
    assert fingerprint(moved, VisitNews.MOVED) != fingerprint(change, VisitNews.MOVED)


def test_long_texts_are_cut_where_people_pause() -> None:
    assert pieces("", 10) == []
    assert pieces("short", 10) == ["short"]
    assert pieces("one two three four", 10) == ["one two", "three four"]
    assert pieces("first line\nsecond", 12) == ["first line", "second"]
    assert pieces("x" * 25, 10) == ["x" * 10, "x" * 10, "x" * 5]
    assert "".join(pieces("слово " * 900, 4096)).count("слово") == 900
