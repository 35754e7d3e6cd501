"""The house rules that a machine can hold, beyond ruff, mypy and import-linter."""

import re
import subprocess
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINES_AT_MOST = 300
# In pieces, so that this file does not break its own rule.
FORBIDDEN = {
    "a package registry's host": re.compile(
        r"py" r"pi\.org|files\.python" r"hosted|registry\.npm" r"js|deb\.deb" r"ian\.org"
    ),
    "a path of somebody's workplace": re.compile(r"(?<![\w.])/wo" r"rk/|/ro" r"ot/\.py" r"env"),
}
SUPPRESSION = re.compile(r"#\s*(?:noqa|type:\s*ignore)\b(?P<rest>.*)")
REASONED = re.compile(
    r"^(?::\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*|\[[\w,\s-]+\])"  # which rule
    r"[\s#:—-]+(?=.*[a-zа-я])[^\s,].{2,}"  # and why
)
SLEEP = re.compile(
    r"\b(?:time|asyncio)\.sleep\(\s*(?!0\s*\))|^from (?:time|asyncio) import .*\bsleep\b"
)


@cache
def tracked(suffix: str = "") -> tuple[Path, ...]:
    """Files that git knows; what lies around untracked is nobody's business yet."""
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    paths = (ROOT / name for name in listing.stdout.split("\0") if name.endswith(suffix))
    return tuple(path for path in paths if path.is_file())


def lines(suffix: str, folder: str = "") -> Iterator[tuple[str, str]]:
    """Pairs of ``file:line`` and the line's text."""
    for path in tracked(suffix):
        if path.is_relative_to(ROOT / folder):
            for number, line in enumerate(path.read_text().splitlines(), 1):
                yield f"{path.relative_to(ROOT)}:{number}", line


def test_source_files_stay_small() -> None:
    sizes = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines())
        for path in tracked(".py")
        if path.is_relative_to(ROOT / "src")
    }
    assert sizes, "no source file was looked at"
    assert {name: size for name, size in sizes.items() if size > LINES_AT_MOST} == {}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_tracked_file_names(what: str) -> None:
    found = []
    for path in tracked():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue  # pictures, sounds
        if match := FORBIDDEN[what].search(text):
            found.append(f"{path.relative_to(ROOT)}: {match[0]}")
    assert not found, "\n".join(found)


def comments(path: Path) -> Iterator[tuple[int, str]]:
    with tokenize.open(path) as file:
        for token in tokenize.generate_tokens(file.readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string


def test_every_suppression_says_which_rule_and_why() -> None:
    unreasoned = [
        f"{path.relative_to(ROOT)}:{number}: {comment}"
        for path in tracked(".py")
        if SUPPRESSION.search(path.read_text())
        for number, comment in comments(path)
        if (found := SUPPRESSION.search(comment)) and not REASONED.match(found["rest"].strip())
    ]
    assert not unreasoned, "\n".join(unreasoned)


def test_tests_wait_for_conditions_instead_of_sleeping() -> None:
    sleeping = [
        f"{place}: {line.strip()}"
        for place, line in lines(".py", "tests")
        if SLEEP.search(line) and not place.startswith("tests/support/")
    ]
    assert not sleeping, "\n".join(sleeping)


@pytest.mark.parametrize(
    ("line", "allowed"),
    [
        ("x = 1  # noqa: S603 - our own argument list", True),
        ("x = 1  # type: ignore[misc]  # the library has no types", True),
        ("x = 1  # noqa: S603", False),
        ("x = 1  # noqa: S603, S607", False),
        ("x = 1  # noqa - because it is so", False),
        ("x = 1  # type: ignore", False),
        ("x = 1  # type: ignore[misc]", False),
    ],
)
def test_the_suppression_rule_bites(line: str, allowed: bool) -> None:  # the rule's own test
    found = SUPPRESSION.search(line)
    assert found is not None
    assert bool(REASONED.match(found["rest"].strip())) is allowed


@pytest.mark.xdist_group("house")
def test_a_group_of_tests_stays_in_one_process(request: pytest.FixtureRequest) -> None:
    """pytest 9.2 scattered them without a word, and each process started a PBX of its own."""
    if getattr(request.config.option, "loadgroup", False):
        assert request.node.nodeid.endswith("@house")
