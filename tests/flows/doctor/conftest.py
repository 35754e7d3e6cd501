"""A sound house with one enterprise, and a fake CRM, for each test of the doctor."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from kommutator.flows.house import House
from kommutator.twins import RunningTwins, TwinsConfig, start_twins
from tests.support.house import TenantOfTests, open_house, settle_tenant


@pytest.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(
        database_url, private_hosts="127.0.0.1", home=str(tmp_path / "home")
    ) as opened:
        yield opened


@pytest.fixture
async def here(house: House) -> TenantOfTests:
    return await settle_tenant(house, "0367")


@pytest.fixture
async def crm() -> AsyncIterator[dict[str, Any]]:
    """The address and keys of a fake CRM."""
    config = TwinsConfig(ports={"retailcrm": 0}, environment={})
    running: RunningTwins
    async with await start_twins(config) as running:
        root = running.base_urls["retailcrm"]
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{root}/_twin/credentials") as answer,
        ):
            account: dict[str, Any] = (await answer.json())["accounts"][0]
        yield {**account, "root": root}
