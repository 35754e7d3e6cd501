"""A process that has imported `kommutator` and forks itself into one command after the other.

Importing takes 1.6 s of CPU; a command that ends by itself takes 0.1 s. Everything else is as in
a fresh process: arguments, environment, standard streams, a session of its own, its end.
"""

import array
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from io import FileIO
from pathlib import Path

_PATIENCE_S = 60.0
_ROOM = 1 << 16


class Forge:
    """The process and the way to it; it ends when this side of its socket is closed."""

    def __init__(self, env: Mapping[str, str]) -> None:
        """`env` is what the interpreter itself shall start with: language, search paths."""
        self._door, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(theirs.fileno())],
                env=dict(env),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def run(self, args: Sequence[str], env: Mapping[str, str]) -> tuple[int, str]:
        """Exit code and everything said; blocks."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        reader, writer = os.pipe()
        with ours, os.fdopen(reader, "rb", buffering=0) as said:
            order = json.dumps({"args": args, "env": dict(env), "cwd": str(Path.cwd())}).encode()
            with theirs:
                _send(self._door, order, theirs.fileno(), writer)
            os.close(writer)
            ours.settimeout(_PATIENCE_S)
            pid = int(ours.recv(16))
            text = b"".join(_pieces(said, pid))
            return int(ours.recv(16)), text.decode()

    def close(self) -> None:
        self._door.close()
        self._process.wait(_PATIENCE_S)


def _pieces(said: FileIO, pid: int) -> Iterator[bytes]:
    """All that a command says; one that does not end is ended."""
    until = time.monotonic() + _PATIENCE_S
    while select.select([said], [], [], max(0.0, until - time.monotonic()))[0]:
        if not (piece := said.read(_ROOM)):
            return
        yield piece
    os.killpg(pid, signal.SIGKILL)
    raise TimeoutError


def _send(door: socket.socket, order: bytes, *fds: int) -> None:
    door.sendmsg([order], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))])


def _serve(door: socket.socket) -> dict[str, object] | None:
    """Returns in each forked child with its order, and in the parent with None at the end."""
    while True:
        order, fds, _, _ = socket.recv_fds(door, _ROOM, 2)
        if not order:
            return None
        watcher = os.fork()
        if watcher == 0:
            door.close()
            return _become(json.loads(order), *fds)
        for fd in fds:
            os.close(fd)
        os.waitpid(watcher, 0)


def _become(order: dict[str, object], answer: int, writer: int) -> dict[str, object]:
    """In the watcher: fork once more, tell how the command ended. Returns in the command."""
    command = os.fork()
    if command:
        os.close(writer)
        os.write(answer, str(command).encode())
        _, status = os.waitpid(command, 0)
        os.write(answer, str(os.waitstatus_to_exitcode(status)).encode())
        os._exit(0)
    os.close(answer)
    os.setsid()
    for standard in (1, 2):
        os.dup2(writer, standard)
    os.close(writer)
    return order


def _main() -> None:
    import kommutator.cli  # noqa: F401, PLC0415 - what all this is for; nobody else pays for it

    with socket.socket(fileno=int(sys.argv[1])) as door:
        order = _serve(door)
    if order is None:
        return
    os.environ.clear()
    os.environ.update(order["env"])  # type: ignore[call-overload]  # our own JSON
    os.chdir(str(order["cwd"]))
    sys.argv[1:] = order["args"]  # type: ignore[call-overload]  # our own JSON
    runpy.run_module("kommutator", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _main()
