"""Packages of another Debian suite, fetched and unpacked without touching the host.

An isolated apt (own lists, own cache, an empty package status) resolves and downloads from the
host's own mirror and checks the signatures with the host's keyring. Every package is unpacked as
files: no dpkg database, no maintainer script, no chroot, no root needed.
"""

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from kommutator.twins.pbx.errors import PbxUnavailable
from kommutator.twins.pbx.mirror import KEYRING

APT_TIMEOUT_S = 300

# An own, empty status instead of /dev/null: apt puts lock files beside it.
# Valid-Until is not checked: a mirror may be a frozen snapshot whose unstable has "expired"; the
# signature of the release is still required.
# The sandbox user is root because apt's own user cannot enter our private folders.
_APT_CONF = """
Dir::Etc::sourcelist "{work}/sources.list";
Dir::Etc::main "/dev/null";
Dir::Etc::parts "/dev/null";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State "{work}";
Dir::State::lists "{work}/lists";
Dir::State::status "{work}/status";
Dir::State::extended_states "{work}/extended_states";
Dir::Cache "{work}/cache";
Dir::Log "{work}";
APT::Install-Recommends "false";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::http::Timeout "20";
Acquire::https::Timeout "20";
Acquire::Check-Valid-Until "false";
"""

# What can matter at run time; never /etc.
_WANTED = (
    "./lib",
    "./lib64",
    "./usr/lib",
    "./usr/lib64",
    "./usr/sbin/asterisk",
    "./usr/share/asterisk",
)
_UNWANTED = (
    "./usr/lib/*/perl*",
    "./usr/lib/*/gconv",
    "./usr/lib/python3*",
    "./usr/lib/systemd",
    "./usr/lib/gnupg*",
)


def fetch(packages: tuple[str, ...], *, suite: str, mirror: str, work: Path) -> list[Path]:
    """Download packages and all they depend on into `work`; returns the archives.

    Raises:
        PbxUnavailable: the mirror cannot be reached or does not have them.
    """
    for folder in ("lists/partial", "cache/archives/partial"):
        (work / folder).mkdir(parents=True)
    (work / "status").touch()
    source = f"deb [signed-by={KEYRING}] {mirror} {suite} main\n"
    (work / "sources.list").write_text(source)
    (work / "apt.conf").write_text(_APT_CONF.format(work=work) + _host_proxies())
    _apt(work, "update", "--error-on=any")
    _apt(work, "install", "--download-only", "--assume-yes", *packages)
    return sorted((work / "cache/archives").glob("*.deb"))


def unpack(archives: list[Path], root: Path) -> None:
    """Unpack the wanted files of all archives below `root`, on all cores.

    Raises:
        PbxUnavailable: a package cannot be read.
    """
    root.mkdir(parents=True)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for _ in pool.map(lambda archive: _unpack_one(archive, root), archives):
            pass


def _host_proxies() -> str:
    """The host's proxy and certificate settings for apt, without its hooks."""
    dump = subprocess.run(
        ["apt-config", "dump"],  # noqa: S607 - apt of the host's PATH
        capture_output=True,
        text=True,
        check=False,
    )
    wanted = ("Acquire::http::Proxy", "Acquire::https::", "Acquire::ftp::Proxy")
    return "\n".join(line for line in dump.stdout.splitlines() if line.startswith(wanted)) + "\n"


def _apt(work: Path, *args: str) -> None:
    env = {**os.environ, "APT_CONFIG": str(work / "apt.conf"), "LC_ALL": "C"}
    command = ["apt-get", "-qq", *args]
    try:
        done = subprocess.run(  # noqa: S603 - our own constants
            command,
            env=env,
            capture_output=True,
            text=True,
            timeout=APT_TIMEOUT_S,
            check=False,
            umask=0o022,
        )
    except subprocess.TimeoutExpired as late:
        raise PbxUnavailable(f"apt-get {args[0]} took over {APT_TIMEOUT_S} s") from late
    if done.returncode:
        complaint = next(iter(done.stderr.strip().splitlines()), "without a word")
        raise PbxUnavailable(f"apt-get {args[0]} failed: {complaint}")


def _unpack_one(archive: Path, root: Path) -> None:
    tar = ["tar", "-x", "-C", str(root), "--no-same-owner", "--wildcards"]
    tar += [f"--exclude={pattern}" for pattern in _UNWANTED] + list(_WANTED)
    listing = ["dpkg-deb", "--fsys-tarfile", str(archive)]
    with subprocess.Popen(listing, stdout=subprocess.PIPE) as source:  # noqa: S603 - our constants
        # tar complains about each wanted folder that this package does not have.
        subprocess.run(  # noqa: S603 - our own constants
            tar, stdin=source.stdout, stderr=subprocess.DEVNULL, check=False, umask=0o022
        )
    if source.returncode:
        raise PbxUnavailable(f"{archive.name} cannot be unpacked")
