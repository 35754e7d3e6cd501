"""Promises: what nobody brings is looked for, what came is made playable, what is old goes."""

import asyncio
import base64
import errno
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from unittest.mock import patch

import av
import pytest
from aiohttp import web

from kommutator.compose import compose
from kommutator.connectors.pbx.asterisk.stored import StoredRecordings
from kommutator.doors.http import asterisk
from kommutator.doors.http.app import create_app
from kommutator.flows.fetch_recording import FetchRecording
from kommutator.flows.house import House
from kommutator.flows.recording_place import spool_of
from kommutator.kit.clock import ManualClock
from kommutator.kit.objects import Objects, StorageAway
from kommutator.store.recording_rows import RecordingRow
from kommutator.workers.convert import ConversionFailed, convert
from kommutator.workers.recordings import RecordingWorker
from tests.recordings.conftest import Pbx, leap, settle_pbx
from tests.recordings.test_player import CALL, NAME, note_call
from tests.support.house import open_house, vault_of
from tests.support.sounds import tone
from tests.support.town import free_port
from tests.support.waiting import eventually

SOUND = tone(1.5)


@dataclass
class Host:
    """A web server of somebody else's; `answers` by path, status or file."""

    url: str
    answers: dict[str, bytes | int] = field(default_factory=dict)
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)

    async def serve(self, request: web.Request) -> web.Response:
        self.asked.append((request.method, request.path, request.headers.get("Authorization")))
        answer = self.answers.get(request.path, 404)
        if request.method == "DELETE":
            return web.Response(status=204)
        if isinstance(answer, int):
            headers = {"Location": "http://169.254.169.254/"} if answer == 302 else {}
            return web.Response(status=answer, headers=headers)
        return web.Response(body=answer)


@pytest.fixture
async def host() -> AsyncIterator[Host]:
    port = free_port()
    made = Host(f"http://127.0.0.1:{port}")
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", made.serve)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield made
    await runner.cleanup()


def worker_of(
    house: House, *, trusted: Collection[str] = ("127.0.0.1",), **changes: Any
) -> RecordingWorker:
    spool = spool_of(house.settings)
    objects = house.recordings.objects
    fetch = FetchRecording(
        house.db, house.directory, StoredRecordings(), house.take_recording, spool,
        clock=house.clock, trusted_hosts=trusted,
    )  # fmt: skip
    chosen = {"keep_original": False, **changes}
    return RecordingWorker(house.db, objects, spool, fetch, clock=house.clock, **chosen)


@pytest.fixture
def worker(house: House) -> RecordingWorker:
    return worker_of(house)


async def row_of(house: House, pbx: Pbx, name: str = NAME) -> RecordingRow:
    async with house.db.single() as unit:
        row = await unit.recordings.get(pbx.tenant.number, name)
    assert row is not None
    return row


def objects_in(home: Path) -> list[str]:
    root = home / "recordings"
    return sorted(str(p.relative_to(root)) for p in root.rglob("*") if p.is_file())


async def pulls(house: House, pbx: Pbx, host: Host, **changes: Any) -> None:
    async with house.db.unit() as unit:
        record = await unit.connections.lock(pbx.tenant.number, pbx.connection_id)
        config = {"recordings": {"pull": "ari", "ari_url": f"{host.url}/ari", **changes}}
        await unit.connections.save(
            pbx.tenant.number, pbx.connection_id, name=record.name, base_url=record.base_url,
            account_key=None, config=config, sealed=record.sealed,
        )  # fmt: skip
    house.directory.clear()


FILE = f"/ari/recordings/stored/{NAME}/file"


async def test_what_did_not_come_is_pulled(
    house: House, pbx: Pbx, host: Host, worker: RecordingWorker, clock: ManualClock
) -> None:
    await pulls(house, pbx, host, delete=True)
    await note_call(house, pbx)
    await worker.fetch_due()
    assert host.asked == []  # the PBX's own upload has two minutes

    leap(clock, days=121 / 86_400)
    host.answers[FILE] = SOUND
    await worker.fetch_due()
    row = await row_of(house, pbx)
    assert (row.state, row.origin, row.call_id) == ("stored", "pull", CALL)
    let_in = "Basic " + base64.b64encode(b"ari:not-a-real-password").decode()
    assert host.asked == [("GET", FILE, let_in), ("DELETE", FILE.removesuffix("/file"), let_in)]


