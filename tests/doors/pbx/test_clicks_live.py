"""Click-to-call from the CRM's click to the CRM's record, on a real Asterisk with real phones.

The whole service runs: the twin of RetailCRM fires the click, phones ring, the twin is told.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from kommutator.domain.connection import ConnectionKind
from kommutator.flows.forms import ConnectionForm
from kommutator.twins.pbx.behaviour import BUSY, RINGS_ON, answers
from kommutator.twins.pbx.server import PrivateAsterisk
from tests.support.pbx import AsteriskMaker, Office
from tests.support.service import ADMIN, HERE, Service, open_service
from tests.support.waiting import eventually

pytestmark = pytest.mark.pbx

CLIENT = "+375000000070"
SALES, OWN, LINE = "+375170000001", "+375170000002", "+375170000003"
UNPLACED = {"unplaced": True}


@dataclass
class Scene:
    """Who clicks is user 19 of the CRM, at extension 150."""

    service: Service

    async def click(self, **fields: str) -> str:
        params = {
            "clientId": await self.service.client_id(), "userId": "19", "phone": CLIENT, **fields
        }  # fmt: skip
        reply = await self.service.stranger.get("/retailcrm/make-call", params=params)
        assert reply.status == 200, reply.text
        return str(reply.body["call_id"])

    async def told(self, call_id: str) -> dict[str, Any]:
        """What whoever clicked can see."""
        reply = await self.service.admin.get(
            f"/api/v1/calls/{call_id}", headers={"Accept-Language": "en"}
        )
        assert reply.status == 200, reply.text
        return {"call": reply.body["call"], **reply.body["click"]}

    async def reached(self, call_id: str, state: str) -> dict[str, Any]:
        async def there() -> bool:
            return (await self.told(call_id))["state"] == state

        await eventually(there)
        return await self.told(call_id)

    async def cancel(self, call_id: str) -> Any:
        return await self.service.admin.post(f"/api/v1/calls/{call_id}/cancel")

    async def record(self) -> dict[str, Any]:
        """The only call that the CRM has in its history, once it is there."""

        async def kept() -> list[dict[str, Any]]:
            state = await self.service.twin.get("/_twin/state", params={"account": "demo"})
            found: list[dict[str, Any]] = state.body["calls"]
            return found

        async def some() -> bool:
            return len(await kept()) > 0

        await eventually(some)
        (call,) = await kept()
        return call


@asynccontextmanager
async def scene_of(database_url: str, asterisk: PrivateAsterisk) -> AsyncIterator[Scene]:
    async with open_service(database_url, roles=("api", "worker", "pbx")) as service:
        await service.connect(lines={LINE: "shop-main"}, events=UNPLACED)
        form = ConnectionForm(
            ConnectionKind.ASTERISK,
            asterisk.host,
            secrets={"ami_user": asterisk.ami_user, "ami_secret": asterisk.ami_secret},
            config={
                "ami_port": asterisk.ports.ami,
                "trunks": ["trunk"],
                "region": "BY",
                "originate_timeout_s": 2,
                "numbers": {SALES: "Sales"},
                "shown": {"*": SALES, "150": OWN},
            },
        )
        await service.house.set_up.save(ADMIN, HERE, form)
        await service.house.set_up.activate(ADMIN, HERE, ConnectionKind.ASTERISK)
        service.forget()
        await eventually(lambda: service.app.links.up_count() == 1)
        yield Scene(service)


@pytest.fixture
async def scene(database_url: str, office: Office) -> AsyncIterator[Scene]:
    async with scene_of(database_url, office.asterisk) as opened:
        yield opened


async def test_answered(scene: Scene, office: Office) -> None:
    office.provider.default = answers(0.3, talk_s=1.2)
    call_id = await scene.click()
    ringing = await office["150"].next_call()
    await scene.reached(call_id, "ringing_employee")
    await ringing.answer()
    await scene.reached(call_id, "talking")
    told = await scene.reached(call_id, "ended")

    assert told["message"] == "They talked for 1 s."
    assert (told["call"]["result"], told["can_cancel"]) == ("answered", False)
    record = await scene.record()
    assert (record["type"], record["result"], record["duration"]) == ("out", "answered", 1)


async def test_the_client_is_busy(scene: Scene, office: Office) -> None:
    office["150"].behaviour = answers(0.1)
    office.provider.default = BUSY
    told = await scene.reached(await scene.click(), "ended")

    assert (told["call"]["result"], told["call"]["reason"]) == ("busy", "busy")
    assert told["message"] == "everybody was busy"
    assert (await scene.record())["result"] == "busy"


async def test_the_employee_is_busy(scene: Scene, office: Office) -> None:
    office["150"].behaviour = BUSY
    told = await scene.reached(await scene.click(), "ended")

    assert told["message"] == "the employee’s phone is busy"
    assert (await scene.record())["result"] == "failed"


async def test_the_employee_does_not_pick_up(scene: Scene, office: Office) -> None:
    office["150"].behaviour = RINGS_ON
    call_id = await scene.click()
    await scene.reached(call_id, "ringing_employee")
    told = await scene.reached(call_id, "ended")

    assert told["message"] == "the employee did not pick up; the client was not called"
    assert (await scene.record())["result"] == "failed"


async def test_the_employees_phone_is_not_there(scene: Scene, office: Office) -> None:
    await office["150"].unregister()
    told = await scene.reached(await scene.click(), "ended")

    assert told["message"] == "the employee’s phone is not reachable"
    assert told["call"]["reason"] == "manager_unreachable"
    assert (await scene.record())["result"] == "failed"


async def test_cancelled_before_the_employee_picked_up(scene: Scene, office: Office) -> None:
    office["150"].behaviour = RINGS_ON
    call_id = await scene.click()
    ringing = await office["150"].next_call()
    assert (await scene.reached(call_id, "ringing_employee"))["can_cancel"] is True
    assert (await scene.cancel(call_id)).status == 202
    await ringing.wait_ended()
    told = await scene.reached(call_id, "ended")

    assert told["message"] == "The call was cancelled."
    again = await scene.cancel(call_id)
    assert (again.status, again.code) == (409, "call_is_over")


async def test_cancelled_while_the_clients_phone_rings(scene: Scene, office: Office) -> None:
    office["150"].behaviour = answers(0.1)
    office.provider.default = RINGS_ON
    call_id = await scene.click()
    outside = await office.provider.next_call()
    said = (await scene.reached(call_id, "ringing_client"))["message"]
    assert said == f"150 is on the line, calling {CLIENT}."
    first, second = await scene.cancel(call_id), await scene.cancel(call_id)
    assert first.status == 202
    assert second.status in {202, 409}
    await outside.wait_ended()
    told = await scene.reached(call_id, "ended")

    assert (told["message"], told["call"]["result"]) == ("The call was cancelled.", "cancelled")


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({}, OWN),
        ({"externalPhone": LINE}, LINE),
        ({"externalPhone": SALES}, SALES),
        ({"externalPhone": "+375291112233"}, OWN),
        ({"code": "151"}, SALES),
    ],
)
async def test_the_provider_sees_a_number_of_the_company_and_no_other(
    scene: Scene, office: Office, fields: dict[str, str], shown: str
) -> None:
    for phone in ("150", "151"):
        office[phone].behaviour = answers(0.1)
    call_id = await scene.click(**fields)
    outside = await office.provider.next_call()

    assert (outside.peer, outside.asserted, outside.called) == (shown, shown, CLIENT)
    assert (await scene.told(call_id))["call"]["line"] == shown
    await scene.cancel(call_id)
    await scene.reached(call_id, "ended")


async def test_a_pbx_that_is_away_is_told_to_whoever_clicked(
    database_url: str, make_asterisk: AsteriskMaker
) -> None:
    asterisk = await make_asterisk()
    async with scene_of(database_url, asterisk) as scene:
        await asterisk.stop()
        await eventually(lambda: scene.service.app.links.up_count() == 0)
        call_id = await scene.click()

        async def tried() -> bool:
            told = await scene.told(call_id)
            return "trying again: the link to the PBX is down" in told["message"]

        await eventually(tried)
        assert (await scene.told(call_id))["state"] == "placed"
        async with scene.service.house.db.unit() as unit:  # as if 15 seconds had passed
            await unit.connection.execute(
                "UPDATE outbox SET age_from = age_from - interval '15 seconds'"
            )
        told = await scene.reached(call_id, "ended")
        assert told["message"].startswith("The call was not placed: there is no link to the PBX")

        async def over() -> bool:
            return (await scene.told(call_id))["call"]["phase"] == "ended"

        await eventually(over, 5.0)  # long before the alarm that waits half a minute
        assert (await scene.told(call_id))["call"]["reason"] == "not_placed"
        assert (await scene.record())["result"] == "failed"


async def test_a_click_that_waits_for_the_pbx_can_be_taken_back(
    database_url: str, make_asterisk: AsteriskMaker
) -> None:
    asterisk = await make_asterisk()
    async with scene_of(database_url, asterisk) as scene:
        await asterisk.stop()
        await eventually(lambda: scene.service.app.links.up_count() == 0)
        call_id = await scene.click()
        assert (await scene.cancel(call_id)).status == 202
        told = await scene.reached(call_id, "ended")
        assert told["message"] == "The call was cancelled."

        async def over() -> bool:
            return (await scene.told(call_id))["call"]["phase"] == "ended"

        await eventually(over)
