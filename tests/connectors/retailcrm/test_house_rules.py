"""The connector's own papers: manifest, texts, quality, README."""

from pathlib import Path

import pytest
import yaml

from kommutator.connectors.crm import retailcrm
from kommutator.connectors.crm.retailcrm.manifest import MANIFEST, SCOPE_PATHS
from kommutator.connectors.crm.retailcrm.texts import FORM, HINTS

FOLDER = Path(retailcrm.__file__).parent


def test_every_form_field_has_texts() -> None:
    for field in MANIFEST.fields:
        assert set(FORM[field.label]) == {"ru", "uk", "en"}
        assert set(FORM[field.help]) == {"ru", "uk", "en"}


def test_every_scope_is_known_to_old_keys() -> None:
    assert set(SCOPE_PATHS) == {*MANIFEST.scopes, *MANIFEST.optional_scopes}


def test_every_hint_used_in_the_code_has_a_sentence() -> None:
    code = "\n".join(path.read_text() for path in FOLDER.glob("*.py") if path.name != "texts.py")
    unused = [slug for slug in HINTS if f'"{slug}"' not in code]
    assert unused == []


@pytest.mark.parametrize("texts", [HINTS, FORM])
def test_texts_are_in_three_languages(texts: dict[str, dict[str, str]]) -> None:
    for key, sentences in texts.items():
        assert set(sentences) == {"ru", "uk", "en"}, key
        assert len(set(sentences.values())) >= 2, key


def test_quality_scale() -> None:
    quality = yaml.safe_load((FOLDER / "quality.yaml").read_text())
    for tier in ("bronze", "silver", "gold"):
        for item, state in quality[tier].items():
            word, _, reason = state.partition(":")
            assert word in {"done", "exempt", "todo"}, item
            assert word == "done" or reason.strip(), item


def test_readme_tells_setup_and_removal() -> None:
    text = (FOLDER / "README.md").read_text()
    for heading in ("## Setup", "## Removal", "## Limits", "## Troubleshooting"):
        assert heading in text
    for scope in MANIFEST.scopes:
        assert f"`{scope}`" in text
