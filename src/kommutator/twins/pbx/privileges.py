"""How Asterisk is started: it dies with us, and with as few rights as possible."""

import logging
import os
import pwd
from dataclasses import dataclass
from pathlib import Path

_log = logging.getLogger(__name__)
_UNPRIVILEGED = "nobody"


@dataclass(frozen=True, slots=True)
class Runner:
    """The user Asterisk runs as (None: whoever we are) and the command that gets it there."""

    user: pwd.struct_passwd | None
    prefix: tuple[str, ...]

    def own(self, folder: Path) -> None:
        """Hand a folder and everything in it to that user."""
        if self.user is None:
            return
        for parent, _, names in os.walk(folder):
            for path in [parent, *(os.path.join(parent, name) for name in names)]:  # noqa: PTH118
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
    closed = [folder for folder in folders if not _open_to_all(folder)]
    if closed:
        _log.warning("%s cannot enter %s: Asterisk keeps our user", _UNPRIVILEGED, closed[0])
        return Runner(None, (*common, *drop, "--"))
    identity = (f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}")
    return Runner(user, (*common, *identity, *drop, "--"))


def _open_to_all(folder: Path) -> bool:
    enter = 0o001
    return all(parent.stat().st_mode & enter for parent in folder.resolve().parents)
