"""A tenant's own words: only what exists, only with its places."""

import pytest

from kommutator.domain.assistant.own_texts import GROUPS, LANGUAGES, SLUGS, checked_text, places_of
from kommutator.flows.converse.own_words import OwnWords
from kommutator.kit.errors import InvalidInput
from kommutator.kit.texts import Texts

TEXTS = Texts.load()


@pytest.mark.parametrize("slug", sorted(SLUGS))
def test_every_sentence_exists_and_can_be_shown_in_each_language(slug: str) -> None:
    own = OwnWords(TEXTS)
    for language in LANGUAGES:
        assert TEXTS.has(language, slug)
        shown = own.preview(slug, language, "")
        assert not any("{" in one or "assistant_page." in one for one in shown)


def test_each_group_has_its_title() -> None:
    assert all(TEXTS.has("ru", f"assistant_page.group.{group}") for group in GROUPS)


def test_own_words_keep_their_places() -> None:
    assert checked_text("  Привет, {name}!\r\nЖдём. ", "{name}, здравствуйте") == (
        "Привет, {name}!\nЖдём."
    )


@pytest.mark.parametrize(
    ("text", "code", "params"),
    [
        ("", "assistant_text_invalid", {"most": 1000}),
        ("x" * 1001, "assistant_text_invalid", {"most": 1000}),
        ("a\x00b", "assistant_text_invalid", {"most": 1000}),
        ("{name", "assistant_text_invalid", {"most": 1000}),
        ("{nome}", "assistant_place_unknown", {"place": "{nome}", "places": "{name}"}),
        ("{}", "assistant_place_unknown", {"place": "{}", "places": "{name}"}),
        (
            "{name.__class__}",
            "assistant_place_unknown",
            {"place": "{name.__class__}", "places": "{name}"},
        ),
        ("{name!r}", "assistant_place_unknown", {"place": "{name}", "places": "{name}"}),
        ("{name:>9}", "assistant_place_unknown", {"place": "{name}", "places": "{name}"}),
    ],
)
def test_what_is_refused(text: str, code: str, params: dict[str, object]) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_text(text, "{name}, здравствуйте")
    assert (refused.value.code, refused.value.params) == (code, params)


@pytest.mark.parametrize("key", ["assistant.nothing", "assistant.summary.client.ru", "nav.inbox"])
def test_only_the_assistants_own_sentences_can_be_changed(key: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        OwnWords(TEXTS).check({key: "x"})
    assert refused.value.params == {"field": "texts"}


def test_wordings_are_shown_one_by_one() -> None:
    shown = OwnWords(TEXTS).preview("assistant.hello_name", "ru", "Привет, {name}! | {name}, рады!")
    assert shown == ["Привет, Ксения!", "Ксения, рады!"]


def test_own_words_of_a_language_come_before_those_of_all() -> None:
    kept = {"assistant.hello": "Hi", "assistant.hello.uk": "Привітики"}
    hello = {
        language: OwnWords(TEXTS).all(kept, language)["hello"][0].own for language in LANGUAGES
    }
    assert hello == {"ru": "Hi", "uk": "Привітики", "en": "Hi"}


def test_places_are_told_once() -> None:
    assert places_of("{a} {b} {a}") == ("a", "b")
