"""Ids and randomness as parts one can replace."""

from __future__ import annotations

import itertools
import random
import secrets
import uuid
from typing import Protocol


class Ids(Protocol):
    """Where new identities and secrets come from."""

    def uuid(self) -> uuid.UUID:
        """A new identity for a row."""
        ...

    def token(self, nbytes: int = 32) -> str:
        """A URL-safe secret with `nbytes` random bytes (at least 16 for anything guarded)."""
        ...

    def uniform(self) -> float:
        """A number in [0, 1) for jitter; never for secrets."""
        ...


class SystemIds:
    """The operating system's randomness."""

    def uuid(self) -> uuid.UUID:
        return uuid.uuid4()

    def token(self, nbytes: int = 32) -> str:
        return secrets.token_urlsafe(nbytes)

    def uniform(self) -> float:
        return random.random()  # noqa: S311  jitter only


class SequenceIds:
    """Ids a test can write down beforehand: 0…01, 0…02, token-1, token-2."""

    def __init__(self, jitter: float = 0.5) -> None:
        self._numbers = itertools.count(1)
        self._tokens = itertools.count(1)
        self._jitter = jitter

    def uuid(self) -> uuid.UUID:
        return uuid.UUID(int=next(self._numbers))

    def token(self, nbytes: int = 32) -> str:
        return f"token-{next(self._tokens)}-{'x' * nbytes}"

    def uniform(self) -> float:
        return self._jitter
