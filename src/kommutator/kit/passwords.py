"""Passwords: argon2id, off the event loop, at the same pace for those who do not exist."""

from __future__ import annotations

import asyncio

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

SHORTEST = 10
LONGEST = 200
_AT_ONCE = 2
"""Each verification takes 64 MB and a core; more at once would starve everything else."""


class Passwords:
    """Hashes and checks. One per process, for it limits how many run at once."""

    def __init__(self, hasher: Argon2Hasher | None = None) -> None:
        """`hasher` with its library's own parameters unless a test wants it quick."""
        self._hasher = PasswordHash((hasher or Argon2Hasher(),))
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._nobody: str | None = None

    async def hash(self, password: str) -> str:
        async with self._room:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def check(self, password: str, held: str | None) -> tuple[bool, str | None]:
        """Whether it fits, and a stronger hash to store if parameters have grown since.

        For `held` None (no such person, or no password) the same work is done in vain.
        """
        if held is None:
            await self._in_vain(password)
            return False, None
        async with self._room:
            return await asyncio.to_thread(self._verify, password, held)

    async def _in_vain(self, password: str) -> None:
        if self._nobody is None:
            self._nobody = await self.hash("nobody has this password")
        async with self._room:
            await asyncio.to_thread(self._verify, password, self._nobody)

    def _verify(self, password: str, held: str) -> tuple[bool, str | None]:
        return self._hasher.verify_and_update(password, held)
