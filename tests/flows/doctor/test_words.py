"""Every finding has its words and its repair, and the worst of them is the exit code."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from kommutator.domain.finding import Finding, Health, exit_code
from kommutator.flows import check_crm, check_house, check_pbx, check_whatsapp, check_work
from kommutator.flows.doctor import looks_without_database, tell
from kommutator.kit.clock import SystemClock
from kommutator.kit.texts import LOCALES, Texts
from tests.support.house import settings_for_tests


def told_in(module: Any) -> set[tuple[str, str, str]]:
    """(maker, check, word) of every finding that the module can make, read from its source."""
    made = set()
    for node in ast.walk(ast.parse(Path(module.__file__).read_text())):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        maker = node.func.id
        if maker not in ("fine", "warned", "failed", "skipped") or not node.args:
            continue
        names = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
        usual = {"fine": "ok", "skipped": "skipped"}.get(maker, "")
        if names and len(names) == len(node.args):
            made.add((maker, names[0], names[1] if len(names) > 1 else usual))
    return made


@pytest.mark.parametrize("locale", LOCALES)
def test_every_finding_has_its_words_and_its_repair(locale: str) -> None:
    from kommutator.flows import doctor, trials  # noqa: PLC0415  as modules, only here

    texts = Texts.load()
    checks = (check_house, check_pbx, check_crm, check_work, check_whatsapp)
    made = set().union(*map(told_in, (*checks, doctor, trials)))
    assert len(made) > 60
    health = {"fine": Health.OK, "warned": Health.WARN, "failed": Health.FAIL}
    for maker, check, word in made:
        finding = Finding(check, health.get(maker, Health.SKIPPED), word)
        told = tell(texts, locale, finding)
        assert not re.match(r"doctor\.", told.title + told.words + told.repair), finding
        assert bool(told.repair) is (maker in ("warned", "failed")), finding


def test_the_exit_code_is_the_worst() -> None:
    assert exit_code([]) == 0
    assert exit_code([Finding("a", Health.OK, "ok"), Finding("b", Health.SKIPPED, "x")]) == 0
    assert exit_code([Finding("a", Health.WARN, "w"), Finding("b", Health.OK, "x")]) == 1
    assert exit_code([Finding("a", Health.WARN, "w"), Finding("b", Health.FAIL, "x")]) == 2
    assert set(looks_without_database(settings_for_tests(), SystemClock())) == {
        "version", "disk", "master_key", "public_url",
    }  # fmt: skip
