"""The files of a connection, in a real Asterisk, against our own door: routed and recorded."""

from __future__ import annotations

import asyncio
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import uvicorn

from kommutator.domain.connection import ConnectionKind
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Role
from kommutator.doors.http import asterisk as asterisk_door
from kommutator.doors.http.app import create_app
from kommutator.flows.house import House
from kommutator.flows.pbx_setup import PbxWishes
from kommutator.twins.pbx.behaviour import RINGS_ON, answers
from kommutator.twins.pbx.config import PbxConfig
from kommutator.twins.pbx.phone import Phone
from kommutator.twins.pbx.provider import Provider
from tests.connectors.asterisk.test_snippets_live import OWN_DIALPLAN
from tests.support.factories import value
from tests.support.house import open_house
from tests.support.pbx import AsteriskMaker
from tests.support.waiting import eventually

pytestmark = pytest.mark.pbx

E = EnterpriseNumber("0367")
ADMIN = Actor("admin@0367.example", Role.ENTERPRISE_ADMIN, E)
CLIENT, LINE = "+375000000070", "375000000001"


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where an unprivileged Asterisk may read the script and write recordings."""
    made = Path(tempfile.mkdtemp(prefix="kommutator-files-"))
    made.chmod(0o777)
    yield made
    shutil.rmtree(made)


@pytest.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[House]:
    """Reachable at its public address."""
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    async with open_house(database_url, public_url=url, home=str(tmp_path)) as opened:
        app = create_app(opened, families={"asterisk": asterisk_door.add})
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        yield opened
        server.should_exit = True
        await serving
    listener.close()


async def test_a_call_goes_to_its_owner_and_its_recording_comes(
    house: House, make_asterisk: AsteriskMaker, folder: Path
) -> None:
    async with house.db.unit() as unit:
        await unit.enterprises.create(E, name="June")
        for number in ("150", "151", "152"):
            await unit.extensions.put(E, number)
        await unit.connection.execute(
            "INSERT INTO phone_book (enterprise, phone, pinned) VALUES ($1, $2, '152')", E, CLIENT
        )
    wishes = PbxWishes(host="127.0.0.1", trunk="trunk", group="office-group")
    bundle = await house.pbx_setup.files(ADMIN, E, wishes)
    await house.set_up.activate(ADMIN, E, ConnectionKind.ASTERISK)
    house.directory.clear()
    places = {  # the only difference from an installation: nothing of it is below /etc here
        "/etc/asterisk/kommutator-recording.conf": str(folder / "recording.conf"),
        "/usr/local/bin/kommutator-recording": str(folder / "kommutator-recording"),
        "/var/spool/asterisk/recording": str(folder),
    }
    texts = {}
    for file in bundle.files:
        text = file.text
        for place, here in places.items():
            text = text.replace(place, here)
        texts[file.slug] = text
    (folder / "recording.conf").write_text(texts["recording_settings"])
    (folder / "kommutator-recording").write_text(texts["recording"])
    (folder / "kommutator-recording").chmod(0o755)
    asterisk = await make_asterisk(
        PbxConfig(
            config_files={
                "extensions.conf": OWN_DIALPLAN,
                "kommutator.conf": texts["dialplan"],
                "manager.d/kommutator.conf": texts["manager"],
            }
        )
    )
    phones = [
        Phone(asterisk.sip_address, extension, asterisk.phone_secret, behaviour)
        for extension, behaviour in (("150", RINGS_ON), ("151", RINGS_ON), ("152", answers()))
    ]
    provider = Provider(asterisk.sip_address, asterisk.ports.trunk, answers())
    await asyncio.gather(provider.start(), *(phone.start() for phone in phones))
    try:
        call = await provider.call_in(CLIENT, LINE, talk_s=1.0)
        await call.wait_answered(5)
        assert [len(phone.incoming) for phone in phones] == [0, 0, 1]

        async def told() -> bool:
            asked = "SELECT why FROM route_answers WHERE extension = '152'"
            return bool(await value(house.db, asked) == "route.pinned")

        await eventually(told)

        async def came() -> bool:
            stored = "SELECT count(*) FROM recordings WHERE state IN ('stored', 'ready')"
            return bool(await value(house.db, stored))

        await eventually(came)
        await eventually(lambda: not _recordings(folder))
    finally:
        await asyncio.gather(provider.stop(), *(phone.stop() for phone in phones))


def _recordings(folder: Path) -> list[Path]:
    return list(folder.glob("gw-*"))
