"""Copy the few files the console loads from locked npm packages: assets.py TARGET."""

import shutil
import subprocess
import sys
from pathlib import Path

import node

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build" / "assets"
# Name in the target folder ← file in its package.
FILES = {
    "tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "tabler.min.js": "@tabler/core/dist/js/tabler.min.js",
    "tabler-theme.min.js": "@tabler/core/dist/js/tabler-theme.min.js",
    "tabler-icons.min.css": "@tabler/icons-webfont/dist/tabler-icons.min.css",
    "fonts/tabler-icons.woff2": "@tabler/icons-webfont/dist/fonts/tabler-icons.woff2",
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "htmx-ext-sse.min.js": "htmx-ext-sse/dist/sse.min.js",
    "htmx-ext-ws.min.js": "htmx-ext-ws/dist/ws.min.js",
    "uplot.min.js": "uplot/dist/uPlot.iife.min.js",
    "uplot.min.css": "uplot/dist/uPlot.min.css",
}
# Without these a browser's developer tools would ask our server for maps that are not there.
SOURCE_MAPS = {"tabler.min.css", "tabler.min.js", "tabler-theme.min.js"}


def main(target: Path) -> None:
    """Install the locked packages into ``build/`` and copy ``FILES`` to ``target``."""
    shutil.rmtree(BUILD, ignore_errors=True)
    BUILD.mkdir(parents=True)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(ROOT / name, BUILD)
    node.run("npm", "ci", "--ignore-scripts", "--no-progress", "--loglevel=error", cwd=BUILD)
    shutil.rmtree(target, ignore_errors=True)
    for name, source in FILES.items():
        place(BUILD / "node_modules" / source, target / name)
    for name in sorted({_package(source) for source in FILES.values()}):
        licence = BUILD / "node_modules" / name / "LICENSE"
        if licence.exists():
            place(licence, target / "licences" / f"{name.replace('/', '-')}.txt")


def place(source: Path, target: Path) -> None:
    """Copy one file; a pointer to a source map that we do not ship is taken out."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.name not in SOURCE_MAPS:
        shutil.copyfile(source, target)
        return
    lines = source.read_text().splitlines(keepends=True)
    target.write_text("".join(line for line in lines if "sourceMappingURL=" not in line))


def _package(path: str) -> str:
    parts = path.split("/")
    return "/".join(parts[:2]) if path.startswith("@") else parts[0]


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except subprocess.CalledProcessError as failed:
        sys.exit(f"{failed.cmd[0]} failed with code {failed.returncode}")
