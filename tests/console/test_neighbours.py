"""Promise: the pages about telephony show and change one's own tenant only."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from kommutator.domain.connection import ConnectionKind
from kommutator.domain.tenancy import EnterpriseNumber
from tests.console.conftest import ADMIN, HERE, Console, connect_crm, connect_pbx
from tests.console.visitor import Visitor, visiting
from tests.support.factories import a_call, value
from tests.support.routing import settle_pbx

THERE = EnterpriseNumber("0411")
NEIGHBOUR = "admin@0411.example"
CLIENT, LINE = "+375290000367", "+375000000367"


@pytest.fixture
async def visitor(console: Console) -> AsyncIterator[Visitor]:
    """The neighbour's administrator; 0367 has a CRM, a PBX, a client with a phone, and a call."""
    await connect_crm(console)
    await connect_pbx(console)
    at = console.house.clock.now() - timedelta(minutes=5)
    await a_call(console.house.db, HERE, "c-367", at, client=CLIENT, line=LINE, rang=["152"])
    async with console.house.db.unit() as unit:
        await unit.phone_book.pin(HERE, CLIENT, "152", ADMIN)
    async with visiting(console) as made:
        await made.sign_in(NEIGHBOUR)
        yield made


async def token_of(visitor: Visitor) -> str:
    _, page, _ = await visitor.get("/console/calls")
    return page.partition('name="csrf-token" content="')[2].partition('"')[0]


@pytest.mark.parametrize(
    "path",
    [
        "/console/calls",
        "/console/calls/live",
        "/console/calls/card?id=c-367",
        "/console/connections",
        "/console/connections/asterisk",
        "/console/diagnostics",
        "/console/diagnostics/download",
        "/console/doctor",
        "/console/doctor/findings",
        "/console/phone-book",
        "/console/routing",
        "/console/statistics",
        "/console/statistics/export",
        "/console/settings",
    ],
)
async def test_no_page_shows_anything_of_a_neighbour(visitor: Visitor, path: str) -> None:
    named = f"{path}{'&' if '?' in path else '?'}enterprise=0367"
    status, page, _ = await visitor.get(named)
    assert status == 404, page[:500]
    _, page, _ = await visitor.get(path)
    for mark in (CLIENT[1:], LINE[1:], "c-367", "Склад", "Джулай"):
        assert mark not in page


async def test_trying_a_route_knows_ones_own_clients_only(
    visitor: Visitor, console: Console
) -> None:
    await settle_pbx(console.house, THERE)
    rules = {"enabled": "1", "last_talker_days": "90", "step-0": "pinned", "use-pinned": "1"}

    async def tried() -> str:
        sent = {**rules, "csrf_token": await token_of(visitor), "try_caller": CLIENT}
        status, page, _ = await visitor.post("/console/routing/try", try_line=LINE, **sent)
        assert status == 200, page[:500]
        return page

    foreign = await tried()
    assert "152" not in foreign
    assert "Склад" not in foreign
    await visitor.sign_in(ADMIN)
    assert "Склад" in await tried()


@pytest.mark.parametrize(
    "path",
    [
        "/console/connections/asterisk/trust",
        "/console/connections/asterisk/switch",
        "/console/connections/asterisk/files",
        "/console/doctor/ring",
        "/console/doctor/crm-record",
        "/console/routing",
        "/console/routing/try",
        "/console/phone-book/read",
    ],
)
async def test_nothing_of_a_neighbours_can_be_changed(
    visitor: Visitor, console: Console, path: str
) -> None:
    before = await console.house.set_up.stored(HERE, ConnectionKind.ASTERISK)
    sent = {
        "csrf_token": await token_of(visitor), "host_key": "ssh-ed25519 AAAA", "then": "pause",
        "extension": "152", "enterprise": "0367",
    }  # fmt: skip
    status, _, _ = await visitor.post(f"{path}?enterprise=0367", **sent)
    assert status == 404
    status, page, _ = await visitor.post(path, **sent)
    assert status in {400, 404, 409, 200}
    assert "Склад" not in page
    assert await console.house.set_up.stored(HERE, ConnectionKind.ASTERISK) == before
    assert await value(console.house.db, "SELECT count(*) FROM outbox") == 0
