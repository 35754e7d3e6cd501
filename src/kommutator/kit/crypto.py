"""Secrets at rest: AES-256-GCM envelopes bound to the row and field they belong to.

Every secret has a random data key of its own, and a named master key wraps that data key. Both
layers authenticate the secret's `Place`, so an envelope copied into another row, field, table or
enterprise does not open. Exchanging the master key rewraps data keys only.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kommutator.kit.errors import KommutatorError
from kommutator.kit.keyring import KeyRing

_VERSION = 1
_NONCE_BYTES = 12
_KEY_BYTES = 32

Envelope = Mapping[str, Any]
"""JSON: `{"v": 1, "kid": …, "key": base64 wrapped data key, "data": base64 ciphertext}`."""


class VaultError(KommutatorError):
    """A secret cannot be opened. Never carries any part of it."""


class UnknownKey(VaultError):
    """The envelope was sealed under a master key that the ring does not hold."""

    def __init__(self, kid: str) -> None:
        super().__init__(f"master key {kid!r} is not in the key ring")
        self.kid = kid


class Tampered(VaultError):
    """The envelope was changed, or stands in a place it was not sealed for."""


class Malformed(VaultError):
    """This is no envelope of ours."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a secret lives; it opens nowhere else."""

    enterprise: str
    table: str
    row: str
    field: str

    def bound(self, *more: str) -> bytes:
        """Unambiguous bytes for authentication, whatever characters the parts contain."""
        parts = [self.enterprise, self.table, self.row, self.field, *more]
        return json.dumps(parts, ensure_ascii=True).encode()


class Vault:
    """Seals and opens. Holds the master keys; its repr shows none."""

    def __init__(self, ring: KeyRing, *, random: Callable[[int], bytes] = os.urandom) -> None:
        self._ring = ring
        self._random = random

    @property
    def active_kid(self) -> str:
        """The name of the master key under which new secrets are sealed."""
        return self._ring.active

    @property
    def kids(self) -> tuple[str, ...]:
        """Names of all master keys that still open something."""
        return tuple(self._ring.keys)

    def seal(self, plaintext: str, place: Place) -> dict[str, Any]:
        """Put a secret into an envelope for this one place."""
        data_key = self._random(_KEY_BYTES)
        sealed = self._encrypt(data_key, plaintext.encode(), place.bound("data"))
        return self._envelope(data_key, sealed, place)

    def open(self, envelope: Envelope, place: Place) -> str:
        """Take the secret out.

        Raises:
            UnknownKey: its master key left the ring.
            Tampered: changed, or moved from another place.
            Malformed: not an envelope.
        """
        data_key = self._data_key(envelope, place)
        return _decrypt(data_key, _bytes(envelope, "data"), place.bound("data")).decode()

    def rewrap(self, envelope: Envelope, place: Place) -> dict[str, Any]:
        """The same secret under the active master key; raises like `open`."""
        data_key = self._data_key(envelope, place)
        sealed = _bytes(envelope, "data")
        _decrypt(data_key, sealed, place.bound("data"))
        if envelope["kid"] == self._ring.active:
            return dict(envelope)
        return self._envelope(data_key, sealed, place)

    def derive(self, purpose: str, kid: str | None = None) -> bytes:
        """A 32-byte key for one purpose, from the active or the named master key (HKDF-SHA256).

        Raises:
            UnknownKey: no such master key.
        """
        master = self._master(kid if kid is not None else self._ring.active)
        info = f"kommutator/{purpose}".encode()
        return HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=info).derive(master)

    def __repr__(self) -> str:
        return f"Vault(active={self._ring.active!r}, keys={len(self._ring.keys)})"

    def _envelope(self, data_key: bytes, sealed: bytes, place: Place) -> dict[str, Any]:
        kid = self._ring.active
        wrapped = self._encrypt(self._master(kid), data_key, place.bound("key", kid))
        return {"v": _VERSION, "kid": kid, "key": _text(wrapped), "data": _text(sealed)}

    def _data_key(self, envelope: Envelope, place: Place) -> bytes:
        kid = envelope.get("kid")
        if envelope.get("v") != _VERSION or not isinstance(kid, str):
            raise Malformed("not a sealed secret")
        return _decrypt(self._master(kid), _bytes(envelope, "key"), place.bound("key", kid))

    def _master(self, kid: str) -> bytes:
        try:
            return self._ring.keys[kid]
        except KeyError:
            raise UnknownKey(kid) from None

    def _encrypt(self, key: bytes, plaintext: bytes, bound: bytes) -> bytes:
        nonce = self._random(_NONCE_BYTES)
        return nonce + AESGCM(key).encrypt(nonce, plaintext, bound)


def _decrypt(key: bytes, sealed: bytes, bound: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound)
    except (InvalidTag, ValueError):
        raise Tampered("the sealed secret was changed or belongs elsewhere") from None


def _bytes(envelope: Envelope, field: str) -> bytes:
    try:
        return base64.b64decode(envelope[field], validate=True)
    except (KeyError, TypeError, ValueError, binascii.Error):
        raise Malformed("not a sealed secret") from None


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
