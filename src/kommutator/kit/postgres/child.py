"""The step between our process and the server: ``python -I -S child.py PARENT UID GID PROGRAM …``.

A program of its own because it must act between fork and exec, where a process with threads may
run almost nothing safely. It asks the kernel for SIGINT (PostgreSQL's fast shutdown) when the
parent thread dies, so that even kill -9 of the owner leaves no orphan.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # prctl(2)
_KEEP = -1


def main(parent: int, uid: int, gid: int, command: list[str]) -> None:
    """Step down to ``uid``, tie our life to ``parent``'s and become ``command``."""
    if uid != _KEEP:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    # After setuid, which clears the death signal.
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:
        sys.exit("the owner died before the server started")
    os.chdir("/")
    os.umask(0o077)
    os.execv(command[0], command)  # noqa: S606 - no shell is the point


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
