"""One thread that starts the server, waits for it and brings it back when it dies."""

import logging
import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from kommutator.kit.postgres import child
from kommutator.kit.postgres.account import Account
from kommutator.kit.postgres.cluster import clean_environment

DEATHS_ALLOWED = 5
DEATHS_WINDOW_S = 60.0
_POLL_S = 0.05
_log = logging.getLogger(__name__)


class Supervisor:
    """Watches one server process.

    Every start happens in the same thread, and that thread lives as long as the server: the
    kernel's parent-death signal follows the thread that forked, not the whole process.
    """

    def __init__(
        self,
        command: list[str],
        *,
        account: Account | None,
        log: Path,
        before_restart: Callable[[], None],
    ) -> None:
        self._command = command
        self._account = account
        self._log = log
        self._before_restart = before_restart
        self._deaths: deque[float] = deque(maxlen=DEATHS_ALLOWED)
        self._keep_alive = threading.Event()
        self._spawned = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._run, name="postgres", daemon=True)

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def running(self) -> bool:
        """False once the server has ended for good."""
        return self._thread.is_alive()

    def launch(self) -> None:
        """Start the server; returns when the process exists, not when it is ready."""
        self._thread.start()
        while self.running and not self._spawned.wait(_POLL_S):
            pass

    def confirm(self) -> None:
        """The server got ready: from now on its death means a restart."""
        self._keep_alive.set()

    def end(self, *signals: int, patience_s: float) -> None:
        """Send each signal in turn until the server is gone; it will not come back."""
        self._keep_alive.clear()
        for number in signals:
            deadline = time.monotonic() + patience_s
            told: subprocess.Popen[bytes] | None = None
            while self.running and time.monotonic() < deadline:
                # A restart may be under way: then its process has to hear of the end too.
                if self._process is not None and self._process is not told:
                    told = self._process
                    told.send_signal(number)
                self._thread.join(_POLL_S)

    def _run(self) -> None:
        while True:
            self._process = self._spawn()
            self._spawned.set()
            code = self._process.wait()
            if not self._keep_alive.is_set():
                return
            if self._dies_too_often():
                _log.error("PostgreSQL ended with %s once too often: given up", code)
                return
            _log.warning("PostgreSQL ended with %s: starting it again", code)
            self._before_restart()

    def _dies_too_often(self) -> bool:
        self._deaths.append(time.monotonic())
        full = len(self._deaths) == DEATHS_ALLOWED
        return full and self._deaths[-1] - self._deaths[0] < DEATHS_WINDOW_S

    def _spawn(self) -> subprocess.Popen[bytes]:
        uid, gid = (self._account.uid, self._account.gid) if self._account else (-1, -1)
        step = [sys.executable, "-I", "-S", child.__file__, str(os.getpid()), str(uid), str(gid)]
        with self._log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - our own argument list, never a shell
                [*step, *self._command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=clean_environment(),
                # Its own session: Ctrl-C in the terminal must reach us alone, or the database
                # would be gone before the application has drained.
                start_new_session=True,
            )
