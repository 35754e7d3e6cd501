"""Files on their way: limited, private, and never left behind."""

import hashlib
import os
from pathlib import Path

import pytest

from kommutator.kit.audio import FLAC, MP3, OGG, WAV, AudioKind, kind_of_audio
from kommutator.kit.spool import Spool, SpoolFull


def left(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_a_draft_knows_its_content_and_is_gone_afterwards(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", limit=100)
    async with spool.draft() as draft:
        await draft.write(b"RIFF")
        await draft.write(b"x" * 20)
        draft.finish()
        assert draft.path.read_bytes() == b"RIFF" + b"x" * 20
        assert (draft.size, draft.head) == (24, b"RIFF" + b"x" * 12)
        assert draft.sha256 == hashlib.sha256(b"RIFF" + b"x" * 20).digest()
        assert spool.folder.stat().st_mode & 0o077 == 0
    assert left(spool.folder) == []


async def test_it_stops_at_its_limit(tmp_path: Path) -> None:
    spool = Spool(tmp_path, limit=10)
    async with spool.draft() as draft:
        await draft.write(b"x" * 10)
        with pytest.raises(SpoolFull):
            await draft.write(b"x")
    assert left(tmp_path) == []


def test_what_a_killed_process_left_is_cleaned_by_its_age(tmp_path: Path) -> None:
    old, new, folder = tmp_path / "old", tmp_path / "new", tmp_path / "folder"
    for path in (old, new):
        path.write_bytes(b"x")
    folder.mkdir()
    (folder / "inside").write_bytes(b"x")
    for path in (old, folder):
        os.utime(path, (1000, 1000))
    assert Spool(tmp_path, limit=1).clean(2000) == 2
    assert list(tmp_path.iterdir()) == [new]


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", WAV),
        (b"ID3\x04\x00", MP3),
        (b"\xff\xfb\x90\x00", MP3),
        (b"\xff\xf3\x40\xc0", MP3),
        (b"OggS\x00", OGG),
        (b"fLaC\x00", FLAC),
        (b"RIFF\x00\x00\x00\x00AVI LIST", None),
        (b"\xff\xf1\x50\x80", None),
        (b"\xff", None),
        (b"\xff\xd8\xff\xe0", None),
        (b"<!DOCTYPE html>", None),
        (b"", None),
    ],
)
def test_sounds_are_known_by_their_first_bytes(head: bytes, kind: AudioKind | None) -> None:
    assert kind_of_audio(head) == kind
