"""Promise: a folder and an S3-compatible storage behave the same, and nothing is half there."""

import os
from pathlib import Path

import pytest

from kommutator.kit.objects import Bucket, ObjectMissing, Objects, StorageAway
from tests.support.s3 import ACCESS_KEY, BUCKET, S3, SECRET_KEY

KEY = "0367/2026/01/gw-1700000000.1-0123456789ab.wav"
BIG = os.urandom(6 * 1024 * 1024 + 77)  # more than one part of a multipart upload


def bucket(url: str, **changes: str) -> Objects:
    given = {"name": BUCKET, "prefix": "recordings/here", **changes}
    return Objects.in_bucket(
        Bucket(endpoint=url, access_key=ACCESS_KEY, secret_key=SECRET_KEY, **given)  # type: ignore[arg-type]  # strings only
    )


@pytest.fixture(params=["folder", "bucket"])
def objects(request: pytest.FixtureRequest, tmp_path: Path, s3: S3) -> Objects:
    return Objects.in_folder(tmp_path / "kept") if request.param == "folder" else bucket(s3.url)


def file_of(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "source"
    path.write_bytes(content)
    return path


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def read(objects: Objects, key: str, start: int = 0, end: int | None = None) -> bytes:
    opened = await objects.read(key, start, end)
    content = b"".join([chunk async for chunk in opened.chunks])
    assert opened.end - opened.start == len(content)
    return content


@pytest.mark.parametrize(
    "content", [b"x", b"hello" * 1000, BIG], ids=["a byte", "some", "several parts"]
)
async def test_what_is_put_is_read_back(objects: Objects, tmp_path: Path, content: bytes) -> None:
    await objects.put(KEY, file_of(tmp_path, content))
    assert await read(objects, KEY) == content
    assert await objects.size(KEY) == len(content)


async def test_parts(objects: Objects, tmp_path: Path) -> None:
    await objects.put(KEY, file_of(tmp_path, BIG))
    for start, end in ((0, 1), (5, 6), (1_000_000, 5_000_000), (len(BIG) - 1, len(BIG))):
        assert await read(objects, KEY, start, end) == BIG[start:end]
    assert await read(objects, KEY, 6_000_000) == BIG[6_000_000:]
    with pytest.raises(ValueError, match="empty"):
        await objects.read(KEY, 5, 5)


async def test_a_second_put_takes_the_place_of_the_first(objects: Objects, tmp_path: Path) -> None:
    await objects.put(KEY, file_of(tmp_path, b"a" * 5000))
    await objects.put(KEY, file_of(tmp_path, b"b" * 10))
    assert await read(objects, KEY) == b"b" * 10


async def test_delete(objects: Objects, tmp_path: Path) -> None:
    await objects.put(KEY, file_of(tmp_path, b"abc"))
    await objects.delete(KEY)
    await objects.delete(KEY)
    with pytest.raises(ObjectMissing):
        await objects.read(KEY)
    with pytest.raises(ObjectMissing):
        await objects.size(KEY)


async def test_a_private_copy(objects: Objects, tmp_path: Path) -> None:
    await objects.put(KEY, file_of(tmp_path, BIG))
    folder = tmp_path / "copies"
    folder.mkdir()
    async with objects.as_file(KEY, folder) as copy:
        assert copy.read_bytes() == BIG
        assert copy.suffix == ".wav"
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    "key", ["", "/etc/passwd", "../x", "a/../../x", "a//b", "a/.hidden", "a/b\n", "a\\b", "ä", "."]
)
async def test_keys_stay_inside(objects: Objects, tmp_path: Path, key: str) -> None:
    source = file_of(tmp_path, b"abc")
    for attempt in (objects.put(key, source), objects.read(key), objects.delete(key)):
        with pytest.raises(ValueError, match="not a name"):
            await attempt
    assert files_in(tmp_path) == [source]


async def test_a_folder_that_is_in_the_way_or_full_is_said(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("a file where the folder should be")
    with pytest.raises(StorageAway, match="File exists"):
        await Objects.in_folder(tmp_path / "kept").put(KEY, file_of(tmp_path, b"abc"))


async def test_only_we_may_look_into_the_folder(tmp_path: Path) -> None:
    await Objects.in_folder(tmp_path / "kept").put(KEY, file_of(tmp_path, b"abc"))
    assert (tmp_path / "kept").stat().st_mode & 0o077 == 0


async def test_a_missing_bucket_is_an_away_storage(s3: S3, tmp_path: Path) -> None:
    with pytest.raises(StorageAway):
        await bucket(s3.url, name="nobodys").put(KEY, file_of(tmp_path, b"abc"))


async def test_a_storage_that_does_not_answer_is_said_without_secrets(tmp_path: Path) -> None:
    away = bucket("http://127.0.0.1:9")
    with pytest.raises(StorageAway) as told:
        await away.put(KEY, file_of(tmp_path, b"abc"))
    assert SECRET_KEY not in str(told.value)
    assert SECRET_KEY not in repr(Bucket(BUCKET, secret_key=SECRET_KEY))
    assert away.place == "s3://calls/recordings/here"
