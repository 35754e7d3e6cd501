"""Templates: only approved ones, filled so that the vendor takes them."""

from typing import Any

import pytest

from kommutator.domain.commands import SendMessage, decode, encode
from kommutator.domain.message_templates import (
    Approved,
    KindTemplate,
    checked_templates,
    filled,
    read_templates,
)
from kommutator.domain.outreach.wanted import OutreachKind
from kommutator.kit.errors import InvalidInput

APPROVED = [Approved("soon", "ru", 2, "{{1}}, {{2}}!"), Approved("plain", "en", 1, "{{1}}!")]


def test_our_text_stands_in_one_line() -> None:
    text = "Завтра в 10:00.\n\n  1 — приду,\t2 — перенести \n3 — отменить"
    made = filled(KindTemplate("soon", "ru"), client=" Анна\nИвановна ", text=text)
    assert made.params == (
        "Анна · Ивановна", "Завтра в 10:00. · 1 — приду, 2 — перенести · 3 — отменить",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("language", "name"), [("ru", "гость"), ("uk", "гостю"), ("en_US", "guest"), ("de", "guest")]
)
def test_no_place_stays_empty(language: str, name: str) -> None:
    made = filled(KindTemplate("soon", language), client=" ", text="x" * 2000)
    assert made.params == (name, "x" * 900)


def test_a_template_survives_the_outbox() -> None:
    made = filled(KindTemplate("plain", "en", ("text",)), client="", text="Hello")
    message = SendMessage(chat_id="7916", text="Hello", template=made)
    assert decode(encode(message)) == message
    assert b"template" not in encode(SendMessage(chat_id="7916", text="Hello"))


def test_what_was_chosen_is_read_back() -> None:
    given = {"review": {"name": "plain", "language": "en", "fills": ["text"]}}
    chosen = checked_templates(given, APPROVED)
    assert chosen == {OutreachKind.REVIEW: KindTemplate("plain", "en", ("text",))}
    assert read_templates({"templates": given}) == chosen


@pytest.mark.parametrize("config", [{}, {"templates": None}, {"templates": {"x": 1}}])
def test_what_nobody_chose_is_none(config: dict[str, Any]) -> None:
    assert read_templates(config) == {}


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"review": {"name": "soon", "language": "en"}}, "template_not_approved"),
        ({"review": {"name": "plain", "language": "en"}}, "template_places"),
        ({"review": {"name": "plain", "language": "en", "fills": ["client"]}}, "templates_invalid"),
        ({"review": {"name": "plain"}}, "templates_invalid"),
        ({"party": {"name": "plain", "language": "en"}}, "templates_invalid"),
        ({"review": {"name": "soon", "language": "ru", "fills": ["me"]}}, "templates_invalid"),
    ],
)
def test_what_may_not_be_chosen(given: dict[str, Any], code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_templates(given, APPROVED)
    assert refused.value.code == code
