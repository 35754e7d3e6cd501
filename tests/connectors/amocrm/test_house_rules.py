"""The connector's own papers: texts, quality, README."""

import re
from pathlib import Path

import pytest
import yaml
from babel.messages.pofile import read_po

from kommutator import __file__ as package
from kommutator.connectors.crm import amocrm
from kommutator.connectors.crm.amocrm import errors, oauth_errors

FOLDER = Path(amocrm.__file__).parent
LOCALES = Path(package).parent / "locale"
CODE = "\n".join(path.read_text() for path in FOLDER.glob("*.py"))


def sentences(locale: str) -> dict[str, str]:
    with (LOCALES / locale / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id}


def hints() -> set[str]:
    rows = [*errors.WORDS.values(), *errors.PAGES.values()]
    found = {row.hint for row in rows} | {row.hint for row in oauth_errors.TEXTS}
    found |= {hint for _, hint in oauth_errors.STATUSES.values()}
    found |= set(re.findall(r'"(amocrm_[a-z_]+)"', CODE))
    return {hint for hint in found if hint}


@pytest.mark.parametrize("locale", ["ru", "uk", "en"])
def test_every_refusal_has_a_sentence(locale: str) -> None:
    known = sentences(locale)
    assert len(hints()) > 25
    missing = {
        hint
        for hint in hints()
        if not known.get(f"hint.{hint}") and not known.get(f"error.{hint}.action")
    }
    assert missing == set()


def test_sentences_are_told_in_three_languages() -> None:
    ru, uk, en = (sentences(locale) for locale in ("ru", "uk", "en"))
    for hint in (key for key in ru if key.startswith("hint.amocrm_")):
        assert ru[hint] != en[hint], hint
        assert uk[hint] != en[hint], hint


def test_quality_scale() -> None:
    quality = yaml.safe_load((FOLDER / "quality.yaml").read_text())
    for tier in ("bronze", "silver", "gold"):
        for item, state in quality[tier].items():
            word, _, reason = state.partition(":")
            assert word in {"done", "exempt", "todo"}, item
            assert word == "done" or reason.strip(), item
    assert not any(state.startswith("todo") for state in quality["bronze"].values())


def test_readme_tells_setup_and_removal() -> None:
    text = (FOLDER / "README.md").read_text()
    for heading in ("## Setup", "## Removal", "## Limits", "## Troubleshooting"):
        assert heading in text
    named = set(re.findall(r"`(\w+\.py)`", text))
    assert {name for name in named if not (FOLDER / name).exists()} == set()
