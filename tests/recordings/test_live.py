"""A real Asterisk records real calls; the script hands them in; the CRM's link plays them."""

import asyncio
import io
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any
from unittest.mock import patch

import aiohttp
import av
import pytest

from kommutator.domain.connection import ConnectionKind
from kommutator.flows.forms import ConnectionForm
from kommutator.flows.secrets import open_account
from kommutator.kit.objects import Objects, StorageAway
from kommutator.store.recording_rows import RecordingRow
from kommutator.twins.pbx.behaviour import RINGS_ON, answers
from kommutator.twins.pbx.config import PbxConfig
from kommutator.twins.pbx.phone import Phone
from kommutator.twins.pbx.provider import Provider
from tests.support.pbx import AsteriskMaker, Office
from tests.support.service import ADMIN, HERE, Service, open_service
from tests.support.waiting import eventually, takes

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(240)]

CLIENT = "+375000000070"
CLOSE_S = 0.3


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where an unprivileged Asterisk finds the script."""
    made = Path(tempfile.mkdtemp(prefix="kommutator-script-"))
    made.chmod(0o755)
    script = files("kommutator.connectors.pbx.asterisk").joinpath("kommutator-recording")
    (made / "kommutator-recording").write_text(script.read_text(encoding="utf-8"))
    (made / "kommutator-recording").chmod(0o755)
    yield made
    shutil.rmtree(made)


@dataclass
class Stage:
    service: Service
    office: Office
    folder: Path
    spool: Path

    async def rows(self) -> list[RecordingRow]:
        async with self.service.house.db.single() as unit:
            return list(await unit.recordings.page(HERE))

    async def ready(self, count: int = 1) -> list[RecordingRow]:
        """Oldest first, once so many are converted."""

        async def done() -> bool:
            return [row.state for row in await self.rows()] == ["ready"] * count

        await eventually(done, limit_s=40)
        return list(reversed(await self.rows()))

    async def records(self, count: int) -> list[dict[str, Any]]:
        """The CRM's history, once it has so many calls."""

        async def calls() -> list[dict[str, Any]]:
            state = await self.service.twin.get("/_twin/state", params={"account": "demo"})
            found: list[dict[str, Any]] = state.body["calls"]
            return found

        async def all_there() -> bool:
            return len(await calls()) == count

        await eventually(all_there, limit_s=40)
        return await calls()

    async def left(self) -> list[str]:
        return sorted(path.name for path in self.spool.iterdir())

    async def sweep(self) -> int:
        """As cron would."""
        child = await asyncio.create_subprocess_exec(
            str(self.folder / "kommutator-recording"), "--sweep", str(self.spool),
            env={"KOMMUTATOR_RECORDING_CONF": str(self.folder / "conf"), "PATH": "/usr/bin:/bin"},
            stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        return await child.wait()


async def seconds_at(url: str) -> float:
    """The length of what a link plays, decoded as a browser would."""
    async with aiohttp.ClientSession() as session, session.get(url) as reply:
        assert (reply.status, reply.content_type) == (200, "audio/mpeg")
        sound = io.BytesIO(await reply.read())
    with av.open(sound) as opened:
        rate = opened.streams.audio[0].rate
        return sum(frame.samples for frame in opened.decode(audio=0)) / rate


@pytest.fixture
async def stage(
    request: pytest.FixtureRequest,
    database_url: str,
    tmp_path: Path,
    folder: Path,
    make_asterisk: AsteriskMaker,
) -> AsyncIterator[Stage]:
    """`indirect` "pull": nothing hands recordings in, ARI is asked for them."""
    pull = getattr(request, "param", "") == "pull"
    command = f"KOMMUTATOR_RECORDING_CONF={folder}/conf {folder}/kommutator-recording"
    recorded = "" if pull else f"{command} ^{{MIXMONITOR_FILENAME}}"
    asterisk = await make_asterisk(PbxConfig(record=True, recorded_command=recorded))
    roles = ("api", "worker", "pbx")
    async with open_service(database_url, roles=roles, home=str(tmp_path)) as service:
        await service.connect(recordings=True, recording_wait_s=8)
        await connect(service, asterisk, pull=pull)
        record = await service.record(ConnectionKind.ASTERISK)
        secret = open_account(service.house.vault, record).secrets["hook_secret"]
        url = service.house.settings.public_url
        (folder / "conf").write_text(f"KOMMUTATOR_URL={url}\nKOMMUTATOR_SECRET={secret}\n")
        await eventually(lambda: service.app.links.link_of(record.id))
        phones = {
            extension: Phone(asterisk.sip_address, extension, asterisk.phone_secret, RINGS_ON)
            for extension in asterisk.extensions
        }
        provider = Provider(asterisk.sip_address, asterisk.ports.trunk, answers())
        await asyncio.gather(provider.start(), *(phone.start() for phone in phones.values()))
        yield Stage(
            service, Office(asterisk, phones, provider), folder, asterisk.run / "spool/recording"
        )
        await asyncio.gather(provider.stop(), *(phone.stop() for phone in phones.values()))


async def connect(service: Service, asterisk: Any, *, pull: bool) -> None:
    form = ConnectionForm(
        ConnectionKind.ASTERISK,
        asterisk.host,
        secrets={
            "ami_user": asterisk.ami_user,
            "ami_secret": asterisk.ami_secret,
            "ari_user": asterisk.ami_user,
            "ari_password": asterisk.ami_secret,
        },
        config={
            "ami_port": asterisk.ports.ami,
            "trunks": ["trunk"],
            "region": "BY",
            "recordings": {
                "pull": "ari" if pull else "none",
                "ari_url": f"http://{asterisk.host}:{asterisk.ports.http}/ari",
                "delete": True,
            },
        },
    )
    await service.house.set_up.save(ADMIN, HERE, form)
    await service.house.set_up.activate(ADMIN, HERE, ConnectionKind.ASTERISK)
    service.forget()


async def talk(stage: Stage, seconds: float) -> None:
    """A client calls, 150 answers, they talk, the client hangs up."""
    stage.office["150"].behaviour = answers(0.05)
    call = await stage.office.provider.call_in(CLIENT, stage.office.asterisk.dids.personal)
    await stage.office["150"].next_call()
    await call.wait_answered()
    await takes(seconds)
    await call.hang_up()


async def test_conversations_are_recorded_from_end_to_end(stage: Stage) -> None:
    office, group = stage.office, stage.office.asterisk.dids.group
    await talk(stage, 2.0)
    (answered,) = await stage.ready(1)
    assert answered.seconds == pytest.approx(2.0, abs=CLOSE_S)
    assert answered.origin == "upload"
    (record,) = await stage.records(1)
    assert record["recordUrl"].startswith(stage.service.house.settings.public_url)
    assert await seconds_at(record["recordUrl"]) == pytest.approx(2.0, abs=CLOSE_S)

    # Blind: 150 talks a second, hands over to 152, who talks one and a half.
    office["150"].behaviour, office["152"].behaviour = RINGS_ON, answers(0.05)
    call = await office.provider.call_in(CLIENT, group)
    at_150 = await office["150"].next_call()
    await at_150.answer()
    await takes(1.0)
    await at_150.refer("152")
    at_152 = await office["152"].next_call()
    await at_152.wait_answered()
    await takes(1.5)
    await call.hang_up()
    _, blind = await stage.ready(2)
    assert blind.seconds == pytest.approx(2.5, abs=CLOSE_S)

    # Attended: the client waits while 150 asks 152; what all of them say is one recording.
    call = await office.provider.call_in(CLIENT, group)
    at_150 = await office["150"].next_call()
    await at_150.answer()
    await takes(1.0)
    consultation = await office["150"].call("152")
    await consultation.wait_answered()
    await takes(0.5)
    await at_150.refer("152", consultation)
    await at_150.wait_ended()
    await takes(1.5)
    await call.hang_up()
    *_, attended = await stage.ready(3)
    assert attended.seconds == pytest.approx(3.0, abs=CLOSE_S)

    # Outbound, and a call that nobody answers.
    office.provider.default = answers(0.1)
    out = await office["151"].call("375000000099")
    await out.wait_answered()
    await takes(1.2)
    await out.hang_up()
    *_, outbound = await stage.ready(4)
    assert outbound.seconds == pytest.approx(1.2, abs=CLOSE_S)
    office["150"].behaviour = RINGS_ON
    missed = await office.provider.call_in(CLIENT, group)
    await office["150"].wait_ringing()
    await missed.hang_up()

    records = await stage.records(5)
    for told in records:
        assert bool(told.get("recordUrl")) == (told["result"] == "answered"), told
    lengths = [await seconds_at(told["recordUrl"]) for told in records if told.get("recordUrl")]
    assert sorted(lengths) == pytest.approx([1.2, 2.0, 2.5, 3.0], abs=CLOSE_S)
    await eventually(lambda: list(stage.spool.iterdir()) == [])
    assert len(await stage.rows()) == 4


async def test_what_could_not_be_stored_comes_with_the_sweep(stage: Stage) -> None:
    async def away(*_: object) -> None:
        raise StorageAway("the bucket is away")

    with patch.object(Objects, "put", away):
        await talk(stage, 1.0)
        await eventually(lambda: any(p.suffix == ".done" for p in stage.spool.iterdir()))
        (record,) = await stage.records(1)  # after the wait it goes, with the link
        assert await stage.sweep() == 0
        assert [row.state for row in await stage.rows()] == ["expected"]
        async with aiohttp.ClientSession() as session, session.get(record["recordUrl"]) as early:
            assert early.status == 404
    assert await stage.sweep() == 0
    (row,) = await stage.ready(1)
    assert row.seconds == pytest.approx(1.0, abs=CLOSE_S)
    assert await seconds_at(record["recordUrl"]) == pytest.approx(1.0, abs=CLOSE_S)
    await eventually(lambda: list(stage.spool.iterdir()) == [])


@pytest.mark.parametrize("stage", ["pull"], indirect=True)
async def test_what_nobody_handed_in_is_fetched(stage: Stage) -> None:
    await talk(stage, 1.5)

    async def expected() -> bool:
        return [row.state for row in await stage.rows()] == ["expected"]

    await eventually(expected)
    (row,) = await stage.rows()
    assert [path.name for path in stage.spool.iterdir()] == [f"{row.name}.wav"]
    again = await stage.service.admin.post(f"/api/v1/recordings/{row.name}/retry")
    assert again.status == 200

    (fetched,) = await stage.ready(1)
    assert (fetched.origin, fetched.seconds) == ("pull", pytest.approx(1.5, abs=CLOSE_S))
    await eventually(lambda: list(stage.spool.iterdir()) == [])  # our copy is safe, theirs goes
