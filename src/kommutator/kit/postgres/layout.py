"""The files of one embedded server.

``root`` is the folder the caller gave; ``home`` is where the server's own files are, which is
the same folder unless the server's account cannot reach it (a checkout under ``/root``).
"""

import hashlib
import os
import random
import secrets
import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from kommutator.kit.postgres.account import Account
from kommutator.kit.postgres.errors import PostgresStartError

LOG_LIMIT_BYTES = 10_000_000
_SYSTEM_HOME = Path("/var/lib/kommutator")
_SOCKET_PATH_LIMIT = 107  # sun_path of unix(7), less the closing zero byte
# Below the kernel's default range for outgoing connections, so that no stranger's client
# socket sits on our port when the server comes back.
_PORTS = range(21_000, 32_000)


@dataclass(frozen=True, slots=True)
class Layout:
    """Paths of one server; nothing is touched until ``prepare``."""

    root: Path
    home: Path

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def sockets(self) -> Path:
        return self.home / "run"

    @property
    def lock(self) -> Path:
        return self.root / "owner.lock"

    @property
    def log(self) -> Path:
        return self.root / "server.log"

    @property
    def socket_setting(self) -> str:
        """``unix_socket_directories``; empty where the path is too long for a socket."""
        longest = f"{self.sockets}/.s.PGSQL.{_PORTS.stop}"
        return str(self.sockets) if len(os.fsencode(longest)) <= _SOCKET_PATH_LIMIT else ""

    def password(self) -> str:
        """Return the superuser's password, made once and kept in a file only we can read.

        Raises:
            PostgresStartError: the data exists but its password file is gone.
        """
        path = self.root / "password"
        with suppress(FileNotFoundError):
            return path.read_text()
        if self.data.exists():
            raise PostgresStartError(f"{path} is missing; restore it, it opens {self.data}")
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(24))
        fresh.replace(path)
        return path.read_text()

    def port(self, *, fresh: bool = False) -> int:
        """Return the port of the last run while it is free, so that DSNs outlive a restart."""
        path = self.root / "port"
        with suppress(FileNotFoundError, ValueError):
            last = int(path.read_text())
            if not fresh and _is_free(last):
                return last
        chosen = next(port for port in iter(_any_port, None) if _is_free(port))
        path.write_text(str(chosen))
        return chosen


def layout_of(root: Path, account: Account | None) -> Layout:
    """Lay out ``root`` and create its folders, 0700 where secrets or sockets live."""
    root = root.resolve()
    root.mkdir(parents=True, exist_ok=True)
    home = root
    if account is not None and not account.can_enter(root):
        digest = hashlib.sha256(os.fsencode(root)).hexdigest()[:12]
        home = _SYSTEM_HOME / f"postgres-{digest}"
        home.mkdir(parents=True, exist_ok=True, mode=0o755)
        (home / "BELONGS_TO").write_text(f"{root}\n")
        with suppress(FileExistsError):
            (root / "data").symlink_to(home / "data")
    layout = Layout(root, home)
    layout.sockets.mkdir(exist_ok=True, mode=0o700)
    if account is not None:
        account.owns(layout.sockets)
    return layout


def rotate_log(log: Path) -> None:
    """Keep at most one older log, so that a long-lived machine's disk does not fill."""
    with suppress(FileNotFoundError):
        if log.stat().st_size > LOG_LIMIT_BYTES:
            log.replace(log.with_suffix(".log.1"))


def _any_port() -> int:
    return random.SystemRandom().choice(_PORTS)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
