"""What runs on a data directory: PostgreSQL's pid file, and the kernel's word for it."""

import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from kommutator.kit.postgres.errors import PostgresStartError

POLL_S = 0.005
_STATUS_LINES = 8
_JUST_LOOK = 0  # kill(2): no signal is sent


@dataclass(frozen=True, slots=True)
class Postmaster:
    """A live server as its pid file describes it."""

    pid: int
    port: int
    ready: bool


def live_postmaster(data: Path) -> Postmaster | None:
    """Return the server running on ``data``; a zombie or a foreign process is none.

    The file's lines (``src/include/utils/pidfile.h``): pid, data directory, start time, port,
    socket folder, listen address, shared memory, status.
    """
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        pid = int(lines[0])
    except (FileNotFoundError, ValueError, IndexError):
        return None
    if not _serves(pid, data.resolve()):
        return None
    complete = len(lines) >= _STATUS_LINES
    port = int(lines[3]) if complete else 0
    return Postmaster(pid, port, ready=complete and lines[7].strip() == "ready")


def clear_leftovers(data: Path, sockets: Path, patience_s: float = 20.0) -> None:
    """Make ``data`` safe to start on; call only while holding the owner's lock.

    A server whose owner was killed is already shutting down, so wait for it. Backends of a
    killed postmaster leave by themselves when they notice; then push, first politely. Lock files
    that remain belong to nobody: their pid may be a foreign process's by now, which PostgreSQL
    would take for itself and refuse to start.

    Raises:
        PostgresStartError: processes on ``data`` survive even a kill.
    """
    if not (data / "postmaster.pid").exists():
        return
    for sent in (_JUST_LOOK, signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        for pid in servers_on(data):
            with suppress(ProcessLookupError):
                os.kill(pid, sent)
        if _wait_until_unused(data, patience_s / 4):
            for stale in (data / "postmaster.pid", *sockets.glob(".s.PGSQL.*")):
                stale.unlink(missing_ok=True)
            return
    raise PostgresStartError(f"processes {servers_on(data)} do not let go of {data}")


def servers_on(data: Path) -> list[int]:
    """Pids of PostgreSQL processes, backends included, that work on ``data``."""
    target = data.resolve()
    numbers = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return [pid for pid in numbers if _serves(pid, target)]


def _serves(pid: int, data: Path) -> bool:
    # PostgreSQL's processes stay in the data directory all their life, and a zombie has no
    # current directory; the command line is no proof, it changes with the process's title.
    try:
        comm = Path(f"/proc/{pid}/comm").read_text().strip()
        return comm == "postgres" and Path(f"/proc/{pid}/cwd").readlink() == data
    except OSError:
        return False


def _wait_until_unused(data: Path, patience_s: float) -> bool:
    deadline = time.monotonic() + patience_s
    while servers_on(data):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_S * 4)
    return True
