"""The master keys: from a setting, or from a file that only its owner may read."""

from __future__ import annotations

import base64
import binascii
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kommutator.kit.errors import KommutatorError

_KEY_BYTES = 32
_KID = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_OTHERS = 0o077


class KeyRingError(KommutatorError):
    """The master keys cannot be used; the message names the place, never the key."""


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Named 32-byte master keys. The active one seals, all of them open."""

    active: str
    keys: Mapping[str, bytes] = field(repr=False)


def parse_keys(text: str) -> KeyRing:
    """Read `kid:base64,kid2:base64`; the first key is the active one.

    Raises:
        KeyRingError: empty, repeated names, or keys that are not 32 bytes of base64.
    """
    keys: dict[str, bytes] = {}
    for number, part in enumerate(filter(None, map(str.strip, text.split(","))), start=1):
        kid, _, encoded = part.partition(":")
        if not _KID.fullmatch(kid):
            raise KeyRingError(f"master key {number} has no proper name before its colon")
        if kid in keys:
            raise KeyRingError(f"master key name {kid!r} is used twice")
        keys[kid] = _key(kid, encoded)
    if not keys:
        raise KeyRingError("there is no master key")
    return KeyRing(active=next(iter(keys)), keys=keys)


def new_key(kid: str) -> str:
    """A fresh `kid:base64` entry, to put in front of the others when rotating."""
    return f"{kid}:{base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()}"


def load_or_create(path: Path) -> tuple[KeyRing, bool]:
    """The ring in `path` and whether the file was created just now (mode 0600).

    Raises:
        KeyRingError: unreadable, malformed, or other accounts of the machine may read it.
    """
    created = _create(path)
    if path.stat().st_mode & _OTHERS:
        raise KeyRingError(f"{path} may be read by others; run: chmod 600 {path}")
    try:
        text = path.read_text(encoding="ascii")
    except (OSError, ValueError) as error:
        raise KeyRingError(f"{path} cannot be read: {type(error).__name__}") from None
    return parse_keys(text.replace("\n", ",")), created


def _create(path: Path) -> bool:
    """Written aside and linked into place, so that two first starts agree on one key."""
    if path.exists():
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(new_key("k1") + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink(missing_ok=True)
    return True


def _key(kid: str, encoded: str) -> bytes:
    try:
        key = base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error):
        raise KeyRingError(f"master key {kid!r} is not base64") from None
    if len(key) != _KEY_BYTES:
        raise KeyRingError(f"master key {kid!r} must have {_KEY_BYTES} bytes")
    return key
