"""An enterprise with two branches: one has to be named, and the day's page leads to the other."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import aiohttp
import pytest

from kommutator.domain.connection import ConnectionKind, ConnectionStatus
from kommutator.domain.salon.facts import Salon
from tests.doors.salons.desk import Desk
from tests.support.yclients_service import (
    HERE,
    SALON,
    SECOND,
    SalonService,
    open_salon_service,
)


@pytest.fixture(scope="module")
async def service(module_database_url: str) -> AsyncIterator[SalonService]:
    async with open_salon_service(module_database_url) as opened:
        yield opened


async def settle(service: SalonService, salon: int, title: str) -> UUID:
    connection = service.house.ids.uuid()
    async with service.house.db.unit() as unit:
        await unit.connections.create(
            HERE, connection, kind=ConnectionKind.YCLIENTS, name=title,
            base_url=service.twin.api_url, account_key=str(salon), config={"salon_id": salon},
            sealed={},
        )  # fmt: skip
        await unit.connections.set_status(HERE, connection, ConnectionStatus.ACTIVE)
        facts = Salon(salon, title, "Europe/Moscow")
        await unit.salons.save(HERE, connection, facts, read_at=datetime.now(UTC))
    service.house.directory.clear()
    return connection


async def test_two_branches(service: SalonService) -> None:
    caller = service.caller.with_headers(**service.here.headers)
    none = await caller.get("/api/yclients/records")
    assert (none.status, none.code) == (404, "salon_not_connected")
    first = await settle(service, SALON, "На Образцовой")
    assert (await caller.get("/api/yclients/records")).status == 200
    second = await settle(service, SECOND, "У парка")
    unnamed = await caller.get("/api/yclients/records")
    assert (unnamed.status, unnamed.code) == (409, "salons_several")
    for salon in (SALON, SECOND):
        named = await caller.get(f"/api/yclients/records?company_id={salon}")
        assert named.status == 200
    jar = aiohttp.CookieJar(unsafe=True)  # cookies of 127.0.0.1
    async with aiohttp.ClientSession(service.url, cookie_jar=jar) as http:
        desk = Desk(http, f"/console/salons/{first}/day")
        await desk.sign_in("employee@0367.example")
        status, page = await desk.get("?date=2026-11-25")
        assert status == 200
        assert f'href="/console/salons/{second}/day?date=2026-11-25"' in page
        async with http.get("/console/day", allow_redirects=False) as answer:
            assert answer.headers["location"] in {
                f"/console/salons/{one}/day" for one in (first, second)
            }
