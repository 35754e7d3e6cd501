"""One SSH connection: logging in at the right server, and running one command."""

from __future__ import annotations

import asyncio
import shlex
from typing import Any, Final

import asyncssh

from kommutator.connectors.pbx.asterisk.errors import (
    ActionRefused,
    ActionTimeout,
    HostKeyUnknown,
    LinkDown,
    LinkLost,
    LoginRefused,
    NoAsterisk,
)
from kommutator.connectors.pbx.asterisk.ssh_address import SshAddress

ALIVE_S: Final = 5.0
_NOBODY: Final = "unable to connect to remote asterisk"
_SILENCES: Final = 2
_PART: Final = 1 << 14
_LONGEST_ANSWER: Final = 1 << 18


async def connect(
    address: SshAddress, *, limit_s: float, alive_s: float = ALIVE_S
) -> asyncssh.SSHClientConnection:
    """Log in at the server that has the saved key.

    Raises:
        HostKeyUnknown: it shows another key, or none is saved; nothing of ours was shown to it.
        LinkDown: nobody answers there, or not SSH, or not in time.
        LoginRefused: it does not know this user or this key.
    """
    if address.host_key is None:
        raise HostKeyUnknown("the server's key is not saved yet")
    trusted = asyncssh.import_public_key(address.host_key)
    own = asyncssh.import_private_key(address.key)
    options: dict[str, Any] = {
        "known_hosts": ([trusted], [], []),
        "server_host_key_algs": _algorithms(trusted),
        "client_keys": [own],
        "preferred_auth": "publickey",
        "agent_path": None,
        "config": None,
        "connect_timeout": limit_s,
        "login_timeout": limit_s,
        "keepalive_interval": alive_s,
        "keepalive_count_max": _SILENCES,
    }
    try:
        return await asyncssh.connect(address.host, address.port, username=address.user, **options)
    except (asyncssh.HostKeyNotVerifiable, asyncssh.KeyExchangeFailed) as error:
        raise HostKeyUnknown("the server shows another key than the saved one") from error
    except asyncssh.PermissionDenied as error:
        raise LoginRefused("the server refuses this user or this key") from error
    except (OSError, TimeoutError, asyncssh.Error) as error:
        raise LinkDown(f"the PBX does not answer by SSH: {type(error).__name__}") from error


async def run_command(
    connection: asyncssh.SSHClientConnection, address: SshAddress, command: str, limit_s: float
) -> str:
    """See `SshLink.run`."""
    try:
        async with asyncio.timeout(limit_s):
            status, printed, complained = await _answer(connection, shell_line(address, command))
    except TimeoutError:
        raise ActionTimeout(f"no answer from the PBX within {limit_s:g} s") from None
    if status != 0 and _NOBODY in complained.lower():
        raise NoAsterisk(_first_line(complained))
    if status != 0:
        raise ActionRefused(_first_line(complained or printed) or f"exit code {status}")
    return printed


def shell_line(address: SshAddress, command: str) -> str:
    """What the server's shell gets; every word is quoted."""
    return shlex.join([*address.command, "-rx", command])


async def _answer(connection: asyncssh.SSHClientConnection, line: str) -> tuple[int, str, str]:
    """Exit code and both outputs."""
    try:
        process = await connection.create_process(
            line, stdin=asyncssh.DEVNULL, encoding="utf-8", errors="replace"
        )
    except asyncssh.ChannelOpenError as error:
        refused = error.code != asyncssh.OPEN_REQUEST_SESSION_FAILED
        if refused:  # before the command was named
            raise LinkDown(f"the server opens no channel: {error.reason}") from error
        if connection.is_closed():
            raise LinkLost("the SSH connection broke after the command was sent") from error
        raise ActionRefused("the server does not run commands for this user") from error
    except (OSError, asyncssh.Error) as error:
        raise LinkLost("the SSH connection broke after the command was sent") from error
    try:
        printed, complained = await asyncio.gather(_all(process.stdout), _all(process.stderr))
        await process.wait_closed()
    except (OSError, asyncssh.Error) as error:
        raise LinkLost("the SSH connection broke after the command was sent") from error
    finally:
        process.close()  # without waiting: a frozen server would never agree
    if process.exit_status is None:
        raise LinkLost("the SSH connection broke after the command was sent")
    return process.exit_status, printed, complained


async def _all(reader: asyncssh.SSHReader[str]) -> str:
    """To the end; what nobody needs to read is thrown away."""
    kept = ""
    while part := await reader.read(_PART):
        kept += part[: _LONGEST_ANSWER - len(kept)]
    return kept


def _algorithms(key: asyncssh.SSHKey) -> list[str]:
    """Those of the saved key: a server with several keys shall show this one."""
    name = key.get_algorithm()
    return ["rsa-sha2-512", "rsa-sha2-256"] if name == "ssh-rsa" else [name]


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")[:200]
