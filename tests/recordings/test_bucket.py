"""Promise: an S3-compatible storage is as good as a folder, and its outage loses nothing."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kommutator.compose import compose
from kommutator.doors.http import asterisk
from kommutator.doors.http.app import create_app
from kommutator.flows.house import House
from kommutator.store.recording_rows import RecordingRow
from tests.recordings.conftest import Pbx, settle_pbx
from tests.support.asgi import Asgi
from tests.support.house import open_house, vault_of
from tests.support.s3 import ACCESS_KEY, BUCKET, S3, SECRET_KEY
from tests.support.sounds import tone

NAME = "gw-1700000000.1"
SOUND = tone(1.5)


def bucket_settings(url: str, home: Path) -> dict[str, str]:
    return {
        "home": str(home),
        "recordings_url": f"s3://{BUCKET}/office",
        "recordings_endpoint": url,
        "recordings_access_key": ACCESS_KEY,
        "recordings_secret_key": SECRET_KEY,
    }


@pytest.fixture
async def house(database_url: str, tmp_path: Path, s3: S3) -> AsyncIterator[House]:
    async with open_house(database_url, **bucket_settings(s3.url, tmp_path)) as built:
        yield built


async def path_of(house: House, pbx: Pbx) -> str:
    (view,) = [house.recordings.view(row) for row in await rows_of(house, pbx)]
    return (view.url or "").removeprefix("http://house.example")


async def rows_of(house: House, pbx: Pbx) -> list[RecordingRow]:
    async with house.db.single() as unit:
        row = await unit.recordings.get(pbx.tenant.number, NAME)
    return [row] if row else []


async def test_from_the_pbx_to_the_ear_and_to_its_end(
    house: House, pbx: Pbx, stranger: Asgi, s3: S3, tmp_path: Path
) -> None:
    assert (await pbx.put(NAME, SOUND)).status == 201
    (key,) = s3.keys()
    assert key.startswith("office/0367/")
    path = await path_of(house, pbx)
    part = await stranger.request("GET", path, headers={"range": "bytes=100-199"})
    assert (part.status, part.body) == (206, SOUND[100:200])

    await compose(house.settings, house.db, vault_of(house.settings)).recordings.convert_due()
    (row,) = await rows_of(house, pbx)
    assert (row.state, row.seconds) == ("ready", 1.5)
    assert s3.keys() == [f"office/{row.object_key}"]
    whole = await stranger.get(path)
    assert (whole.status, whole.header("content-type")) == (200, "audio/mpeg")
    assert len(whole.body) == int(whole.header("content-length") or 0)

    await house.recordings.delete("tests", pbx.tenant.number, NAME)
    assert s3.keys() == []
    assert (await stranger.get(path)).status == 410
    assert [p for p in (tmp_path / "spool").rglob("*") if p.is_file()] == []


async def test_an_outage_is_told_and_made_good(database_url: str, tmp_path: Path, s3: S3) -> None:
    async with open_house(
        database_url, **bucket_settings("http://127.0.0.1:9", tmp_path)
    ) as broken:
        app = create_app(broken, families={"asterisk": asterisk.add})
        pbx = await settle_pbx(broken, app, "0367")
        refused = await pbx.put(NAME, SOUND)
        assert (refused.status, refused.code) == (503, "recording_storage_away")
        assert await rows_of(broken, pbx) == []
    async with open_house(database_url, **bucket_settings(s3.url, tmp_path)) as repaired:
        door = Asgi(
            create_app(repaired, families={"asterisk": asterisk.add}),
            headers={"x-kommutator-secret": pbx.secret},
        )
        again = await door.request("PUT", f"/asterisk/recordings/{NAME}", raw=SOUND)
        assert again.status == 201
        assert len(s3.keys()) == 1
