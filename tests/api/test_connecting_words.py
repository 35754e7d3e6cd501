"""The paths of connecting keep their word for made-up requests: described answers, no 500."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from kommutator.doors.http import amocrm
from kommutator.doors.http.app import create_app
from tests.api.test_schemathesis import attack, served
from tests.support.house import open_house, settle_tenant
from tests.support.oauth import Vendor

MINE = (
    "/api/amo-crm",
    *(f"/api/v1/amocrm/{name}" for name in ("auth", "status", "claim", "secrets", "uninstalled")),
    "/api/v1/amocrm/disconnect",
)


@pytest.fixture
async def target(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Any, dict[str, str]]]:
    vendor = Vendor()
    monkeypatch.setattr("kommutator.compose.grants.AmoCrmAuthorizer", lambda *_, **__: vendor)
    settings = {
        "amocrm_client_id": "the-integration",
        "amocrm_client_secret": "not-a-real-integration-secret-of-64",
        "api_rate": "100000",
        "api_burst": "100000",
    }
    async with open_house(database_url, **settings) as house:
        tenant = await settle_tenant(house, "0411")
        yield create_app(house, families={"amocrm": amocrm.add}), tenant.headers


async def test_the_paths_of_connecting_keep_their_word(
    target: tuple[Any, dict[str, str]],
) -> None:
    app, headers = target
    loop = asyncio.get_running_loop()

    def run() -> dict[str, int]:
        answers: dict[str, int] = {}
        with served(app, loop) as base_url:
            for below in MINE:
                for status, times in attack(app, headers, base_url, below=below).items():
                    answers[status] = answers.get(status, 0) + times
        return answers

    answers = await asyncio.to_thread(run)
    assert set(answers) == {"2xx", "4xx"}
    assert answers["2xx"] > 10
