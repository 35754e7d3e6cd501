"""The connector's own papers: texts, quality, README."""

import re
from pathlib import Path

import pytest

from kommutator.connectors.crm import amocrm
from kommutator.connectors.crm.amocrm import errors, oauth_errors
from tests.support.papers import alike, check_quality, check_readme, untold

FOLDER = Path(amocrm.__file__).parent
CODE = "\n".join(path.read_text() for path in FOLDER.glob("*.py"))


def hints() -> set[str]:
    rows = [*errors.WORDS.values(), *errors.PAGES.values()]
    found = {row.hint for row in rows} | {row.hint for row in oauth_errors.TEXTS}
    found |= {hint for _, hint in oauth_errors.STATUSES.values()}
    found |= set(re.findall(r'"(amocrm_[a-z_]+)"', CODE))
    return {hint for hint in found if hint}


@pytest.mark.parametrize("locale", ["ru", "uk", "en"])
def test_every_refusal_has_a_sentence(locale: str) -> None:
    assert len(hints()) > 25
    assert untold(hints(), locale) == set()


def test_sentences_are_told_in_three_languages() -> None:
    assert alike("amocrm_") == set()


def test_quality_scale() -> None:
    check_quality(FOLDER)


def test_readme_tells_setup_and_removal() -> None:
    check_readme(FOLDER)
