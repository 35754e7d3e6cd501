"""Promises: a 2xx means that the recording is safe, and the same file is never kept twice."""

import asyncio
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from kommutator.doors.http import asterisk
from kommutator.doors.http.app import create_app
from kommutator.flows.house import House
from kommutator.kit.objects import Objects, StorageAway
from kommutator.store.journal import JournalStore
from kommutator.store.recording_rows import RecordingRow
from tests.recordings.conftest import Pbx, settle_pbx
from tests.support.asgi import Asgi
from tests.support.house import open_house
from tests.support.sounds import tone

NAME = "gw-1700000000.1"
SOUND = tone(2.0)


async def row_of(house: House, pbx: Pbx, name: str = NAME) -> RecordingRow | None:
    async with house.db.single() as unit:
        return await unit.recordings.get(pbx.tenant.number, name)


async def journal(house: House) -> list[Any]:
    async with house.db.single() as unit:
        return await unit.connection.fetch(
            "SELECT kind, key, enterprise FROM journal WHERE source = 'recording' ORDER BY id"
        )


def files(home: Path) -> list[str]:
    return sorted(str(p.relative_to(home)) for p in home.rglob("*") if p.is_file())


@pytest.mark.parametrize("name", [NAME, f"{NAME}.wav", f"{NAME}.WAV"])
async def test_an_upload_is_stored_and_told(
    house: House, pbx: Pbx, tmp_path: Path, name: str
) -> None:
    reply = await pbx.put(name, SOUND)

    assert (reply.status, reply.json()) == (201, {"name": NAME, "state": "stored"})
    row = await row_of(house, pbx)
    assert row is not None
    assert (row.state, row.media_type, row.size) == ("stored", "audio/wav", len(SOUND))
    assert row.original_key is not None
    assert row.original_key.startswith(f"0367/2026/01/{NAME}-")
    assert (tmp_path / "recordings" / row.original_key).read_bytes() == SOUND
    assert files(tmp_path) == [f"recordings/{row.original_key}"]
    assert [tuple(r) for r in await journal(house)] == [("arrived", "1700000000.1", "0367")]


async def test_a_bearer_is_as_good(house: House, pbx: Pbx, app: Any) -> None:
    door = Asgi(app, headers={"authorization": f"Bearer {pbx.secret}"})
    reply = await door.request("PUT", f"/asterisk/recordings/{NAME}", raw=SOUND)
    assert reply.status == 201


async def test_the_same_again_changes_nothing(house: House, pbx: Pbx, tmp_path: Path) -> None:
    await pbx.put(NAME, SOUND)
    before = (await row_of(house, pbx), files(tmp_path))
    again = await pbx.put(f"{NAME}.wav", SOUND)

    assert (again.status, again.json()["state"]) == (200, "duplicate")
    assert (await row_of(house, pbx), files(tmp_path)) == before
    assert len(await journal(house)) == 1


async def test_a_longer_file_takes_the_place_of_one_cut_off(
    house: House, pbx: Pbx, tmp_path: Path
) -> None:
    await pbx.put(NAME, tone(1.0))
    assert (await pbx.put(NAME, SOUND)).json()["state"] == "stored"
    row = await row_of(house, pbx)
    assert row is not None
    assert row.size == len(SOUND)
    assert files(tmp_path) == [f"recordings/{row.original_key}"]


async def test_any_other_file_is_refused(house: House, pbx: Pbx, tmp_path: Path) -> None:
    await pbx.put(NAME, SOUND)
    before = (await row_of(house, pbx), files(tmp_path))
    for other in (tone(1.5), tone(2.0, hertz=300)):
        reply = await pbx.put(NAME, other)
        assert (reply.status, reply.code) == (409, "recording_differs")
    assert (await row_of(house, pbx), files(tmp_path)) == before