async def test_it_is_looked_for_a_day_long_and_then_said_to_be_missing(
    house: House, pbx: Pbx, host: Host, worker: RecordingWorker, clock: ManualClock
) -> None:
    await pulls(house, pbx, host)
    await note_call(house, pbx)
    waits = []
    for _ in range(30):
        row = await row_of(house, pbx)
        if row.state != "expected":
            break
        assert row.next_try_at is not None
        wait = row.next_try_at - clock.now()
        waits.append(round(wait.total_seconds() / 60))
        leap(clock, days=wait / timedelta(days=1))
        await worker.fetch_due()
    assert waits[:6] == [2, 5, 15, 60, 240, 240]
    assert sum(waits) == 24 * 60
    assert (row.state, row.error) == ("missing", "pull_not_there")

    host.answers[FILE] = SOUND  # somebody repaired it, and asks again
    await house.recordings.retry("tests", pbx.tenant.number, NAME)
    await worker.fetch_due()
    assert (await row_of(house, pbx)).state == "stored"


@pytest.mark.parametrize(
    ("answer", "why", "state"),
    [
        (401, "pull_denied", "expected"),
        (403, "pull_denied", "expected"),
        (404, "pull_not_there", "expected"),
        (500, "unreachable", "expected"),
        (302, "unreachable", "expected"),
        (b"<html>" + b"x" * 9000, "not_audio", "missing"),
        (b"", "empty", "missing"),
        (tone(20.0), "too_large", "missing"),
    ],
)
async def test_each_failure_has_its_reason(
    database_url: str, tmp_path: Path, clock: ManualClock, host: Host, answer: Any, why: str,
    state: str,
) -> None:  # fmt: skip
    async with open_house(
        database_url, clock=clock, home=str(tmp_path), recording_max_bytes="100000"
    ) as house:
        pbx = await settle_pbx(house, create_app(house), "0367")
        await pulls(house, pbx, host)
        await note_call(house, pbx)
        leap(clock, days=1 / 24)
        host.answers[FILE] = answer
        await worker_of(house).fetch_due()
        row = await row_of(house, pbx)
        assert (row.state, row.error) == (state, why)
        assert all(method == "GET" and path == FILE for method, path, _ in host.asked)
        assert not list((tmp_path / "spool").iterdir())


async def test_without_a_place_to_look_a_day_is_waited(
    house: House, pbx: Pbx, worker: RecordingWorker, clock: ManualClock
) -> None:
    await note_call(house, pbx)
    leap(clock, days=0.5)
    await worker.fetch_due()
    assert (await row_of(house, pbx)).state == "expected"
    leap(clock, days=0.51)
    await worker.fetch_due()
    row = await row_of(house, pbx)
    assert (row.state, row.error) == ("missing", "never_came")


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://crm.example/1.wav", "address_refused"),
        ("https://127.0.0.2/1.wav", "address_refused"),
        ("https://169.254.169.254/latest/meta-data", "address_refused"),
        ("https://[::1]/1.wav", "address_refused"),
        ("https://10.0.0.8/1.wav", "address_refused"),
        ("https://localhost/1.wav", "address_refused"),
    ],
)
async def test_addresses_of_our_own_network_are_not_opened(
    house: House, pbx: Pbx, worker: RecordingWorker, url: str, why: str
) -> None:
    await told(house, pbx, url)
    await worker.fetch_due()
    row = await row_of(house, pbx, "url-1")
    assert (row.state, row.error) == ("missing", why)
    assert row.source_url == url  # where it lies stays known


async def told(house: House, pbx: Pbx, url: str) -> None:
    now = house.clock.now()
    async with house.db.unit() as unit:
        await unit.recordings.expect(
            pbx.tenant.number, "url-1", call_id=CALL, connection_id=pbx.connection_id, now=now,
            try_at=now, source_url=url,
        )  # fmt: skip


