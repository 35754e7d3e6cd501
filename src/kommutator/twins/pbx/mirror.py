"""Where the host itself gets Debian from: the only mirror we ever use."""

import re
import subprocess
from pathlib import Path

from kommutator.twins.pbx.errors import PbxUnavailable

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
SOURCES = Path("/etc/apt")


def debian_mirror(sources: Path = SOURCES, os_release: Path = Path("/etc/os-release")) -> str:
    """Return the URI of the host's Debian main archive.

    Raises:
        PbxUnavailable: the host's apt knows no Debian archive.
    """
    found = _from_fetched_lists() or _from_source_files(sources, _codename(os_release))
    if not found:
        raise PbxUnavailable("the apt sources of this machine name no Debian archive")
    return found


def _from_fetched_lists() -> str:
    wanted = "$(CREATED_BY)|$(ORIGIN)|$(LABEL)|$(REPO_URI)"
    targets = subprocess.run(  # noqa: S603 - our own constants
        ["apt-get", "indextargets", "--format", wanted],  # noqa: S607 - apt of the host's PATH
        capture_output=True,
        text=True,
        check=False,
    )
    prefix = "Packages|Debian|Debian|"
    lines = (line for line in targets.stdout.splitlines() if line.startswith(prefix))
    return next(lines, prefix).removeprefix(prefix)


def _codename(os_release: Path) -> str:
    text = os_release.read_text() if os_release.exists() else ""
    found = re.search(r'^VERSION_CODENAME="?([\w.-]+)', text, re.MULTILINE)
    return found[1] if found else ""


def _from_source_files(sources: Path, codename: str) -> str:
    """Read the files themselves: a fresh image has fetched no lists yet."""
    if not codename:
        return ""
    for path in [sources / "sources.list", *sorted(sources.glob("sources.list.d/*.list"))]:
        if path.is_file() and (uri := _one_line_uri(path.read_text(), codename)):
            return uri
    for path in sorted(sources.glob("sources.list.d/*.sources")):
        if uri := _deb822_uri(path.read_text(), codename):
            return uri
    return ""


def _one_line_uri(text: str, codename: str) -> str:
    for line in text.splitlines():
        words = re.sub(r"\[[^]]*\]", "", line).split()
        if words[:1] == ["deb"] and words[2:3] == [codename]:
            return words[1]
    return ""


def _deb822_uri(text: str, codename: str) -> str:
    for stanza in re.split(r"\n\s*\n", text):
        fields = dict(re.findall(r"^([\w-]+):[ \t]*(.+)$", stanza, re.MULTILINE))
        if codename in fields.get("Suites", "").split():
            return next(iter(fields.get("URIs", "").split()), "")
    return ""
