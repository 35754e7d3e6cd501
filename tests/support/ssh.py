"""A real SSH server whose commands run in a real shell, with an `asterisk` on its path."""

from __future__ import annotations

import asyncio
import os
import shlex
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncssh

from kommutator.domain.connection import Account
from tests.support.town import free_port

if TYPE_CHECKING:
    from kommutator.twins.pbx.server import PrivateAsterisk

USER = "kommutator"


def public_line(key: asyncssh.SSHKey) -> str:
    return " ".join(key.export_public_key().decode().split()[:2])


class ShellServer:
    """Use `start` and `stop`; both may be repeated, the address stays.

    Attributes:
        lines: every command line that reached the shell.
        logins: how many clients proved to have the key.
        greeted: how many connections came as far as naming a user.
        hang: while set, commands wait for it before they run.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.host_key = asyncssh.generate_private_key("ssh-ed25519")
        self.client_key = asyncssh.generate_private_key("ssh-ed25519")
        self.port = free_port()
        self.lines: list[str] = []
        self.logins = 0
        self.greeted = 0
        self.hang: asyncio.Event | None = None
        self.took = asyncio.Event()
        self._acceptor: asyncssh.SSHAcceptor | None = None
        self._connections: set[asyncssh.SSHServerConnection] = set()
        (folder / "bin").mkdir()

    def asterisk(self, script: str) -> None:
        """What `asterisk` is on this machine: the body of a shell script."""
        path = self.folder / "bin" / "asterisk"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def serve(self, pbx: PrivateAsterisk) -> None:
        """The real command line of a private Asterisk."""
        command = shlex.join(pbx.installation.command("-C", str(pbx.run / "etc/asterisk.conf")))
        self.asterisk(f'cd {shlex.quote(str(pbx.run))} && exec {command} "$@"')

    async def start(self) -> None:
        outer = self

        class Doorman(asyncssh.SSHServer):
            def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
                outer._connections.add(conn)
                self._conn = conn

            def connection_lost(self, _exc: Exception | None) -> None:
                outer._connections.discard(self._conn)

            def begin_auth(self, _username: str) -> bool:
                outer.greeted += 1
                return True

            def public_key_auth_supported(self) -> bool:
                return True

            def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
                return username == USER and key == outer.client_key.convert_to_public()

            def auth_completed(self) -> None:
                outer.logins += 1

        self._acceptor = await asyncssh.listen(
            "127.0.0.1",
            self.port,
            server_factory=Doorman,
            server_host_keys=[self.host_key],
            process_factory=self._run,
            reuse_address=True,
        )

    async def stop(self) -> None:
        """As a machine that is switched off: the connections break."""
        if self._acceptor is not None:
            self._acceptor.close()
            await self._acceptor.wait_closed()
            self._acceptor = None
        self.cut()

    def cut(self) -> None:
        """Break every connection."""
        for connection in list(self._connections):
            connection.abort()

    async def _run(self, process: asyncssh.SSHServerProcess[str]) -> None:
        line = process.command or ""
        self.lines.append(line)
        self.took.set()
        if self.hang is not None:
            await self.hang.wait()
        shell = await asyncio.create_subprocess_exec(
            "/bin/sh", "-c", line,
            cwd=self.folder,
            env={"PATH": f"{self.folder / 'bin'}:{os.environ.get('PATH', '/usr/bin:/bin')}"},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        printed, complained = await shell.communicate()
        with suppress(OSError, asyncssh.Error):
            process.stdout.write(printed.decode(errors="replace"))
            process.stderr.write(complained.decode(errors="replace"))
            process.exit(shell.returncode or 0)

    def config(self, **more: Any) -> dict[str, Any]:
        """Of an Asterisk connection by SSH."""
        return {
            "link": "ssh",
            "ssh_port": self.port,
            "ssh_user": USER,
            "ssh_host_key": public_line(self.host_key),
            **more,
        }

    @property
    def secret(self) -> str:
        return self.client_key.export_private_key().decode()

    def account(self, like: Account, **more: Any) -> Account:
        """A connection to this server."""
        return replace(
            like,
            base_url=f"ssh://127.0.0.1:{self.port}",
            config=self.config(**more),
            secrets={"ssh_key": self.secret},
        )
