"""The embedded server as its users see it: start, stop, and a DSN in between."""

import fcntl
import os
import signal
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from kommutator.kit.postgres import processes
from kommutator.kit.postgres.account import Account, server_account
from kommutator.kit.postgres.binaries import find_binaries
from kommutator.kit.postgres.cluster import SUPERUSER, create_data, data_major, readable_folder
from kommutator.kit.postgres.errors import PostgresStartError
from kommutator.kit.postgres.layout import Layout, layout_of, rotate_log
from kommutator.kit.postgres.supervisor import Supervisor

_LAUNCH_TRIES = 3
_LOG_TAIL_BYTES = 2_000
_SETTINGS: Mapping[str, str] = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",  # our statements are short; compiling them costs more than it saves
    "log_error_verbosity": "terse",  # the DETAIL of an error quotes rows: phones and names
}


class EmbeddedPostgres:
    """One PostgreSQL server in ``root``, shared by every process that names the same folder.

    The first process owns the server and the others attach to it. It ends with its owner,
    however the owner ends; an attached process that starts again becomes the owner. When the
    server dies under a living owner it comes back by itself on the same port.

    Args:
        root: folder for data, log, password and lock; created when missing.
        settings: PostgreSQL settings that replace ours.
        env: environment to look up ``KOMMUTATOR_PG_BIN`` in.
    """

    def __init__(
        self,
        root: Path,
        *,
        settings: Mapping[str, str] | None = None,
        env: Mapping[str, str] = os.environ,
    ) -> None:
        self._root = root
        self._settings = {**_SETTINGS, **(settings or {})}
        self._env = env
        self._mutex = threading.RLock()
        self._lock: IO[str] | None = None
        self._layout: Layout | None = None
        self._supervisor: Supervisor | None = None
        self._port = 0

    @property
    def is_owner(self) -> bool:
        """Whether this process started the server and will end it."""
        return self._lock is not None

    @property
    def pid(self) -> int | None:
        """The running server's pid, whoever owns it."""
        server = processes.live_postmaster(self._layout.data) if self._layout else None
        return server.pid if server else None

    def dsn(self, database: str = "postgres") -> str:
        """Connection string with the password in it: never log it."""
        if self._layout is None:
            raise PostgresStartError("start() comes first")
        return (
            f"postgresql://{SUPERUSER}:{self._layout.password()}@127.0.0.1:{self._port}/{database}"
        )

    def start(self, timeout_s: float = 60.0) -> str:
        """Start the server, or attach to the one that runs, and return its DSN once it answers.

        Calling it again is free while the server lives and brings it back when it died.

        Raises:
            PostgresBinariesMissingError: there is nothing to start.
            PostgresStartError: it does not get ready within ``timeout_s``, or ends at once.
        """
        with self._mutex:
            deadline = time.monotonic() + timeout_s
            self._root.mkdir(parents=True, exist_ok=True)
            account = server_account(self._root / "data")
            self._layout = layout_of(self._root, account)
            while not self._own():
                if (port := self._ready_port()) is not None:
                    self._port = port
                    return self.dsn()
                if time.monotonic() > deadline:
                    raise PostgresStartError(f"the owner of {self._root} does not start its server")
                time.sleep(processes.POLL_S)
            try:
                self._launch(self._layout, account, deadline)
            except BaseException:
                self._disown()
                raise
            return self.dsn()

    def stop(self) -> None:
        """End the server cleanly if it is ours; an attached process only lets go."""
        with self._mutex:
            self._end(signal.SIGINT, signal.SIGQUIT, signal.SIGKILL)
            self._disown()

    def restart(self, timeout_s: float = 60.0) -> str:
        """End our server cleanly and start it again on the same port."""
        with self._mutex:
            self._end(signal.SIGINT, signal.SIGQUIT, signal.SIGKILL)
            return self.start(timeout_s)

    def kill(self) -> None:
        """Crash our server as kill -9 does; it stays down until ``start`` or ``restart``."""
        with self._mutex:
            self._end(signal.SIGKILL)

    def _launch(self, layout: Layout, account: Account | None, deadline: float) -> None:
        if self._supervisor is not None and self._supervisor.running and self._ready_port():
            return
        self._end(signal.SIGKILL)
        binaries = find_binaries(self._env, major=data_major(layout.data))
        folder = readable_folder(binaries, account, layout)
        if not layout.data.exists():
            create_data(folder, account, layout)
        processes.clear_leftovers(layout.data, layout.sockets)
        rotate_log(layout.log)
        for attempt in range(_LAUNCH_TRIES):
            if self._attempt(layout, account, folder, deadline, fresh_port=attempt > 0):
                return
        raise PostgresStartError(f"PostgreSQL does not start:\n{_tail(layout.log)}")

    def _attempt(
        self,
        layout: Layout,
        account: Account | None,
        folder: Path,
        deadline: float,
        *,
        fresh_port: bool,
    ) -> bool:
        self._port = layout.port(fresh=fresh_port)
        self._supervisor = supervisor = Supervisor(
            self._command(folder, layout),
            account=account,
            log=layout.log,
            before_restart=lambda: processes.clear_leftovers(layout.data, layout.sockets),
        )
        supervisor.launch()
        while supervisor.running:
            if self._ready_port() == self._port:
                supervisor.confirm()
                return True
            if time.monotonic() > deadline:
                self._end(signal.SIGQUIT, signal.SIGKILL)
                raise PostgresStartError(f"PostgreSQL is not ready in time:\n{_tail(layout.log)}")
            time.sleep(processes.POLL_S)
        return False

    def _command(self, folder: Path, layout: Layout) -> list[str]:
        settings = {
            **self._settings,
            "port": str(self._port),
            "unix_socket_directories": layout.socket_setting,
        }
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(folder / "postgres"), "-D", str(layout.data), *flags]

    def _ready_port(self) -> int | None:
        server = processes.live_postmaster(self._layout.data) if self._layout else None
        return server.port if server and server.ready else None

    def _end(self, *signals: int) -> None:
        if self._supervisor is not None:
            self._supervisor.end(*signals, patience_s=15.0)
            self._supervisor = None

    def _own(self) -> bool:
        if self._lock is not None:
            return True
        lock = (self._root / "owner.lock").open("a")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return False
        self._lock = lock
        return True

    def _disown(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def _tail(log: Path) -> str:
    return log.read_bytes()[-_LOG_TAIL_BYTES:].decode(errors="replace")
