"""Every error that a person can meet has words in every language."""

import re
from pathlib import Path

import pytest

import kommutator
from kommutator.doors.http.errors import _CODES
from kommutator.kit.texts import LOCALES, Texts

SOURCE = Path(kommutator.__file__).parent
RAISED = re.compile(
    r"\b(?:InvalidInput|Unauthorized|Forbidden|NotFound|Conflict|TooMany|Unavailable|TooLarge"
    r"|UserError)\(\s*\"([a-z_]+)\""
)
COMPUTED = {*_CODES.values(), "connection_not_active", "connection_not_paused", "json_broken"}


def codes() -> set[str]:
    rooms = ("doors/http", "flows", "store", "domain")
    files = [path for room in rooms for path in (SOURCE / room).rglob("*.py")]
    found = {code for path in files for code in RAISED.findall(path.read_text(encoding="utf-8"))}
    return found | COMPUTED


@pytest.mark.parametrize("locale", LOCALES)
def test_errors_speak(locale: str) -> None:
    texts = Texts.load()
    known = codes()
    assert len(known) > 50
    assert sorted(c for c in known if not texts.has(locale, f"error.{c}")) == []
