"""What the papers promise points at files that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAPERS = [
    *(ROOT / name for name in ("README.md", "README.ru.md", "SECURITY.md", "CONTRIBUTING.md")),
    ROOT / "ARCHITECTURE.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
_TEST = re.compile(r"tests/[\w/]+\.py")
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
