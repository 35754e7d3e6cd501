"""Many small secrets under one key of their own: AES-256-GCM, bound to the place of each.

The key itself lies in an envelope of the `Vault`: exchanging the master key changes one row, and
wiping that row makes all the others worthless.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kommutator.kit.crypto import Tampered

_NONCE_BYTES = 12
KEY_BYTES = 32


class Sealer:
    """Its repr shows no key."""

    def __init__(self, key: bytes, *, random: Callable[[int], bytes] = os.urandom) -> None:
        self._cipher = AESGCM(key)
        self._random = random

    def seal(self, plaintext: bytes, place: str) -> bytes:
        """Nonce and ciphertext; it opens nowhere but in this place."""
        nonce = self._random(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plaintext, place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        """Raises Tampered: changed, moved from another place, or sealed by another key."""
        try:
            return self._cipher.decrypt(
                sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place.encode()
            )
        except (InvalidTag, ValueError):
            raise Tampered("the sealed secret was changed or belongs elsewhere") from None