async def test_many_at_once_are_one(house: House, pbx: Pbx, tmp_path: Path) -> None:
    replies = await asyncio.gather(*(pbx.put(NAME, SOUND) for _ in range(12)))
    assert sorted(r.json()["state"] for r in replies) == ["duplicate"] * 11 + ["stored"]
    assert len(files(tmp_path)) == 1
    assert len(await journal(house)) == 1


async def test_different_ones_at_once_leave_exactly_one(
    house: House, pbx: Pbx, tmp_path: Path
) -> None:
    sounds = [tone(1.0 + n / 10) for n in range(6)]
    replies = await asyncio.gather(*(pbx.put(NAME, sound) for sound in sounds))
    assert {r.status for r in replies} <= {201, 409}
    row = await row_of(house, pbx)
    assert row is not None
    assert row.size == len(sounds[-1])  # whatever the order, the longest stays
    assert files(tmp_path) == [f"recordings/{row.original_key}"]


@pytest.mark.parametrize("body", [b"", SOUND[:44], tone(0.05)])
async def test_where_nothing_was_recorded_nothing_is_kept(
    house: House, pbx: Pbx, tmp_path: Path, body: bytes
) -> None:
    reply = await pbx.put(NAME, body)
    assert (reply.status, reply.json()["state"]) == (200, "empty")
    row = await row_of(house, pbx)
    assert row is not None
    assert (row.state, row.error) == ("missing", "empty")
    assert files(tmp_path) == []

    assert (await pbx.put(NAME, SOUND)).status == 201
    assert (await pbx.put(NAME, body)).json()["state"] == "empty"
    row = await row_of(house, pbx)
    assert row is not None
    assert row.state == "stored"


@pytest.mark.parametrize("body", [b"<html>" + b"x" * 5000, b"\x7fELF" + bytes(4000), b"short"])
async def test_what_is_no_sound_is_refused(
    house: House, pbx: Pbx, tmp_path: Path, body: bytes
) -> None:
    reply = await pbx.put(NAME, body)
    assert (reply.status, reply.code) == (415, "recording_not_audio")
    assert files(tmp_path) == []
    assert await row_of(house, pbx) is None


@pytest.mark.parametrize(
    "name", ["..", ".hidden", "a%20b", "..%2f..%2fetc%2fpasswd", "x" * 151, "a;b", "запись"]
)
async def test_names_lead_nowhere(house: House, pbx: Pbx, tmp_path: Path, name: str) -> None:
    reply = await pbx.put(name, SOUND)
    assert reply.status in (400, 404)
    assert files(tmp_path) == []


async def test_secrets_open_their_own_tenant_only(
    house: House, pbx: Pbx, neighbour: Pbx, stranger: Asgi
) -> None:
    await pbx.put(NAME, SOUND)
    assert (await neighbour.put(NAME, tone(1.0))).status == 201
    own, others = await row_of(house, pbx), await row_of(house, neighbour)
    assert own is not None
    assert others is not None
    assert (own.size, others.size) == (len(SOUND), len(tone(1.0)))

    for secret in ("", "x", f"{pbx.connection_id.hex}.guessed", pbx.secret[:-1]):
        reply = await stranger.request(
            "PUT", f"/asterisk/recordings/{NAME}", raw=SOUND,
            headers={"x-kommutator-secret": secret},
        )  # fmt: skip
        assert (reply.status, reply.code) == (401, "hook_secret_unknown")


@pytest.mark.parametrize("trouble", [TimeoutError, ConnectionRefusedError])
async def test_a_database_that_is_away_is_not_taken_for_a_full_disk(
    house: House, pbx: Pbx, trouble: type[OSError]
) -> None:
    with patch.object(house.take_recording, "keep", side_effect=trouble):
        reply = await pbx.put(NAME, SOUND)
    assert (reply.status, reply.code) == (503, "database_unavailable")


