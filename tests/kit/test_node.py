from collections.abc import Iterator
from pathlib import Path

import pytest

from kommutator.kit.node import _found, find_node, is_usable


@pytest.fixture(autouse=True)
def nothing_found() -> Iterator[None]:
    """What this process found before, and what the test let it find, is forgotten."""
    _found.cache_clear()
    yield
    _found.cache_clear()


def program(folder: Path, answer: str) -> Path:
    path = folder / "node"
    path.write_text(f"#!/bin/sh\necho '{answer}'\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("answer", "usable"),
    [("v20.0.0", True), ("v24.19.0", True), ("v18.20.4", False), ("node 20", False), ("", False)],
)
def test_only_node_20_and_newer_will_do(tmp_path: Path, answer: str, usable: bool) -> None:
    assert is_usable(program(tmp_path, answer)) is usable


def test_what_is_no_program_is_no_node(tmp_path: Path) -> None:
    assert not is_usable(tmp_path / "nothing-here")


def test_the_systems_node_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = program(tmp_path, "v22.1.0")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert find_node() == path


def test_without_any_node_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    assert find_node() is None
    path = program(tmp_path, "v22.1.0")
    assert find_node() == path, "put there since"


def test_who_is_killed_while_it_answers_is_asked_again(tmp_path: Path) -> None:
    path, mark = tmp_path / "node", tmp_path / "asked"
    path.write_text(
        f"#!/bin/sh\nif [ ! -e {mark} ]; then : > {mark}; kill -9 $$; fi\necho v22.1.0\n"
    )
    path.chmod(0o755)
    assert is_usable(path)
    path.write_text("#!/bin/sh\nkill -9 $$\n")
    assert not is_usable(path)
