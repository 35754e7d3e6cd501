"""Put a private Asterisk into a cache folder, once, unattended, as root or as anybody."""

import fcntl
import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from kommutator.twins.pbx.debs import fetch, unpack
from kommutator.twins.pbx.errors import PbxUnavailable
from kommutator.twins.pbx.installation import Installation, wanted_modules
from kommutator.twins.pbx.mirror import KEYRING, debian_mirror
from kommutator.twins.pbx.slim import slim

# Debian 12 and 13 carry no Asterisk; unstable does, and the old LTS is the second choice when
# unstable cannot be installed on a bad day. Both run with the same configuration.
SUITES = ("sid", "bullseye")
PACKAGES = ("asterisk",)
_LAYOUT = "1"


def install(cache: Path, progress: Callable[[str], None] = lambda _: None) -> Installation:
    """Return the Asterisk in `cache`, fetching it first if it is not there.

    Takes 10-15 s and 80 MB of download the first time, under a millisecond later. Safe to call
    from many processes at once: one installs, the others wait for it.

    Raises:
        PbxUnavailable: it cannot be had here (no apt, no Debian archive, no network).
    """
    cache = cache.absolute()
    ready = Installation.load(cache / "tree", _fingerprint())
    if ready:
        return ready
    _need_tools()
    with _only_one(cache):
        built_meanwhile = Installation.load(cache / "tree", _fingerprint())
        return built_meanwhile or _install_first_that_works(cache, progress)


def _fingerprint() -> str:
    ingredients = "\n".join([_LAYOUT, *PACKAGES, *wanted_modules()])
    return hashlib.sha256(ingredients.encode()).hexdigest()


def _need_tools() -> None:
    for tool in ("apt-get", "dpkg-deb", "tar", "setpriv"):
        if not shutil.which(tool):
            raise PbxUnavailable(f"this machine has no {tool} (a Debian is needed)")
    if not KEYRING.is_file():
        raise PbxUnavailable("the package debian-archive-keyring is not installed")


@contextmanager
def _only_one(cache: Path) -> Iterator[None]:
    cache.mkdir(parents=True, exist_ok=True)
    cache.chmod(0o755)  # the unprivileged user must get in when root installs
    with (cache / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _install_first_that_works(cache: Path, progress: Callable[[str], None]) -> Installation:
    mirror = debian_mirror()
    failures = []
    for suite in SUITES:
        progress(f"fetching Asterisk from {suite}")
        try:
            return _install_from(suite, mirror, cache, progress)
        except PbxUnavailable as failure:
            failures.append(f"{suite}: {failure.reason}")
    raise PbxUnavailable("; ".join(failures))


def _install_from(
    suite: str, mirror: str, cache: Path, progress: Callable[[str], None]
) -> Installation:
    with tempfile.TemporaryDirectory(dir=cache, prefix="new-") as scratch:
        work = Path(scratch)
        archives = fetch(PACKAGES, suite=suite, mirror=mirror, work=work / "apt")
        progress(f"unpacking {len(archives)} packages")
        tree = work / "tree"
        unpack(archives, tree / "root")
        tree.chmod(0o755)
        slim(Installation.inspect(tree))
        Installation.inspect(tree).save(_fingerprint())
        shutil.rmtree(cache / "tree", ignore_errors=True)
        tree.rename(cache / "tree")
    installed = Installation.load(cache / "tree", _fingerprint())
    if installed is None:
        raise PbxUnavailable(f"{cache} was changed while installing into it")
    progress(f"Asterisk {installed.version} is installed")
    return installed
