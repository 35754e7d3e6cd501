"""Files on their way: written piece by piece to this machine's disk, gone after the block."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from kommutator.kit.errors import KommutatorError


class SpoolFull(KommutatorError):
    """More bytes than allowed; attribute `limit`."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"more than {limit} bytes")
        self.limit = limit


class Draft:
    """A file that is being written.

    Attributes:
        path: where it lies until the end of the block.
        size: bytes so far.
        head: its first bytes, up to 16.
    """

    def __init__(self, path: Path, limit: int) -> None:
        self.path = path
        self.size = 0
        self.head = b""
        self._limit = limit
        self._hash = hashlib.sha256()
        self._file: BinaryIO = path.open("xb")

    async def write(self, chunk: bytes) -> None:
        """Add a piece.

        Raises:
            SpoolFull: that was too much.
            OSError: the disk is full or broken.
        """
        self.size += len(chunk)
        if self.size > self._limit:
            raise SpoolFull(self._limit)
        self.head = (self.head + chunk[:16])[:16]
        await asyncio.to_thread(self._add, chunk)

    @property
    def sha256(self) -> bytes:
        return self._hash.digest()

    def finish(self) -> None:
        """Whoever opens `path` from now on sees all of it."""
        self._file.close()

    def _add(self, chunk: bytes) -> None:
        self._hash.update(chunk)
        self._file.write(chunk)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._file.close()
        self.path.unlink(missing_ok=True)


class Spool:
    """Drafts in one folder, made at the first use; only we may read it."""

    def __init__(self, folder: Path, *, limit: int) -> None:
        self.folder = folder
        self._limit = limit

    def ready(self) -> Path:
        """The folder, existing. Raises OSError."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self.folder

    def clean(self, before: float) -> int:
        """Delete what a killed process left; returns how many. `before`: epoch seconds."""
        old = [path for path in self.ready().iterdir() if path.stat().st_mtime < before]
        for path in old:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        return len(old)

    @asynccontextmanager
    async def draft(self) -> AsyncIterator[Draft]:
        """A new empty file. Raises OSError."""
        folder = await asyncio.to_thread(self.ready)
        with Draft(folder / os.urandom(16).hex(), self._limit) as draft:
            yield draft
