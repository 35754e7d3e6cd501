"""What the papers promise points at files that exist."""

import re
from pathlib import Path

import pytest

from kommutator.app import Application
from tests.support.asgi import Asgi
from tests.support.house import settings_for_tests, vault_of

ROOT = Path(__file__).parents[2]
PAPERS = [
    *(ROOT / name for name in ("README.md", "README.ru.md", "SECURITY.md", "CONTRIBUTING.md")),
    ROOT / "ARCHITECTURE.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
_TEST = re.compile(r"tests/[\w/]+\.py")
_SETTING = re.compile(r"KOMMUTATOR_[A-Z_]*[A-Z]")
_PATH = re.compile(r"`((?:GET|POST|PUT|DELETE|\|)+) (/[\w/{}.-]+)")
_LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


def test_security_names_tests_that_exist() -> None:
    named = set(_TEST.findall((ROOT / "SECURITY.md").read_text()))
    assert "tests/security/test_two_tenants.py" in named
    assert [name for name in sorted(named) if not (ROOT / name).is_file()] == []


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_between_papers_lead_somewhere(paper: Path) -> None:
    links = _LINK.findall(paper.read_text())
    assert [link for link in links if not (paper.parent / link).exists()] == []


def test_both_readmes_tell_the_same() -> None:
    """Headings, commands and tables keep step; the words are each language's own."""
    english, russian = ((ROOT / name).read_text() for name in ("README.md", "README.ru.md"))
    for mark in (r"^#+ ", r"^\|", r"^```"):
        found = [len(re.findall(mark, text, re.MULTILINE)) for text in (english, russian)]
        assert found[0] == found[1], mark


def test_settings_named_in_papers_exist() -> None:
    known = set(re.findall(r"`(KOMMUTATOR_[A-Z_]+)`", (ROOT / "docs/settings.md").read_text()))
    files = [*PAPERS, *(path for path in (ROOT / "deploy").rglob("*") if path.is_file())]
    named = {name for path in files for name in _SETTING.findall(path.read_text())}
    assert "KOMMUTATOR_MASTER_KEYS" in named
    assert sorted(named - known) == []


@pytest.mark.parametrize("paper", ["api-retailcrm.md", "api.md"])
async def test_paths_named_in_papers_are_served(paper: str, database_url: str) -> None:
    settings = settings_for_tests()
    async with Application(settings, database_url, vault_of(settings), roles=["api"]) as running:
        named = {
            (method, re.sub(r"\{\w+\}", "0367", path))
            for methods, path in _PATH.findall((ROOT / "docs" / paper).read_text())
            for method in methods.split("|")
        }
        assert len(named) > 2
        caller = Asgi(running.asgi)
        unserved = {way for way in sorted(named) if not await is_served(caller, *way)}
        assert not await is_served(caller, "GET", "/api/no-such-path")
    assert unserved == set()


async def is_served(caller: Asgi, method: str, path: str) -> bool:
    """Whoever is not let in was met by a route."""
    reply = await caller.request(method, path)
    missing = reply.status in {404, 405}
    return not missing or reply.code not in {"page_not_found", "method_not_allowed"}