async def test_big_files_go_through_and_too_big_ones_do_not(
    database_url: str, tmp_path: Path
) -> None:
    async with open_house(
        database_url, home=str(tmp_path), max_body_bytes="10000", recording_max_bytes="40000"
    ) as house:
        app = create_app(house, families={"asterisk": asterisk.add})
        pbx = await settle_pbx(house, app, "0367")
        assert (await pbx.put(NAME, SOUND)).status == 201
        declared = await pbx.put("gw-2", tone(3.0))
        sound = tone(3.0)
        pieces = [sound[n : n + 999] for n in range(0, len(sound), 999)]
        streamed = await pbx.door.request("PUT", "/asterisk/recordings/gw-2", chunks=pieces)
        assert (declared.status, streamed.status) == (413, 413)
        assert (declared.code, streamed.code) == ("recording_too_large", "recording_too_large")
        assert len(files(tmp_path)) == 1
        other = await pbx.admin.post("/api/events", raw=bytes(20_000))
        assert other.status == 413


async def test_a_broken_off_upload_leaves_nothing(house: House, pbx: Pbx, tmp_path: Path) -> None:
    whole = {"type": "http.request", "body": SOUND[:9000], "more_body": True}
    waiting = [whole, {"type": "http.disconnect"}]
    said: list[Any] = []

    async def receive() -> Any:
        return waiting.pop(0)

    async def send(message: Any) -> None:
        said.append(message)

    await pbx.door.app(
        {
            "type": "http", "method": "PUT", "path": f"/asterisk/recordings/{NAME}",
            "query_string": b"", "root_path": "", "scheme": "http", "http_version": "1.1",
            "headers": [(b"x-kommutator-secret", pbx.secret.encode())],
            "client": ("203.0.113.9", 1), "server": ("house.example", 80),
        },
        receive, send,
    )  # fmt: skip
    assert said[0]["status"] == 400
    assert files(tmp_path) == []
    assert await row_of(house, pbx) is None


class Killed(BaseException):
    """The process is gone at this very moment."""


@pytest.mark.parametrize("where", ["before_object", "after_object", "before_commit"])
async def test_whatever_dies_before_the_answer_is_made_good_by_a_repetition(
    house: House, pbx: Pbx, tmp_path: Path, where: str
) -> None:
    """A crash at each step: no 2xx was given, and the sender's second try ends whole."""
    real_put = Objects.put

    async def before(*_: object) -> None:
        raise Killed

    async def after(store: Objects, key: str, path: Path) -> None:
        await real_put(store, key, path)
        raise Killed

    target, replacement = {
        "before_object": ((Objects, "put"), before),
        "after_object": ((Objects, "put"), after),
        "before_commit": ((JournalStore, "add"), before),
    }[where]
    with patch.object(*target, replacement), pytest.raises(Killed):
        await pbx.put(NAME, SOUND)
    row = await row_of(house, pbx)
    assert row is None or row.state == "expected"
    assert await journal(house) == []

    assert (await pbx.put(NAME, SOUND)).status == 201
    row = await row_of(house, pbx)
    assert row is not None
    assert files(tmp_path) == [f"recordings/{row.original_key}"]
    assert len(await journal(house)) == 1


async def test_a_storage_that_is_away_is_said_and_nothing_is_claimed(
    house: House, pbx: Pbx, tmp_path: Path
) -> None:
    async def away(*_: object) -> None:
        raise StorageAway("PermissionDeniedError")

    with patch.object(Objects, "put", away):
        reply = await pbx.put(NAME, SOUND)
    assert (reply.status, reply.code) == (503, "recording_storage_away")
    assert await row_of(house, pbx) is None
    assert (await pbx.put(NAME, SOUND)).status == 201


async def test_a_deleted_recording_does_not_come_back(
    house: House, pbx: Pbx, tmp_path: Path
) -> None:
    await pbx.put(NAME, SOUND)
    await house.recordings.delete("tests", pbx.tenant.number, NAME)
    assert files(tmp_path) == []
    reply = await pbx.put(NAME, SOUND)
    assert (reply.status, reply.json()["state"]) == (200, "deleted")
    assert files(tmp_path) == []
