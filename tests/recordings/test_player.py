"""Promises: a link plays for whoever holds it, in parts, until it is over; nothing else does."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from kommutator.doors.http import asterisk
from kommutator.doors.http.app import create_app
from kommutator.flows.house import House
from kommutator.kit.clock import ManualClock
from kommutator.kit.crypto import Vault
from kommutator.kit.keyring import KeyRing
from kommutator.kit.objects import Objects, StorageAway
from tests.recordings.conftest import Pbx, leap
from tests.support.asgi import Asgi, Reply
from tests.support.house import MASTER_KEYS, open_house
from tests.support.sounds import tone

CALL = "1700000000.1"
NAME = f"gw-{CALL}"
SOUND = tone(2.0)
SIZE = len(SOUND)
DAYS = 180


@pytest.fixture
async def played(house: House, pbx: Pbx, clock: ManualClock) -> str:
    """The path of a link to a recording that is here."""
    assert (await pbx.put(NAME, SOUND)).status == 201
    return await link_of(house, pbx)


async def link_of(house: House, pbx: Pbx, name: str = NAME) -> str:
    async with house.db.unit() as unit:
        row = await unit.recordings.get(pbx.tenant.number, name)
    assert row is not None
    url = house.recordings.view(row).url
    assert url is not None
    return url.removeprefix("http://house.example")


def of_call(house: House, pbx: Pbx, call: str = CALL, days: int = DAYS) -> str:
    started = house.clock.now()
    url = house.recordings._links.of_call(pbx.tenant.number, call, started, days)
    return url.removeprefix("http://house.example")


async def ask(stranger: Asgi, path: str, method: str = "GET", **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await stranger.request(method, path, headers=named)


async def test_it_plays_whole_for_a_stranger(stranger: Asgi, played: str) -> None:
    reply = await stranger.get(played)

    assert (reply.status, reply.body) == (200, SOUND)
    for name, value in {
        "content-type": "audio/wav",
        "content-length": str(SIZE),
        "accept-ranges": "bytes",
        "cache-control": "private, no-cache",
        "referrer-policy": "no-referrer",
        "content-disposition": f'inline; filename="{NAME}.wav"',
        "x-content-type-options": "nosniff",
    }.items():
        assert reply.header(name) == value
    saved = await stranger.get(f"{played}?download=1")
    assert saved.header("content-disposition") == f'attachment; filename="{NAME}.wav"'


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-99", 0, 100),
        ("bytes=100-", 100, SIZE),
        ("bytes=-100", SIZE - 100, SIZE),
        (f"bytes={SIZE - 1}-", SIZE - 1, SIZE),
        (f"bytes=10-{SIZE * 9}", 10, SIZE),
        (f"bytes=-{SIZE * 9}", 0, SIZE),
    ],
)
async def test_parts(stranger: Asgi, played: str, asked: str, start: int, end: int) -> None:
    reply = await ask(stranger, played, range=asked)

    assert (reply.status, reply.body) == (206, SOUND[start:end])
    assert reply.header("content-range") == f"bytes {start}-{end - 1}/{SIZE}"
    assert reply.header("content-length") == str(end - start)
    head = await ask(stranger, played, "HEAD", range=asked)
    assert (head.status, head.body) == (206, b"")
    assert head.header("content-length") == str(end - start)


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", f"bytes={SIZE + 5}-{SIZE + 9}", "bytes=-0"])
async def test_parts_that_are_not_there(stranger: Asgi, played: str, asked: str) -> None:
    reply = await ask(stranger, played, range=asked)
    assert (reply.status, reply.header("content-range")) == (416, f"bytes */{SIZE}")


@pytest.mark.parametrize(
    "asked", ["bytes=5-2", "bytes=0-1,5-9", "bytes=x-", "items=0-5", "bytes=-", "", "bytes=1-2x"]
)
async def test_parts_that_nobody_understands_are_ignored(
    stranger: Asgi, played: str, asked: str
) -> None:
    reply = await ask(stranger, played, range=asked)
    assert (reply.status, reply.body) == (200, SOUND)


async def test_conditions(stranger: Asgi, played: str) -> None:
    etag = (await ask(stranger, played, "HEAD")).header("etag") or ""

    assert (await ask(stranger, played, if_none_match=etag)).status == 304
    assert (await ask(stranger, played, if_none_match=f'"other", W/{etag}')).status == 304
    assert (await ask(stranger, played, if_none_match='"other"')).status == 200
    assert (await ask(stranger, played, range="bytes=0-9", if_range=etag)).status == 206
    stale = await ask(stranger, played, range="bytes=0-9", if_range='"other"')
    assert (stale.status, stale.body) == (200, SOUND)
    dated = await ask(stranger, played, range="bytes=0-9", if_range="Wed, 21 Oct 2026 07:28:00 GMT")
    assert dated.status == 200


@pytest.mark.parametrize("spoil", ["tail", "head", "middle", "cut", "other_tag", "none", "long"])
async def test_guessed_and_changed_links_open_nothing(
    house: House, pbx: Pbx, stranger: Asgi, played: str, spoil: str
) -> None:
    token = played.removeprefix("/recordings/")
    body, _, tag = token.rpartition(".")
    other = of_call(house, pbx, "other").rpartition(".")[2]
    spoilt = {
        "tail": token[:-1] + ("A" if token[-1] != "A" else "B"),
        "head": ("A" if token[0] != "A" else "B") + token[1:],
        "middle": body[:20] + ("A" if body[20] != "A" else "B") + body[21:] + "." + tag,
        "cut": token[:-4],
        "other_tag": f"{body}.{other}",
        "none": body,
        "long": "A" * 700 + "." + tag,
    }[spoil]
    reply = await stranger.get(f"/recordings/{spoilt}")
    assert (reply.status, reply.code) == (404, "recording_link_invalid")


async def test_a_page_in_the_visitors_language_when_it_is_over(
    stranger: Asgi, played: str, clock: ManualClock
) -> None:
    await clock.advance(3600)
    for language, words in (("ru", "истёк"), ("uk", "минув"), ("en", "expired")):
        reply = await ask(stranger, played, accept="text/html", accept_language=language)
        assert reply.status == 410
        assert words in reply.body.decode()
        assert f'lang="{language}"' in reply.body.decode()
    assert (await stranger.get(played)).code == "recording_link_expired"


async def test_the_link_of_a_call_is_always_the_same(
    house: House, pbx: Pbx, stranger: Asgi, clock: ManualClock
) -> None:
    started = clock.now()
    await note_call(house, pbx)
    await pbx.put(NAME, SOUND)

    async def links() -> Any:
        return await house.recordings.links(pbx.tenant.number, {CALL: started})

    first = (await links())[CALL]
    leap(clock, days=40)
    assert (await links())[CALL] == first
    path = first.removeprefix("http://house.example")
    assert (await stranger.get(path)).body == SOUND
    leap(clock, days=DAYS - 39)
    assert (await stranger.get(path)).status == 410


async def note_call(house: House, pbx: Pbx, call: str = CALL, name: str = NAME) -> None:
    """The call ended and its recording is expected."""
    now = house.clock.now()
    async with house.db.unit() as unit:
        await unit.connection.execute(
            "INSERT INTO calls (enterprise, id, source, started_at) VALUES ($1, $2, 'ami', $3) "
            "ON CONFLICT DO NOTHING",
            pbx.tenant.number, call, now,
        )  # fmt: skip
        await unit.recordings.expect(
            pbx.tenant.number, name, call_id=call, connection_id=pbx.connection_id, now=now,
            try_at=now + timedelta(minutes=2),
        )  # fmt: skip


async def test_a_calls_link_waits_for_its_recording(house: House, pbx: Pbx, stranger: Asgi) -> None:
    path = of_call(house, pbx)
    await note_call(house, pbx)
    early = await ask(stranger, path, accept="text/html", accept_language="ru")
    assert (early.status, early.header("retry-after")) == (404, "60")
    assert "ещё не готова" in early.body.decode()

    await pbx.put(NAME, SOUND)
    assert (await stranger.get(path)).body == SOUND


async def test_a_lost_recording_is_said_so(house: House, pbx: Pbx, stranger: Asgi) -> None:
    await note_call(house, pbx)
    async with house.db.unit() as unit:
        await unit.recordings.lose(pbx.tenant.number, NAME, "never_came")
    reply = await stranger.get(of_call(house, pbx))
    assert (reply.status, reply.code) == (404, "recording_missing")
    assert reply.header("retry-after") is None


async def test_deleting_revokes_every_link(
    house: House, pbx: Pbx, stranger: Asgi, played: str
) -> None:
    await note_call(house, pbx)
    gone = await pbx.admin.request("DELETE", f"/api/v1/recordings/{NAME}")
    assert gone.status == 204
    for path in (played, of_call(house, pbx)):
        reply = await stranger.get(path)
        assert (reply.status, reply.code) == (410, "recording_deleted")


async def test_a_storage_that_is_away_says_when_to_come_back(stranger: Asgi, played: str) -> None:
    async def away(*_: object) -> None:
        raise StorageAway("gone")

    with patch.object(Objects, "size", away):
        reply = await stranger.get(played)
    assert (reply.status, reply.code, reply.header("retry-after")) == (
        503, "recording_storage_away", "60",
    )  # fmt: skip


async def test_links_survive_a_new_master_key(
    house: House, pbx: Pbx, played: str, database_url: str, tmp_path: Path, clock: ManualClock
) -> None:
    fresh = "k2:" + "QUFB" * 10 + "QUE="
    async with open_house(
        database_url, clock=clock, home=str(tmp_path), master_keys=f"{fresh},{MASTER_KEYS}"
    ) as rotated:
        door = Asgi(create_app(rotated, families={"asterisk": asterisk.add}))
        assert (await door.get(played)).body == SOUND
        assert await link_of(rotated, pbx) != played  # new links are made with the new key
    async with open_house(
        database_url, clock=clock, home=str(tmp_path), master_keys=fresh
    ) as forgotten:
        assert (await Asgi(create_app(forgotten)).get(played)).code == "recording_link_invalid"


async def test_another_house_signs_otherwise(house: House, pbx: Pbx, played: str) -> None:
    ring = KeyRing("k1", {"k1": b"another house's key, 32 bytes..."})
    links = house.recordings._links
    links._vault = Vault(ring)
    assert f"/{of_call(house, pbx)}" != f"/{played}"
    assert (await Asgi(create_app(house)).get(played)).code == "recording_link_invalid"


async def test_listening_is_audited_once_an_hour(
    house: House, pbx: Pbx, stranger: Asgi, played: str, clock: ManualClock
) -> None:
    async def plays() -> int:
        async with house.db.unit() as unit:
            rows = await unit.audit.page(pbx.tenant.number)
        return [row.action for row in rows].count("recording.play")

    await ask(stranger, played, "HEAD")
    await ask(stranger, played, range="bytes=500-")
    assert await plays() == 0
    for _ in range(3):
        await stranger.get(played)
    assert await plays() == 1
    await clock.advance(3599)
    await stranger.get(played)
    await clock.advance(2)
    await stranger.get(await link_of(house, pbx))
    assert await plays() == 2


async def test_calls_show_where_they_play(house: House, pbx: Pbx, stranger: Asgi) -> None:
    await note_call(house, pbx)
    assert (await pbx.admin.get(f"/api/v1/calls/{CALL}")).json()["call"]["record_url"] is None
    await pbx.put(NAME, SOUND)
    listed = (await pbx.admin.get("/api/v1/calls")).json()["items"][0]["record_url"]
    shown = (await pbx.admin.get(f"/api/v1/calls/{CALL}")).json()["call"]["record_url"]
    assert listed == shown
    assert (await stranger.get(shown.removeprefix("http://house.example"))).body == SOUND
    (one,) = (await pbx.admin.get(f"/api/v1/calls/{CALL}/recordings")).json()
    assert (one["name"], one["state"], one["origin"]) == (NAME, "stored", "upload")
    assert (await stranger.get(one["url"].removeprefix("http://house.example"))).body == SOUND


async def test_the_missing_are_listed_and_can_be_asked_for_again(house: House, pbx: Pbx) -> None:
    await note_call(house, pbx)
    async with house.db.unit() as unit:
        await unit.recordings.lose(pbx.tenant.number, NAME, "never_came")
    (missing,) = (await pbx.admin.get("/api/v1/recordings?state=missing")).json()["items"]
    assert (missing["name"], missing["error"]) == (NAME, "never_came")

    again = await pbx.admin.post(f"/api/v1/recordings/{NAME}/retry")
    assert (again.status, again.json()["state"]) == (200, "expected")
    assert (await pbx.admin.get("/api/v1/recordings?state=missing")).json()["items"] == []
    assert (await pbx.admin.post("/api/v1/recordings/gw-other/retry")).status == 404
    await pbx.put(NAME, SOUND)
    async with house.db.unit() as unit:  # converted: nothing to do for it
        await unit.connection.execute("UPDATE recordings SET state = 'ready'")
    assert (await pbx.admin.post(f"/api/v1/recordings/{NAME}/retry")).status == 409
