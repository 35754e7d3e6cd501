"""The system account that the server runs as: PostgreSQL refuses to run as root."""

import contextlib
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from kommutator.kit.postgres.errors import PostgresStartError

NAME = "kommutator"
_LAST_RESORT = "nobody"


@dataclass(frozen=True, slots=True)
class Account:
    """An unprivileged user and its main group."""

    uid: int
    gid: int

    def owns(self, path: Path) -> None:
        """Make this account the owner of ``path``."""
        os.chown(path, self.uid, self.gid)

    def can_enter(self, folder: Path) -> bool:
        """Whether every folder from the root down to ``folder`` lets this account through."""
        return all(self._may_search(part) for part in (folder, *folder.parents))

    def _may_search(self, folder: Path) -> bool:
        found = folder.stat()
        if found.st_uid == self.uid:
            return bool(found.st_mode & 0o100)
        if found.st_gid == self.gid:
            return bool(found.st_mode & 0o010)
        return bool(found.st_mode & 0o001)


def server_account(data: Path) -> Account | None:
    """Return whom the server must run as, or None when we are not root and run it ourselves.

    Whoever owns existing data keeps it; new data gets the system user ``kommutator``, created
    when it is missing, or ``nobody`` on machines without ``useradd``.

    Raises:
        PostgresStartError: root has no unprivileged account to step down to.
    """
    if os.geteuid() != 0:
        return None
    with contextlib.suppress(FileNotFoundError):
        owner = data.stat()
        if owner.st_uid != 0:
            return Account(owner.st_uid, owner.st_gid)
    entry = _entry(NAME) or _create() or _entry(_LAST_RESORT)
    if entry is None or entry.pw_uid == 0:
        raise PostgresStartError(f"no system user {NAME!r}, and it could not be created")
    return Account(entry.pw_uid, entry.pw_gid)


def _entry(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _create() -> pwd.struct_passwd | None:
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd is None:
        return None
    subprocess.run(  # noqa: S603 - constants only
        [
            *(useradd, "--system", "--user-group", "--no-create-home"),
            *("--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", NAME),
        ],
        check=False,  # another process may have created it meanwhile; the look-up decides
        capture_output=True,
    )
    return _entry(NAME)
