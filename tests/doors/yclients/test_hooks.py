"""The hot door of YClients' notices: on disk before it answers, believed in nothing."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from kommutator.flows.secrets import open_account
from tests.support.yclients_service import HERE, SALON, SECOND, SalonService, open_salon_service

PATH = "/api/v1/webhooks/yclients"
NOTICE: dict[str, Any] = {
    "company_id": SALON,
    "resource": "record",
    "resource_id": 5,
    "status": "update",
    "data": {"id": 5, "last_change_date": "2026-07-20T14:07:40+0300"},
}


@pytest.fixture
async def service(database_url: str) -> AsyncIterator[SalonService]:
    async with open_salon_service(database_url) as opened:
        await opened.install(SALON)
        yield opened


async def secret_of(service: SalonService) -> str:
    (row,) = await service.fetch("SELECT id FROM connections WHERE kind = 'yclients'")
    async with service.house.db.unit() as unit:
        record = await unit.connections.get(HERE, row["id"])
    return open_account(service.house.vault, record).secrets["hook_secret"]


async def journaled(service: SalonService) -> list[tuple[str, str]]:
    rows = await service.fetch("SELECT enterprise, kind FROM journal WHERE source = 'yclients'")
    return [(row["enterprise"], row["kind"]) for row in rows]


async def test_a_notice_is_journaled_once_whatever_else_is_wrong_with_it(
    service: SalonService,
) -> None:
    """One service for all: each of these is a request or two."""
    secret, call = await secret_of(service), service.caller
    for _ in range(2):  # a repeat is a success, too
        answer = await call("POST", f"{PATH}/{secret}", json=NOTICE)
        assert (answer.status, answer.body) == (200, {"success": True})
    assert await journaled(service) == [(HERE, "record")]
    changed = {**NOTICE, "data": {**NOTICE["data"], "comment": "и это"}}
    assert (await call("POST", f"{PATH}/{secret}", json=changed)).status == 200
    unknown = {**NOTICE, "resource": "goods_operations_sale"}
    assert (await call("POST", f"{PATH}/{secret}", json=unknown)).status == 200
    assert len(await journaled(service)) == 3

    refused = [
        (secret, {**NOTICE, "company_id": SECOND}, 403, "yclients_hook_foreign"),
        (secret, {"resource": "record"}, 400, "yclients_hook_malformed"),
        (secret, [NOTICE], 400, "yclients_hook_malformed"),
        (secret[:-1], NOTICE, 401, "yclients_hook_secret_unknown"),
        ("0" * 32 + ".x", NOTICE, 401, "yclients_hook_secret_unknown"),
        (f"record/{secret}", NOTICE, 401, "yclients_hook_secret_unknown"),
    ]
    for given, body, status, code in refused:
        answer = await call("POST", f"{PATH}/{given}", json=body)
        assert (answer.status, answer.code) == (status, code), (given, body)
        assert secret not in answer.text
    answer = await call("GET", f"{PATH}/{secret}")
    assert (answer.status, answer.code) == (405, "yclients_hook_post_only")
    assert len(await journaled(service)) == 3
    broken = await call("POST", f"{PATH}/{secret}", data=b"\xff{", headers={})
    assert (broken.status, broken.code) == (400, "yclients_hook_malformed")
    text = (await call.get("/api/v1/openapi.json")).text
    described = json.loads(text)["paths"][f"{PATH}/{{secret}}"]["post"]
    assert described["operationId"] == "take_yclients_hook"


async def test_what_becomes_as_it_was_before_is_news(service: SalonService) -> None:
    """A service has no moment of its change, and of a schedule the body tells nothing."""
    secret = await secret_of(service)
    told = {"company_id": SALON, "status": "update", "resource_id": 7}
    for resource, data in (
        ("service", {"id": 7, "price_min": 100}),
        ("service", {"id": 7, "price_min": 200}),
        ("service", {"id": 7, "price_min": 100}),
        ("schedule", []),
        ("schedule", []),
    ):
        body = {**told, "resource": resource, "data": data}
        assert (await service.caller("POST", f"{PATH}/{secret}", json=body)).status == 200
    kinds = [kind for _, kind in await journaled(service)]
    assert (kinds.count("service"), kinds.count("schedule")) == (3, 2)
