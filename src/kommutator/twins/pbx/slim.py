"""Drop everything from an unpacked tree that our modules do not need (268 MB become about 50)."""

import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from kommutator.twins.pbx.installation import Installation, wanted_modules


def slim(installation: Installation) -> None:
    """Keep the wanted modules, the program and the libraries they load; delete the rest."""
    wanted = {f"{name}.so" for name in wanted_modules()}
    modules = sorted(installation.modules.glob("*.so"))
    kept = [path for path in modules if path.name in wanted]
    for path in set(modules) - set(kept):
        path.unlink()
    program = installation.root / "usr/sbin/asterisk"
    needed = _library_closure(installation, [program, *kept]) | {installation.loader, *kept}
    for folder in ("lib", "lib64", "usr/lib", "usr/lib64"):
        _prune(installation.root / folder, needed)


def _library_closure(installation: Installation, binaries: list[Path]) -> set[Path]:
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        listed = pool.map(lambda binary: _libraries_of(installation, binary), binaries)
        return {path for found in listed for path in found}


def _libraries_of(installation: Installation, binary: Path) -> set[Path]:
    command = [*installation.command()[:3], "--list", str(binary)]
    listing = subprocess.run(  # noqa: S603 - our own tree
        command, capture_output=True, text=True, check=False
    )
    named = re.findall(rf"{re.escape(str(installation.root))}\S+", listing.stdout)
    return {path for name in named for path in (Path(name), Path(name).resolve())}


def _prune(folder: Path, needed: set[Path]) -> None:
    for parent, _, names in os.walk(folder, topdown=False):
        for path in (Path(parent) / name for name in names):
            if path not in needed:
                path.unlink()
        if not any(Path(parent).iterdir()):
            Path(parent).rmdir()
