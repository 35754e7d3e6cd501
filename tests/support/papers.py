"""What every connector's own papers have to tell: its texts, its quality scale, its README."""

import re
from collections.abc import Collection
from pathlib import Path

import yaml
from babel.messages.pofile import read_po

import kommutator

_LOCALES = Path(kommutator.__file__).parent / "locale"


def sentences(locale: str) -> dict[str, str]:
    """Slug → text."""
    with (_LOCALES / locale / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id}


def untold(hints: Collection[str], locale: str) -> set[str]:
    """Hints for which a person gets no sentence."""
    known = sentences(locale)
    return {
        hint
        for hint in hints
        if not known.get(f"hint.{hint}") and not known.get(f"error.{hint}.action")
    }


def alike(*begins: str) -> set[str]:
    """Hints that begin so and are the same in English and in one of the other languages."""
    ru, uk, en = (sentences(locale) for locale in ("ru", "uk", "en"))
    hints = [key for key in ru if key.startswith(tuple(f"hint.{begin}" for begin in begins))]
    assert hints
    return {hint for hint in hints if en[hint] in (ru[hint], uk[hint])}


def check_quality(folder: Path) -> None:
    quality = yaml.safe_load((folder / "quality.yaml").read_text())
    for tier in ("bronze", "silver", "gold"):
        for item, state in quality[tier].items():
            word, _, reason = state.partition(":")
            assert word in {"done", "exempt", "todo"}, item
            assert word == "done" or reason.strip(), item
    assert not any(state.startswith("todo") for state in quality["bronze"].values())


def check_readme(folder: Path) -> set[str]:
    """Returns the files that it names."""
    text = (folder / "README.md").read_text()
    for heading in ("## Setup", "## Removal", "## Limits", "## Troubleshooting"):
        assert heading in text
    named = set(re.findall(r"`(\w+\.py)`", text))
    assert {name for name in named if not (folder / name).exists()} == set()
    return named
