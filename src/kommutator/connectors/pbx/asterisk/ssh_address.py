"""Where a PBX without AMI is reached by SSH, as whom, and how it is known again."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from kommutator.domain.connection import Account
from kommutator.kit.errors import InvalidInput
from kommutator.kit.ssh_keys import checked_host_key, checked_private_key

SSH: Final = "ssh"
_PORT: Final = 22
_USER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
_COMMAND = re.compile(r"(sudo( -n)? )?(/[A-Za-z0-9._/-]{1,200}/)?asterisk")


@dataclass(frozen=True, slots=True)
class SshAddress:
    """How to get in.

    Attributes:
        host_key: the server's public key as saved by the administrator; None before that.
        command: how Asterisk's command line is called there, in words.
    """

    host: str
    port: int
    user: str
    key: str = field(repr=False)
    host_key: str | None = None
    command: tuple[str, ...] = ("asterisk",)

    @classmethod
    def of(cls, account: Account) -> SshAddress:
        """From a connection.

        Raises:
            InvalidInput: `ssh_address_invalid`, `ssh_key_missing`, `ssh_key_invalid`,
                `ssh_key_encrypted`, `ssh_user_invalid`, `ssh_host_key_invalid`,
                `asterisk_command_invalid`.
        """
        host, port = _host_and_port(account)
        key = account.secrets.get("ssh_key")
        if not key:
            raise InvalidInput("ssh_key_missing")
        user = ssh_user(str(account.config.get("ssh_user") or ""))
        known = account.config.get("ssh_host_key")
        return cls(
            host,
            port,
            user,
            checked_private_key(key),
            checked_host_key(str(known)) if known else None,
            command_words(account.config.get("asterisk_command")),
        )


def ssh_user(name: str) -> str:
    """A user's name at the server. Raises InvalidInput: `ssh_user_invalid`."""
    if not _USER.fullmatch(name):
        raise InvalidInput("ssh_user_invalid")
    return name


def command_words(command: object) -> tuple[str, ...]:
    """`asterisk`, `sudo -n /usr/sbin/asterisk`. Raises InvalidInput: `asterisk_command_invalid`."""
    text = str(command or "asterisk").strip()
    if not _COMMAND.fullmatch(text):
        raise InvalidInput("asterisk_command_invalid")
    return tuple(shlex.split(text))


def _host_and_port(account: Account) -> tuple[str, int]:
    try:
        url = urlsplit(account.base_url)
        port = url.port or int(account.config.get("ssh_port") or _PORT)
    except ValueError as error:
        raise InvalidInput("ssh_address_invalid") from error
    if not url.hostname or url.scheme != SSH or not 0 < port < 1 << 16:
        raise InvalidInput("ssh_address_invalid")
    return url.hostname, port
