"""Big files by name: in a folder, or in any S3-compatible storage.

A write is whole or not there; what `put` has returned survives a crash of the machine. Names
are checked here once more, so that no caller can be talked out of the store's own folder.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, S3Store

from kommutator.kit.errors import KommutatorError

_SEGMENT = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}")
_CHUNK_BYTES = 256 * 1024
_PART_BYTES = 5 * 1024 * 1024  # S3 takes no smaller part of a multipart upload
_PARALLEL_PARTS = 2
_RETRIES: Final = {"max_retries": 2, "retry_timeout": timedelta(seconds=10)}


class StorageError(KommutatorError):
    """Root of what a store can say."""


class StorageAway(StorageError):
    """It did not answer, is full, or does not let us in; the text says which, without secrets."""


class ObjectMissing(StorageError):
    """There is no object of this name."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """An S3-compatible place. `endpoint` None: Amazon's own for the region."""

    name: str
    prefix: str = ""
    endpoint: str | None = None
    region: str = "us-east-1"
    access_key: str | None = field(default=None, repr=False)
    secret_key: str | None = field(default=None, repr=False)
    path_style: bool = True


@dataclass(frozen=True, slots=True)
class Slice:
    """Bytes `start` to `end` (exclusive) of an object of `size` bytes."""

    start: int
    end: int
    size: int
    chunks: AsyncIterator[bytes]


class Objects:
    """One store. Make it by `in_folder` or `in_bucket`."""

    def __init__(self, opened: Callable[[], ObjectStore], folder: Path | None, place: str) -> None:
        self._open = opened
        self._opened: ObjectStore | None = None
        self._folder = folder
        self.place = place
        """For people: the folder or the bucket, never a secret."""

    @classmethod
    def in_folder(cls, folder: Path) -> Objects:
        """Files below `folder`, made at the first use; only we may read it."""
        folder = folder.absolute()

        def opened() -> ObjectStore:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return LocalStore(folder)

        return cls(opened, folder, str(folder))

    @classmethod
    def in_bucket(cls, bucket: Bucket) -> Objects:
        """Nothing is asked yet; a wrong bucket shows at the first use."""
        return cls(lambda: _s3(bucket), None, f"s3://{bucket.name}/{bucket.prefix}".rstrip("/"))

    @property
    def _store(self) -> ObjectStore:
        if self._opened is None:
            self._opened = self._open()
        return self._opened

    async def put(self, key: str, source: Path) -> None:
        """Store a file whole, in place of what had this name.

        Raises:
            StorageAway: nothing is stored.
            ValueError: the key is not a proper name.
        """
        checked = _checked(key)
        try:
            with _speaking():
                await self._put(checked, source)
        except ObjectMissing as error:  # it is the bucket or the folder that is missing
            raise StorageAway("no such place") from error

    async def _put(self, key: str, source: Path) -> None:
        await obstore.put_async(
            self._store, key, source, chunk_size=_PART_BYTES, max_concurrency=_PARALLEL_PARTS
        )
        if self._folder is not None:
            await asyncio.to_thread(_settle, self._folder / key, self._folder)

    async def size(self, key: str) -> int:
        """Raises ObjectMissing, StorageAway."""
        with _speaking():
            return (await obstore.head_async(self._store, _checked(key)))["size"]

    async def read(self, key: str, start: int = 0, end: int | None = None) -> Slice:
        """Open an object, or bytes `start` to `end` (exclusive) of it.

        Raises:
            ObjectMissing, StorageAway: also while the chunks are being read.
            ValueError: the key is not a proper name, or the range is empty.
        """
        checked = _checked(key)
        if end is not None and end <= start:
            raise ValueError("empty range")
        with _speaking():
            if end is not None:
                found = await obstore.get_async(
                    self._store, checked, options={"range": (start, end)}
                )
            elif start:
                found = await obstore.get_async(
                    self._store, checked, options={"range": {"offset": start}}
                )
            else:
                found = await obstore.get_async(self._store, checked)
        first, last = found.range
        return Slice(first, last, found.meta["size"], _chunks(found))

    @asynccontextmanager
    async def as_file(self, key: str, folder: Path) -> AsyncIterator[Path]:
        """A private copy in `folder`, gone after the block. Raises ObjectMissing, StorageAway."""
        opened = await self.read(key)
        copy = folder / f"{os.urandom(8).hex()}{Path(key).suffix}"
        try:
            with copy.open("xb") as file:
                async for chunk in opened.chunks:
                    await asyncio.to_thread(file.write, chunk)
            yield copy
        finally:
            copy.unlink(missing_ok=True)

    async def delete(self, key: str) -> None:
        """Harmless when there is none. Raises StorageAway."""
        try:
            with _speaking():
                await obstore.delete_async(self._store, _checked(key))
        except ObjectMissing:
            return


def _s3(bucket: Bucket) -> ObjectStore:
    options: dict[str, object] = {
        "bucket": bucket.name,
        "prefix": bucket.prefix or None,
        "region": bucket.region,
        "endpoint": bucket.endpoint or None,
        "access_key_id": bucket.access_key,
        "secret_access_key": bucket.secret_key,
        "virtual_hosted_style_request": not bucket.path_style,
    }
    plain = urlsplit(bucket.endpoint or "").scheme == "http"
    return S3Store(
        **{name: value for name, value in options.items() if value is not None},  # type: ignore[arg-type]  # its options are one big TypedDict
        client_options={"allow_http": plain, "timeout": "60s", "connect_timeout": "5s"},
        retry_config=_RETRIES,  # type: ignore[arg-type]  # the library's own TypedDict, not importable
    )


async def _chunks(found: obstore.GetResult) -> AsyncIterator[bytes]:
    with _speaking():
        async for chunk in found.stream(min_chunk_size=_CHUNK_BYTES):
            yield bytes(chunk)


def _checked(key: str) -> str:
    if not all(_SEGMENT.fullmatch(segment) for segment in key.split("/")):
        raise ValueError(f"not a name for an object: {key[:200]!r}")
    return key


def _settle(path: Path, root: Path) -> None:
    """Bring a renamed file to the disk, with the folders that were made for it."""
    for place in (path, *path.parents):
        descriptor = os.open(place, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if place == root:
            return


class _speaking:  # noqa: N801  reads as a sentence where it is used
    """The library's errors as ours."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, FileNotFoundError):
            raise ObjectMissing from error
        if isinstance(error, StorageError):
            return
        if isinstance(error, (BaseError, OSError)):
            raise StorageAway(_words(error)) from error


def _words(error: BaseException) -> str:
    """One line; the library's own texts quote requests, so only the kind is passed on."""
    if isinstance(error, OSError) and error.errno is not None:
        return f"{type(error).__name__}: {os.strerror(error.errno)}"
    return type(error).__name__
