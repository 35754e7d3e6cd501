"""Getting Asterisk: the parts that decide, the once-only, and the honest refusals."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kommutator.twins.pbx.debs import fetch
from kommutator.twins.pbx.errors import PbxUnavailable
from kommutator.twins.pbx.install import install
from kommutator.twins.pbx.installation import Installation, wanted_modules
from kommutator.twins.pbx.mirror import debian_mirror

DEB822 = """\
# the archive itself
Types: deb
URIs: http://mirror.example/security
Suites: bookworm-security
Components: main

Types: deb
URIs: http://mirror.example/debian http://second.example/debian
Suites: bookworm bookworm-updates
Components: main
"""
ONE_LINE = "deb [arch=amd64 signed-by=/x.gpg] http://mirror.example/old bookworm main contrib\n"


@pytest.fixture
def fresh_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], str]:
    """A machine whose apt has fetched nothing yet: (sources file, its text) -> mirror."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "apt-get").write_text("#!/bin/sh\nexit 0\n")
    (programs / "apt-get").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))
    (tmp_path / "os-release").write_text("ID=debian\nVERSION_CODENAME=bookworm\n")

    def mirror(name: str, text: str) -> str:
        sources = tmp_path / "apt"
        (sources / "sources.list.d").mkdir(parents=True)
        (sources / name).write_text(text)
        return debian_mirror(sources, tmp_path / "os-release")

    return mirror


@pytest.mark.parametrize(
    ("name", "text", "uri"),
    [
        ("sources.list.d/debian.sources", DEB822, "http://mirror.example/debian"),
        ("sources.list.d/old.list", ONE_LINE, "http://mirror.example/old"),
        ("sources.list", "# deb nothing bookworm\n" + ONE_LINE, "http://mirror.example/old"),
    ],
)
def test_the_mirror_of_a_fresh_image_is_read_from_its_files(
    fresh_image: Callable[[str, str], str], name: str, text: str, uri: str
) -> None:
    assert fresh_image(name, text) == uri


def test_a_machine_without_a_debian_archive_is_named(
    fresh_image: Callable[[str, str], str],
) -> None:
    with pytest.raises(PbxUnavailable, match="name no Debian archive"):
        fresh_image("sources.list", ONE_LINE.replace("bookworm", "jammy"))


def test_a_machine_without_apt_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(PbxUnavailable, match="no apt-get"):
        install(tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


@pytest.mark.pbx
def test_an_unreachable_mirror_is_reported_in_apts_words(
    asterisk_installation: Installation, tmp_path: Path
) -> None:
    nowhere = (tmp_path / "no-mirror").as_uri()

    with pytest.raises(PbxUnavailable, match=r"apt-get update failed: E: .*no-mirror"):
        fetch(("asterisk",), suite="sid", mirror=nowhere, work=tmp_path / "apt")


@pytest.mark.pbx
def test_an_installed_tree_is_found_at_once_and_can_be_moved(
    asterisk_installation: Installation, tmp_path: Path
) -> None:
    cache = asterisk_installation.tree.parent
    (tmp_path / "elsewhere").symlink_to(cache)
    moved = install(tmp_path / "elsewhere")

    assert install(cache) == asterisk_installation
    assert moved.ask_version() == asterisk_installation.version


@pytest.mark.pbx
def test_the_tree_is_slim_and_readable_by_everybody(asterisk_installation: Installation) -> None:
    files = [path for path in asterisk_installation.tree.rglob("*") if path.is_file()]
    modules = {path.stem for path in asterisk_installation.modules.glob("*.so")}

    assert sum(path.stat().st_size for path in files if not path.is_symlink()) < 80_000_000
    assert modules <= set(wanted_modules())
    assert {"chan_pjsip", "func_curl", "res_ari", "app_queue"} <= modules
    assert all(path.stat().st_mode & 0o004 for path in files)


def test_a_tree_of_other_ingredients_is_not_used(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    built = Installation(tree, "22", tree / "ld.so", (tree / "lib",), tree / "modules")
    built.save("fingerprint")

    assert Installation.load(tree, "fingerprint") == built
    assert Installation.load(tree, "other") is None
    assert Installation.load(tmp_path, "fingerprint") is None


INSTALL = """
import sys
from pathlib import Path
from kommutator.twins.pbx.install import install
print(install(Path(sys.argv[1]), lambda line: print("progress", line)).version)
"""


@pytest.mark.pbx
@pytest.mark.slow
def test_two_processes_install_once(asterisk_installation: Installation, tmp_path: Path) -> None:
    command = [sys.executable, "-c", INSTALL, str(tmp_path / "cache")]
    pair = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    printed = [process.communicate(timeout=100)[0].splitlines() for process in pair]

    assert sorted(len(lines) for lines in printed) == [1, 4]
    assert {lines[-1] for lines in printed} == {asterisk_installation.version}
    assert sorted(path.name for path in (tmp_path / "cache").iterdir()) == ["lock", "tree"]