async def test_the_pbxs_own_host_may_be_private(house: House, pbx: Pbx, host: Host) -> None:
    host.answers["/monitor/1.wav"] = SOUND
    await told(house, pbx, f"{host.url}/monitor/1.wav")
    with patch("kommutator.kit.guard._LAN", (ip_network("127.0.0.0/8"),)):
        await worker_of(house, trusted=()).fetch_due()
    row = await row_of(house, pbx, "url-1")
    assert (row.state, row.origin) == ("stored", "download")


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "169.254.169.254"])
@pytest.mark.parametrize("way", ["told", "pulled"])
async def test_a_pbxs_own_host_is_neither_this_machine_nor_a_cloud(
    house: House, pbx: Pbx, host: Host, clock: ManualClock, name: str, way: str
) -> None:
    port = host.url.rpartition(":")[2]
    there = f"http://{name}:{port}"
    async with house.db.unit() as unit:
        record = await unit.connections.lock(pbx.tenant.number, pbx.connection_id)
        await unit.connections.save(
            pbx.tenant.number, pbx.connection_id, name=record.name, base_url=f"ami://{name}:5038",
            account_key=None, config=record.config, sealed=record.sealed,
        )  # fmt: skip
    if way == "pulled":
        await pulls(house, pbx, Host(there))
        await note_call(house, pbx)
        leap(clock, days=121 / 86_400)
    else:
        house.directory.clear()
        await told(house, pbx, f"{there}/monitor/1.wav")
    await worker_of(house, trusted=()).fetch_due()
    row = await row_of(house, pbx, NAME if way == "pulled" else "url-1")
    assert (row.state, row.error, host.asked) == ("missing", "address_refused", [])


async def test_conversion_makes_it_playable_and_drops_the_original(
    house: House, pbx: Pbx, worker: RecordingWorker, tmp_path: Path
) -> None:
    await note_call(house, pbx)
    await pbx.put(NAME, SOUND)
    await worker.convert_due()
    row = await row_of(house, pbx)

    assert (row.state, row.media_type, row.seconds) == ("ready", "audio/mpeg", 1.5)
    assert objects_in(tmp_path) == [row.object_key]
    with av.open(str(tmp_path / "recordings" / (row.object_key or ""))) as opened:
        assert opened.streams.audio[0].codec_context.name.startswith("mp3")
        assert opened.streams.audio[0].channels == 1
    assert not list((tmp_path / "spool").iterdir())
    assert (await pbx.put(NAME, SOUND)).json()["state"] == "duplicate"


async def test_a_full_disk_delays_a_conversion_and_gives_nothing_up(
    house: House, pbx: Pbx, worker: RecordingWorker, clock: ManualClock
) -> None:
    await pbx.put(NAME, SOUND)
    full = OSError(errno.ENOSPC, "No space left on device")
    with patch("kommutator.workers.recordings.tempfile.TemporaryDirectory", side_effect=full):
        await worker.convert_due()
    row = await row_of(house, pbx)
    assert (row.state, row.error) == ("stored", "storage_away")
    await clock.advance(301)
    await worker.convert_due()
    assert (await row_of(house, pbx)).state == "ready"


async def test_the_original_is_kept_where_that_is_wanted(
    house: House, pbx: Pbx, tmp_path: Path
) -> None:
    await pbx.put(NAME, SOUND)
    await worker_of(house, keep_original=True).convert_due()
    row = await row_of(house, pbx)
    assert objects_in(tmp_path) == sorted([row.original_key or "", row.object_key or ""])
    await house.recordings.delete("tests", pbx.tenant.number, NAME)
    assert objects_in(tmp_path) == []


async def test_a_file_replaced_meanwhile_is_not_overwritten(
    house: House, pbx: Pbx, worker: RecordingWorker, tmp_path: Path
) -> None:
    await pbx.put(NAME, tone(1.0))
    real = convert

    async def slow(*args: Any) -> float:
        seconds = await real(*args)
        await pbx.put(NAME, SOUND)  # the whole file comes while the part is being converted
        return seconds

    with patch("kommutator.workers.recordings.convert", slow):
        await worker.convert_due()
    await worker.convert_due()
    row = await row_of(house, pbx)
    assert (row.state, row.seconds) == ("ready", 1.5)
    assert objects_in(tmp_path) == [row.object_key]


