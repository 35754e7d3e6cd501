"""The secrets that a form brings: which a connection needs, and what they may hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kommutator.domain.connection import ConnectionKind
from kommutator.kit.errors import InvalidInput
from kommutator.kit.ssh_keys import checked_private_key

SSH = "ssh"
"""`link` in the config of a PBX that is reached without AMI."""

_SSH_KEY = "ssh_key"
_LONGEST_SECRET = 512
_REQUIRED: Mapping[ConnectionKind, tuple[str, ...]] = {
    ConnectionKind.RETAILCRM: ("api_key",),
    ConnectionKind.ASTERISK: ("ami_user", "ami_secret"),
}


def demand_secrets(
    kind: ConnectionKind, config: Mapping[str, Any], given: Mapping[str, str], code: str
) -> None:
    """Raises InvalidInput: `code`, in which `{}` is the name of the secret that is missing."""
    for name in _required(kind, config):
        if not given.get(name):
            raise InvalidInput(code.format(name))


def check_secrets(secrets: Mapping[str, str]) -> None:
    """A private key alone has line breaks; it goes nowhere but into the reader of keys.

    Raises InvalidInput: `secret_invalid`, or what is wrong with the key.
    """
    for name, value in secrets.items():
        if name == _SSH_KEY:
            checked_private_key(value)
        elif len(value) > _LONGEST_SECRET or not value.isprintable():
            raise InvalidInput("secret_invalid")


def _required(kind: ConnectionKind, config: Mapping[str, Any]) -> tuple[str, ...]:
    """Without which the connection cannot work."""
    if kind is ConnectionKind.ASTERISK and config.get("link") == SSH:
        return (_SSH_KEY,)
    return _REQUIRED[kind]
