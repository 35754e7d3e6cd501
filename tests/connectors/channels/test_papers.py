"""The connectors' own papers: texts, quality, README."""

import re
from pathlib import Path

import pytest

from kommutator.connectors.channels import avito, telegram, whatsapp, whatsapp_cloud
from kommutator.connectors.channels.avito import errors as avito_errors
from kommutator.connectors.channels.telegram import errors as telegram_errors
from kommutator.connectors.channels.whatsapp import errors as whatsapp_errors
from kommutator.connectors.channels.whatsapp_cloud import errors as cloud_errors
from kommutator.kit.texts import LOCALES, Texts
from tests.support.papers import check_quality, check_readme

FOLDERS = {
    "avito": Path(str(avito.__file__)).parent,
    "telegram": Path(str(telegram.__file__)).parent,
    "whatsapp": Path(str(whatsapp.__file__)).parent,
    "whatsapp_cloud": Path(str(whatsapp_cloud.__file__)).parent,
}
HINT = re.compile(r'"((?:telegram|avito|chat|whatsapp_cloud)_[a-z_]+)"')


def hints(name: str) -> set[str]:
    told = {
        "telegram": {row.hint for row in telegram_errors.ROWS},
        "avito": {row.hint for row in avito_errors.ROWS},
        "whatsapp": {row.hint for row in whatsapp_errors.ROWS.values()},
        "whatsapp_cloud": {row.hint for row in cloud_errors.ROWS},
    }
    code = "\n".join(path.read_text() for path in FOLDERS[name].glob("*.py"))
    found = told[name] | set(HINT.findall(code))
    return found - {"chat_id", "chat_type", "chat_hook", "telegram_same"}


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", FOLDERS)
def test_every_refusal_has_a_sentence(name: str, locale: str) -> None:
    texts = Texts.load()
    missing = {hint for hint in hints(name) if not texts.has(locale, f"hint.{hint}")}
    assert missing == set()


@pytest.mark.parametrize("name", FOLDERS)
def test_quality_scale(name: str) -> None:
    check_quality(FOLDERS[name])


@pytest.mark.parametrize("name", FOLDERS)
def test_readme_tells_setup_and_removal(name: str) -> None:
    check_readme(FOLDERS[name])
