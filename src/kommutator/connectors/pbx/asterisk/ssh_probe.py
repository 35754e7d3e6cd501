"""Will this PBX do by SSH? Looks and changes nothing; a stranger's key is shown, not trusted."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import asyncssh

from kommutator.connectors.pbx.asterisk.errors import (
    ActionRefused,
    AmiError,
    HostKeyUnknown,
    LinkDown,
    LoginRefused,
    NoAsterisk,
)
from kommutator.connectors.pbx.asterisk.ssh_address import SshAddress
from kommutator.connectors.pbx.asterisk.ssh_commands import first_words, show_context
from kommutator.connectors.pbx.asterisk.ssh_session import connect, run_command
from kommutator.domain.ports import Probe
from kommutator.kit.errors import ErrorKind, Stage, VendorError
from kommutator.kit.ssh_keys import fingerprint

_LIMIT_S: Final = 8.0
_NEEDED: Final = ("channel originate", "channel request hangup", "core show channels")
_VERSION: Final = "core show version"


async def probe_ssh(address: SshAddress, config: Mapping[str, Any]) -> Probe:
    """Log in and look which commands work; `missing_scopes` are those that do not.

    While no key of the server is saved, or it shows another one, nothing of ours is shown to it:
    `details` has its `host_key` and `fingerprint` for the administrator to compare.

    Raises:
        VendorError: nobody answers there, or not SSH.
    """
    try:
        connection = await connect(address, limit_s=_LIMIT_S)
    except HostKeyUnknown:
        return await _stranger(address)
    except LoginRefused:
        return Probe(ok=False, message="ssh_login_refused")
    except LinkDown as error:
        raise _silent(error) from error
    try:
        return await _ask(connection, address, config)
    except NoAsterisk:
        return Probe(ok=False, message="ssh_asterisk_unreachable")
    except ActionRefused as refusal:
        return Probe(ok=False, message=_slug(refusal))
    except AmiError as error:
        raise _silent(error) from error
    finally:
        connection.abort()


def _slug(refusal: ActionRefused) -> str:
    """Our hint for a command line that does not work, or the server's own words."""
    words = str(refusal).lower()
    known = any(word in words for word in ("not found", "sudo", "denied"))
    return "ssh_command_refused" if known else str(refusal)


async def _ask(
    connection: asyncssh.SSHClientConnection, address: SshAddress, config: Mapping[str, Any]
) -> Probe:
    async def asked(command: str) -> str:
        return await run_command(connection, address, command, _LIMIT_S)

    version = first_words(await asked(_VERSION))
    if not version.startswith("Asterisk"):
        return Probe(ok=False, message=version or "ssh_command_refused")
    helps = await asyncio.gather(*(asked(f"core show help {command}") for command in _NEEDED))
    missing = [
        command
        for command, printed in zip(_NEEDED, helps, strict=True)
        if "no such command" in printed.lower()
    ]
    context = show_context(config)
    if "no existence" in await asked(context):
        missing.append(context)
    short = " ".join(version.split()[:2])
    return Probe(
        ok=not missing,
        message=short,
        missing_scopes=tuple(missing),
        details={"version": version.split()[1]},
    )


async def _stranger(address: SshAddress) -> Probe:
    """Which key does the server show? Only the key exchange is done."""
    try:
        async with asyncio.timeout(_LIMIT_S):
            key = await asyncssh.get_server_host_key(address.host, address.port, config=None)
    except (OSError, TimeoutError, asyncssh.Error) as error:
        raise _silent(
            LinkDown(f"the PBX does not answer by SSH: {type(error).__name__}")
        ) from error
    if key is None:
        raise _silent(LinkDown("the server shows no key"))
    line = " ".join(key.export_public_key().decode().split()[:2])
    details = {"host_key": line, "fingerprint": fingerprint(line)}
    if address.host_key is None:
        return Probe(ok=False, message="ssh_host_key_new", details=details)
    details["saved_fingerprint"] = fingerprint(address.host_key)
    return Probe(ok=False, message="ssh_host_key_changed", details=details)


def _silent(error: AmiError) -> VendorError:
    return VendorError(
        ErrorKind.TRANSIENT, str(error), stage=Stage.BEFORE_SENDING, hint="pbx_link_down"
    )
