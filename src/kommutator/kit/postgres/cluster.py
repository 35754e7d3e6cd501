"""Making the data directory, and binaries that the server's account can read."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from kommutator.kit.postgres.account import Account
from kommutator.kit.postgres.binaries import Binaries
from kommutator.kit.postgres.errors import PostgresStartError
from kommutator.kit.postgres.layout import Layout

SUPERUSER = "kommutator"


def clean_environment() -> dict[str, str]:
    """Environment for PostgreSQL's programs: no PG* variable of the user may steer them."""
    kept = {"PATH": os.defpath, "LC_ALL": "C.UTF-8"}
    if libraries := os.environ.get("LD_LIBRARY_PATH"):
        kept["LD_LIBRARY_PATH"] = libraries
    return kept


def run_as(account: Account | None, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a short program as the server's account, from a folder everybody can enter."""
    return subprocess.run(  # noqa: S603 - our own argument lists, never a shell
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env=clean_environment(),
        umask=0o077,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )


def data_major(data: Path) -> int | None:
    """Major version that wrote ``data``, or None when there is no data yet."""
    try:
        return int((data / "PG_VERSION").read_text())
    except FileNotFoundError:
        return None


def readable_folder(binaries: Binaries, account: Account | None, layout: Layout) -> Path:
    """Return a ``bin`` folder the account can run, copying it (40 MB, once) only if it must.

    A copy leaves the permissions of the original, for example a checkout under ``/root``, as
    they are. It keeps the wheel's layout, because its RPATH is ``$ORIGIN/../../../<pkg>.libs``.
    """
    if account is None or _runs(account, binaries.folder):
        return binaries.folder
    install = binaries.folder.parent
    target = layout.home / f"software-{binaries.major}"
    copied = target / install.parent.name / install.name / "bin"
    if not _runs(account, copied):
        _copy_install(install, target)
    return copied


def _runs(account: Account, folder: Path) -> bool:
    try:
        return run_as(account, [str(folder / "postgres"), "-V"]).returncode == 0
    except OSError:
        return False


def _copy_install(install: Path, target: Path) -> None:
    draft = target.with_name(f"{target.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(install, draft / install.parent.name / install.name, symlinks=True)
    libraries = install.parent.with_name(f"{install.parent.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, draft / libraries.name, symlinks=True)
    for folder, _, files in os.walk(draft):
        Path(folder).chmod(0o755)
        for path in (Path(folder, name) for name in files):
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o111 else 0o644)
    draft.replace(target)


def create_data(folder: Path, account: Account | None, layout: Layout) -> None:
    """Run ``initdb`` beside the final place and move the result there in one step.

    An ``initdb`` that was interrupted leaves a folder that looks finished; only a finished one
    ever gets the name ``data``.

    Raises:
        PostgresStartError: with the program's own words.
    """
    draft = layout.home / "data.new"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    secret = layout.sockets / "password"
    secret.unlink(missing_ok=True)
    secret.touch(mode=0o600)
    secret.write_text(layout.password())
    if account is not None:
        account.owns(draft)
        account.owns(secret)
    try:
        made = run_as(account, _initdb(folder, draft, secret))
    finally:
        secret.unlink()
    if made.returncode != 0:
        raise PostgresStartError(f"initdb failed:\n{made.stdout[-1000:]}{made.stderr[-1000:]}")
    draft.replace(layout.data)


def _initdb(folder: Path, data: Path, secret: Path) -> list[str]:
    return [
        str(folder / "initdb"),
        *("-D", str(data), "-U", SUPERUSER, "-E", "UTF8", "--locale=C.UTF-8"),
        *("--data-checksums", "--auth=scram-sha-256", f"--pwfile={secret}"),
    ]
