"""Marks in the place of words that were understood, and words that no mark was found for."""

from __future__ import annotations

from collections.abc import Sequence

from kommutator.assistant.rules.clean import clean
from kommutator.assistant.rules.concepts import is_trade
from kommutator.assistant.rules.services import Mention
from kommutator.assistant.rules.staff import Mentioned
from kommutator.assistant.rules.tokens import Token, Tokens


def marked(tokens: Tokens, letter: str, found: Sequence[Mentioned | Mention]) -> Tokens:
    """The first word of each find becomes its mark, the others are struck out."""
    marks = {one.position: f"{letter}{number}" for number, one in enumerate(found)}
    taken = {index for one in found for index in one.positions}
    return Tokens.of(
        [
            Token(token.text, marks.get(index, "_" if index in taken else token.tag))
            for index, token in enumerate(tokens.items)
            if index not in taken or index in marks
        ]
    )


def unknown_trade(tokens: Tokens) -> Tokens:
    """Words of the trade that no service of the salon has: a wish all the same."""
    return Tokens.of(
        [
            Token(token.text, "TRADE")
            if token.tag == token.text and is_trade(token.text)
            else token
            for token in tokens.items
        ]
    )


def unknown(tokens: Tokens) -> list[str]:
    return [token.text for token in tokens.items if token.tag == "TRADE"]


def without_name(tokens: Tokens, name: str | None) -> Tokens:
    """The client's own name is nobody's of the staff."""
    words = frozenset(clean(name).split()) if name else frozenset[str]()
    return Tokens.of([Token("", "_") if token.text in words else token for token in tokens.items])
