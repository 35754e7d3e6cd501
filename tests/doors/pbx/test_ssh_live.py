"""A PBX without AMI: the service, a real SSH server, the real command line of a real Asterisk.

What the PBX's own scripts would tell by HTTP is told by the test.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from kommutator.domain.connection import ConnectionKind
from kommutator.domain.tenancy import Actor, Role
from kommutator.flows.forms import ConnectionForm
from kommutator.twins.pbx.behaviour import RINGS_ON, answers
from kommutator.twins.pbx.phone import Phone
from kommutator.twins.pbx.provider import Provider
from kommutator.twins.pbx.server import PrivateAsterisk
from tests.support.pbx import AsteriskMaker
from tests.support.service import ADMIN, HERE, PHONE, Service, open_service
from tests.support.ssh import ShellServer
from tests.support.waiting import eventually

pytestmark = pytest.mark.pbx


@dataclass
class Site:
    service: Service
    server: ShellServer
    asterisk: PrivateAsterisk
    phone: Phone
    provider: Provider

    async def click(self) -> str:
        reply = await self.service.drive("click", userId=19, phone=PHONE)
        assert reply["answer"]["status"] == 200, reply
        (row,) = await self.rows(
            "SELECT call_id FROM outbox WHERE kind = 'originate_call' ORDER BY id DESC LIMIT 1"
        )
        return str(row["call_id"])

    async def rows(self, query: str) -> list[dict[str, Any]]:
        async with self.service.house.db.single() as unit:
            return [dict(row) for row in await unit.connection.fetch(query)]

    async def tell(self, kind: str, **payload: Any) -> None:
        """As the PBX's scripts do, under the PBX's own id."""
        body = {
            "enterprise_number": HERE,
            "event_type": kind,
            "payload": {
                "UniqueId": "1800.7",
                "Phone": PHONE,
                "CallType": 1,
                "Extensions": ["150"],
                **payload,
            },
        }
        answer = await self.service.admin.post("/api/events", json=body)
        assert answer.status < 300, answer.text

    async def state(self, call_id: str) -> str:
        rows = await self.rows("SELECT state, kind, call_id FROM outbox ORDER BY id")
        found = [r["state"] for r in rows if r["call_id"] == call_id]
        return str(found[0])


@pytest.fixture
async def site(
    database_url: str, make_asterisk: AsteriskMaker, tmp_path: Path
) -> AsyncIterator[Site]:
    asterisk = await make_asterisk()
    server = ShellServer(tmp_path)
    server.serve(asterisk)
    await server.start()
    phone = Phone(asterisk.sip_address, "150", asterisk.phone_secret, RINGS_ON)
    provider = Provider(asterisk.sip_address, asterisk.ports.trunk, answers())
    await phone.start()
    await provider.start()
    async with open_service(database_url, roles=("api", "worker", "pbx")) as service:
        await service.connect()
        form = ConnectionForm(
            ConnectionKind.ASTERISK,
            "127.0.0.1",
            secrets={"ssh_key": server.secret},
            config=server.config(region="BY", queues=["sales"]),
        )
        await service.house.set_up.save(ADMIN, HERE, form)
        await service.house.set_up.activate(ADMIN, HERE, ConnectionKind.ASTERISK)
        service.forget()
        await eventually(lambda: service.app.links.up_count() == 1)
        yield Site(service, server, asterisk, phone, provider)
    await asterisk.hang_up_everything()
    await phone.stop()
    await provider.stop()
    await server.stop()


async def test_a_click_rings_the_phone_and_connects_the_client(site: Site) -> None:
    site.phone.behaviour = answers(0.1)
    call_id = await site.click()
    rung = await site.phone.next_call()
    assert (await site.provider.next_call()).called == PHONE
    await eventually(lambda: _is(site.state(call_id), "done"))
    assert rung.final_code == 200

    await site.tell("dial")
    await site.tell("bridge")
    await site.tell("hangup", Status="ANSWERED", Duration=5)

    async def over() -> bool:
        (call,) = await site.rows("SELECT phase FROM calls WHERE phase <> 'merged'")
        return bool(call["phase"] == "ended")

    await eventually(over)
    (call,) = await site.rows("SELECT * FROM calls WHERE phase <> 'merged'")
    assert (call["id"], call["result"], call["dialler"]) == (call_id, "answered", "150")
    assert call["requested_by"] == "retailcrm:19"

    async def uploaded() -> list[Any]:
        state = await site.service.twin.get("/_twin/state", params={"account": "demo"})
        return list(state.body["calls"])

    await eventually(uploaded)
    (record,) = await uploaded()
    assert record["externalId"] == call_id


async def _is(reading: Any, wanted: str) -> bool:
    return bool(await reading == wanted)


async def test_the_cancel_button_stops_the_ringing(site: Site) -> None:
    call_id = await site.click()
    rung = await site.phone.wait_ringing()
    await site.service.house.clicks.cancel(
        Actor("anna", Role.ENTERPRISE_ADMIN, HERE), HERE, call_id
    )
    assert await rung.wait_final() == 487


async def test_statuses_reach_queue_and_lamp(site: Site) -> None:
    async def queue(word: str) -> bool:
        shown = await site.asterisk.rx("queue show sales")
        (line,) = [line for line in shown.splitlines() if "PJSIP/150" in line]
        lamp = await site.asterisk.rx("devstate list")
        return ("paused" in line) is (word == "BUSY") and f"'{word}'" in lamp

    await site.service.drive("status", userId=19, status="dinner")
    await eventually(lambda: queue("BUSY"))
    await site.service.drive("status", userId=19, status="free")
    await eventually(lambda: queue("NOT_INUSE"))


async def test_the_test_of_the_connection(site: Site) -> None:
    probe = await site.service.house.enrol.test(ADMIN, HERE, ConnectionKind.ASTERISK)
    assert probe.ok, probe
    assert probe.message.startswith("Asterisk ")

    form = ConnectionForm(
        ConnectionKind.ASTERISK, "127.0.0.1", config=site.server.config(context="nowhere")
    )
    await site.service.house.set_up.save(ADMIN, HERE, form)
    probe = await site.service.house.enrol.test(ADMIN, HERE, ConnectionKind.ASTERISK)
    assert probe.missing_scopes == ("dialplan show nowhere",)


async def test_a_server_that_was_away_rings_again_and_no_click_comes_late(site: Site) -> None:
    await site.server.stop()
    await eventually(lambda: site.service.app.links.up_count() == 0)
    await site.server.start()
    await eventually(lambda: site.service.app.links.up_count() == 1)
    await site.click()
    await site.phone.wait_ringing()
    assert len(site.phone.incoming) == 1


async def test_another_server_at_the_address_gets_nothing(site: Site) -> None:
    await site.server.stop()
    site.server.host_key = asyncssh.generate_private_key("ssh-ed25519")
    lines = len(site.server.lines)
    await site.server.start()

    async def told() -> bool:
        (lane,) = await site.rows("SELECT last_error FROM lanes WHERE lane LIKE 'pbx:%'")
        return lane["last_error"] == "the server shows another key than the saved one"

    await eventually(told)
    assert site.service.app.links.up_count() == 0
    assert len(site.server.lines) == lines
