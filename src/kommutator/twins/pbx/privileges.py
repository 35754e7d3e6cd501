"""How Asterisk is started: it dies with us, and with as few rights as possible."""

import logging
import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

_log = logging.getLogger(__name__)
_UNPRIVILEGED = "nobody"


@dataclass(frozen=True, slots=True)
class Runner:
    """Whose the files must be (None: ours already), and the command that starts a program."""

    user: pwd.struct_passwd | None
    prefix: tuple[str, ...]

    def own(self, folder: Path) -> None:
        """Give a folder and everything in it to that user."""
        if self.user is None:
            return
        for parent, _, names in os.walk(folder):
            for path in [parent, *(os.path.join(parent, name) for name in names)]:  # noqa: PTH118 - os.walk speaks in strings
                os.chown(path, self.user.pw_uid, self.user.pw_gid, follow_symlinks=False)


def runner_for(*folders: Path) -> Runner:
    """Choose how to run: as `nobody` when we are root and it can enter the folders.

    A root whose home is closed (0700) and holds everything keeps its user id, but loses all
    capabilities and the way back to them.
    """
    common = ("setpriv", "--pdeathsig", "KILL", "--no-new-privs")
    if os.geteuid() != 0:
        return Runner(None, (*common, "--"))
    drop = ("--inh-caps=-all", "--bounding-set=-all", "--clear-groups")
    user = pwd.getpwnam(_UNPRIVILEGED)
    closed = [folder for folder in folders if not _reachable(folder, user)]
    if closed:
        _log.warning("%s cannot enter %s: Asterisk keeps our user", _UNPRIVILEGED, closed[0])
        return Runner(pwd.getpwuid(os.geteuid()), (*common, *drop, "--"))
    identity = (f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}")
    return Runner(user, (*common, *identity, *drop, "--"))


def _reachable(folder: Path, user: pwd.struct_passwd) -> bool:
    return all(_may_enter(parent.stat(), user) for parent in folder.resolve().parents)


def _may_enter(folder: os.stat_result, user: pwd.struct_passwd) -> bool:
    if folder.st_uid == user.pw_uid:
        return bool(folder.st_mode & stat.S_IXUSR)
    if folder.st_gid == user.pw_gid:
        return bool(folder.st_mode & stat.S_IXGRP)
    return bool(folder.st_mode & stat.S_IXOTH)