HOSTILE = {
    "truncated": SOUND[:2000],
    "noise in a wav": SOUND[:20] + os.urandom(5000),
    "noise in an mp3": b"ID3\x04\x00\x00\x00\x00\x00\x00" + os.urandom(5000),
    "noise in an ogg": b"OggS" + os.urandom(5000),
    "noise in a flac": b"fLaC" + os.urandom(5000),
    "a billion channels": SOUND[:22] + b"\xff\xff" + SOUND[24:],
    "no rate": SOUND[:24] + bytes(4) + SOUND[28:],
}


@pytest.mark.parametrize("what", HOSTILE)
async def test_malformed_files_harm_nobody(
    house: House, pbx: Pbx, worker: RecordingWorker, clock: ManualClock, what: str
) -> None:
    await pbx.put("gw-bad", HOSTILE[what])
    await pbx.put(NAME, SOUND)
    for _ in range(4):
        await worker.convert_due()
        leap(clock, days=1 / 24)
    assert (await row_of(house, pbx)).state == "ready"
    bad = await row_of(house, pbx, "gw-bad")
    if what == "truncated":
        assert bad.state == "ready"
    else:
        assert (bad.state, bad.error, bad.next_try_at) == ("stored", "conversion_failed", None)
        assert bad.tries == 3


async def test_a_conversion_that_hangs_is_ended(tmp_path: Path) -> None:
    source = tmp_path / "long.wav"
    source.write_bytes(tone(600.0, hertz=100))
    with pytest.raises(ConversionFailed, match="longer than"):
        await convert(source, "audio/wav", tmp_path / "out.mp3", limit_s=0.02)


async def test_retention_is_each_enterprises_own(
    house: House, pbx: Pbx, neighbour: Pbx, worker: RecordingWorker, clock: ManualClock,
    tmp_path: Path,
) -> None:  # fmt: skip
    async with house.db.unit() as unit:
        await unit.enterprises.update(
            pbx.tenant.number, settings={"retention_days": {"recordings": 30}}
        )
    for one in (pbx, neighbour):
        await note_call(house, one)
        await one.put(NAME, SOUND)
    await worker.convert_due()
    leap(clock, days=29.9)
    await worker.retire()
    assert len(objects_in(tmp_path)) == 2

    leap(clock, days=0.2)
    with patch.object(Objects, "delete", _away), pytest.raises(StorageAway):
        await worker.retire()
    row = await row_of(house, pbx)
    assert (row.state, row.error) == ("expired", "retention")  # links are dead already
    await worker.retire()
    assert len(objects_in(tmp_path)) == 1
    assert (await row_of(house, neighbour)).state == "ready"
    leap(clock, days=150)
    await worker.retire()
    assert objects_in(tmp_path) == []
    assert (await row_of(house, pbx)).state == "expired"  # so that its links say why
    leap(clock, days=400)
    await worker.retire()
    async with house.db.single() as unit:
        assert await unit.recordings.get(pbx.tenant.number, NAME) is None


async def _away(*_: object) -> None:
    raise StorageAway("gone")


async def test_workers_share_the_work(house: House, pbx: Pbx, neighbour: Pbx) -> None:
    for number in range(6):
        await pbx.put(f"gw-{number}", tone(0.5 + number / 10))
    converted: list[str] = []
    real: Callable[..., Awaitable[float]] = convert

    async def counted(source: Path, *args: Any) -> float:
        converted.append(source.name)
        return await real(source, *args)

    with patch("kommutator.workers.recordings.convert", counted):
        await asyncio.gather(*(worker_of(house).convert_due() for _ in range(3)))
    assert len(converted) == 6
    for number in range(6):
        assert (await row_of(house, pbx, f"gw-{number}")).state == "ready"


async def test_the_worker_of_the_process_runs_by_itself(database_url: str, tmp_path: Path) -> None:
    async with open_house(database_url, home=str(tmp_path)) as house:
        app = create_app(house, families={"asterisk": asterisk.add})
        pbx = await settle_pbx(house, app, "0367")
        await pbx.put(NAME, SOUND)
        worker = compose(house.settings, house.db, vault_of(house.settings)).recordings
        await worker.start()

        async def done() -> bool:
            return (await row_of(house, pbx)).state == "ready"

        await eventually(done)
        await worker.stop()
