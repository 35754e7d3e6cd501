"""An unpacked Asterisk on disk: where its parts are and how to run it."""

import json
import subprocess
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Self

from kommutator.twins.pbx.errors import PbxUnavailable

BUILD_FILE = "build.json"


def wanted_modules() -> list[str]:
    """Names (without .so) of the Asterisk modules we load."""
    text = files("kommutator.twins.pbx").joinpath("modules.list").read_text()
    return [line for line in text.split("\n") if line and not line.startswith("#")]


@dataclass(frozen=True, slots=True)
class Installation:
    """Asterisk below `tree`, run by the tree's own loader and libraries.

    The host's libc may be older than the one Asterisk was built for, so nothing of the host's
    libraries is used. All paths are computed: the tree may be moved or copied anywhere.
    """

    tree: Path
    version: str
    loader: Path
    libraries: tuple[Path, ...]
    modules: Path

    @property
    def root(self) -> Path:
        return self.tree / "root"

    @classmethod
    def inspect(cls, tree: Path) -> Self:
        """Find the parts of a freshly unpacked tree and ask Asterisk for its version.

        Raises:
            PbxUnavailable: something is missing, or the program does not run.
        """
        root = tree / "root"
        patterns = ("lib/**/ld-linux-*.so.*", "lib/**/ld-2.*.so")
        loader = _only([p for b in (root, root / "usr") for g in patterns for p in b.glob(g)])
        module = _only(list(root.glob("usr/lib/**/chan_pjsip.so")))
        folders = [*root.glob("lib/*-linux-gnu"), *root.glob("usr/lib/*-linux-gnu")]
        found = cls(tree, "", loader, (*folders, root / "usr/lib"), module.parent)
        return cls(tree, found.ask_version(), loader, found.libraries, found.modules)

    def command(self, *args: str) -> list[str]:
        """Argument list that runs Asterisk with `args`."""
        library_path = ":".join(str(folder) for folder in self.libraries)
        program = self.root / "usr/sbin/asterisk"
        return [str(self.loader), "--library-path", library_path, str(program), *args]

    def ask_version(self) -> str:
        """Run `asterisk -V`. Raises PbxUnavailable when it does not run."""
        done = subprocess.run(  # noqa: S603 - our own tree
            self.command("-V"), capture_output=True, text=True, check=False
        )
        if done.returncode or not done.stdout.startswith("Asterisk "):
            raise PbxUnavailable(f"the unpacked Asterisk does not run: {done.stderr.strip()}")
        return done.stdout.removeprefix("Asterisk ").strip()

    def save(self, fingerprint: str) -> None:
        """Write the build file: the last step, so that its presence means a whole tree."""
        facts = {
            "fingerprint": fingerprint,
            "version": self.version,
            "loader": str(self.loader.relative_to(self.tree)),
            "libraries": [str(folder.relative_to(self.tree)) for folder in self.libraries],
            "modules": str(self.modules.relative_to(self.tree)),
        }
        (self.tree / BUILD_FILE).write_text(json.dumps(facts, indent=1) + "\n")

    @classmethod
    def load(cls, tree: Path, fingerprint: str) -> Self | None:
        """Read a saved tree; None when there is none or it was built from other ingredients."""
        try:
            facts = json.loads((tree / BUILD_FILE).read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return None
        if facts["fingerprint"] != fingerprint:
            return None
        libraries = tuple(tree / folder for folder in facts["libraries"])
        modules, loader = tree / facts["modules"], tree / facts["loader"]
        return cls(tree, facts["version"], loader, libraries, modules)


def _only(found: list[Path]) -> Path:
    real = [path for path in found if path.is_file() and not path.is_symlink()]
    if not real:
        raise PbxUnavailable("the packages unpacked without a loader or without chan_pjsip")
    return real[0]
