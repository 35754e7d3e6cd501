"""Promise: what one tenant's PBX may ask, hand in or order stays inside that tenant.

The paths come from the application itself: a new one of the family fails here until it is told
how its sender proves who it is.
"""

from pathlib import Path
from typing import Any

import pytest

from kommutator.domain.connection import Account
from kommutator.doors.http import asterisk
from kommutator.doors.http.app import create_app
from kommutator.flows.house import House
from tests.support.asgi import Asgi
from tests.support.factories import value
from tests.support.house import TenantOfTests, open_house
from tests.support.routing import PHONE, list_client, settle_pbx
from tests.support.sounds import tone

KNOWN = {
    "/asterisk/route",
    "/asterisk/recordings/{name}",
    "/api/makecallexternal",
}
NAME = "gw-1700000000.1"
SOUND = tone(1.0)


@pytest.fixture
async def house(database_url: str, tmp_path: Path) -> Any:
    async with open_house(database_url, home=str(tmp_path)) as opened:
        yield opened


@pytest.fixture
async def app(house: House) -> Any:
    return create_app(house, families={"asterisk": asterisk.add})


@pytest.fixture
async def pbxs(house: House, here: TenantOfTests, there: TenantOfTests) -> dict[str, Account]:
    """Both have the extension 150; only 0411 has the client and 0411's extension 151."""
    async with house.db.unit() as unit:
        await unit.extensions.put(there.number, "151")
    await list_client(house, there.number)
    return {tenant.number: await settle_pbx(house, tenant.number) for tenant in (here, there)}


def of(app: Any, account: Account) -> Asgi:
    return Asgi(app, headers={"x-kommutator-secret": account.secrets["hook_secret"]})


async def test_every_path_of_the_family_is_told_of_here(app: Any, house: House) -> None:
    core = set(create_app(house).openapi()["paths"])
    assert set(app.openapi()["paths"]) - core == KNOWN


async def test_a_pbx_learns_nothing_from_anothers_phone_book(
    app: Any, pbxs: dict[str, Account]
) -> None:
    url = f"/asterisk/route?caller=%2B{PHONE[1:]}&did=375170000001&id=1.1"
    assert (await of(app, pbxs["0411"]).get(url)).body == b"150"
    assert (await of(app, pbxs["0367"]).get(url)).body == b""
    assert (await Asgi(app).get(url)).status == 401


async def test_a_recording_belongs_to_whoever_hands_it_in(
    app: Any, house: House, pbxs: dict[str, Account]
) -> None:
    """The same name in both: neither takes the other's place, and its link plays its own."""
    sounds = {"0367": SOUND, "0411": tone(2.0)}
    for number, sound in sounds.items():
        reply = await of(app, pbxs[number]).request(
            "PUT", f"/asterisk/recordings/{NAME}", raw=sound
        )
        assert reply.status == 201, reply.body
    assert await value(house.db, "SELECT count(*) FROM recordings") == 2
    for number, sound in sounds.items():
        url = house.recordings._links.of_name(pbxs[number].enterprise, NAME)
        played = await Asgi(app).get("/recordings/" + url.rpartition("/")[2])
        assert (played.status, played.body) == (200, sound)
    refused = await Asgi(app).request("PUT", f"/asterisk/recordings/{NAME}", raw=SOUND)
    assert refused.status == 401


async def test_the_external_click_rings_the_phones_of_its_own_tenant(
    app: Any, house: House, pbxs: dict[str, Account]
) -> None:
    def click(account: Account, code: str) -> str:
        client_id = account.secrets["client_id"]
        return f"/api/makecallexternal?code={code}&phone=%2B375290000001&clientId={client_id}"

    refused = await Asgi(app).get(click(pbxs["0367"], "151"))  # a phone that 0411 has
    assert (refused.status, refused.code) == (400, "extension_unknown")
    assert (await Asgi(app).get(click(pbxs["0411"], "151"))).status == 200
    owners = "SELECT array_agg(DISTINCT enterprise) FROM outbox WHERE kind = 'originate_call'"
    assert await value(house.db, owners) == ["0411"]
    hook = pbxs["0411"].secrets["hook_secret"]  # may ask and hand in, never place calls
    stranger = f"/api/makecallexternal?code=151&phone=%2B375290000001&clientId={hook}"
    assert (await Asgi(app).get(stranger)).status == 401


async def test_a_smart_redirect_moves_no_neighbours_call(
    app: Any, house: House, here: TenantOfTests, pbxs: dict[str, Account]
) -> None:
    """0367's key, 0411's client: whose phone it would be is not told, nor is anything moved."""
    caller = Asgi(app, headers={"x-api-key": here.key})
    foreign = await caller.post(
        "/api/smart-redirect?enterprise_number=0411", json_body={"phone": PHONE, "call_id": "1.1"}
    )
    assert foreign.status == 404
    own = await caller.post("/api/smart-redirect", json_body={"phone": PHONE})
    assert (own.status, own.json()["extension"]) == (200, None)
    assert await value(house.db, "SELECT count(*) FROM outbox") == 0
