"""SSH keys as people paste them: checked before they are stored or trusted."""

from __future__ import annotations

from typing import Final

import asyncssh

from kommutator.kit.errors import InvalidInput

_LONGEST: Final = 20_000  # an RSA key of 16 kbit has 13 kB
_LINE_BREAKS: Final = str.maketrans("", "", "\r\n")


def checked_private_key(text: str) -> str:
    """The key with plain line breaks; it must open without a passphrase.

    Raises:
        InvalidInput: `ssh_key_encrypted`, `ssh_key_invalid`.
    """
    key = text.replace("\r\n", "\n").strip() + "\n"
    if len(key) > _LONGEST or not key.translate(_LINE_BREAKS).isprintable():
        raise InvalidInput("ssh_key_invalid")
    try:
        asyncssh.import_private_key(key)
    except asyncssh.KeyEncryptionError as error:
        raise InvalidInput("ssh_key_encrypted") from error
    except (asyncssh.KeyImportError, ValueError, TypeError) as error:
        if "passphrase" in str(error).lower():
            raise InvalidInput("ssh_key_encrypted") from error
        raise InvalidInput("ssh_key_invalid") from error
    return key


def checked_host_key(line: str) -> str:
    """A server's public key as one line, "ssh-ed25519 AAAA…", without a comment.

    Raises:
        InvalidInput: `ssh_host_key_invalid`.
    """
    if len(line) > _LONGEST:
        raise InvalidInput("ssh_host_key_invalid")
    try:
        key = asyncssh.import_public_key(" ".join(line.split()[:2]))
    except (asyncssh.KeyImportError, ValueError) as error:
        raise InvalidInput("ssh_host_key_invalid") from error
    return " ".join(key.export_public_key().decode().split()[:2])


def fingerprint(host_key: str) -> str:
    """What `ssh-keygen -l` shows of a public key, "SHA256:…". Raises InvalidInput."""
    return str(asyncssh.import_public_key(checked_host_key(host_key)).get_fingerprint())
