"""`up` and `api` as processes: what they serve, what they must not know, how they end."""

import signal
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.support.command import environment, left_behind, run, start
from tests.support.house import MASTER_KEYS
from tests.support.service import Caller, Service, open_service
from tests.support.town import free_port
from tests.support.waiting import eventually

_UP_THAT_TRIES_THE_TWINS = """
import asyncio, sys
from kommutator.cli import app, processes
from kommutator.serve import until_told

async def look_first():
    try:
        import kommutator.twins
    except ImportError as refused:
        print("no twins:", refused, flush=True)
    loaded = [name for name in sys.modules if name.startswith("kommutator.twins.")]
    print("twins loaded:", loaded, flush=True)
    await until_told()

processes.until_told = look_first
sys.argv = ["kommutator", "up", "--no-demo"]
app()
"""


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as opened:
        yield opened


def env_of(home: Path, dsn: str, **settings: object) -> dict[str, str]:
    return environment(home, database_url=dsn, master_keys=MASTER_KEYS, **settings)


async def test_production_knows_no_twins_and_ends_in_time(
    tmp_path: Path, database_url: str, session: aiohttp.ClientSession
) -> None:
    port = free_port()
    env = env_of(tmp_path, database_url, port=port)
    async with start(env=env, code=_UP_THAT_TRIES_THE_TWINS) as command:
        said = await command.until("twins loaded:")
        assert "no twins: import of kommutator.twins halted" in said
        assert said.endswith("twins loaded: []\n")
        assert "Fake RetailCRM" not in said
        health = await Caller(session, f"http://127.0.0.1:{port}").get("/health")
        assert (health.status, health.body["status"]) == (200, "ok")
        began = time.perf_counter()
        assert await command.end(signal.SIGTERM) == 0
        assert time.perf_counter() - began < 5.0
    assert "Traceback" not in command.said
    assert left_behind(tmp_path) == []


async def test_a_taken_port_ends_in_a_sentence(tmp_path: Path, database_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said = await run("api", "--port", str(port), env=env_of(tmp_path, database_url))
    assert code == 1
    assert str(port) in said
    assert "Traceback" not in said


async def test_nobody_serves_a_family_that_does_not_exist(
    tmp_path: Path, database_url: str
) -> None:
    code, said = await run("api", "--only", "retialcrm", env=env_of(tmp_path, database_url))
    assert code == 2
    assert "retailcrm" in said


async def _alone(service: Service, alone: Caller) -> None:
    statuses = {
        path: (await alone.get(path)).status
        for path in ("/health", "/retailcrm/static/logo.svg", "/console/", "/console/login")
    }
    assert statuses == {
        "/health": 200, "/retailcrm/static/logo.svg": 200, "/console/": 404, "/console/login": 404,
    }  # fmt: skip
    assert (await service.stranger.get("/console/login")).status == 200
    for prefix in ("/api", "/retailcrm/api"):
        phones = await alone.get(f"{prefix}/internal-phones/0367")
        assert [phone["phone_number"] for phone in phones.body["phones"]] == ["150", "151", "152"]


async def test_one_crms_service_by_itself_shares_everything(
    tmp_path: Path, database_url: str, session: aiohttp.ClientSession
) -> None:
    """Two processes on one database: what is saved in one is true in the other at once."""
    port = free_port()
    async with open_service(database_url) as service:
        await service.connect()
        env = env_of(tmp_path, database_url, private_hosts="127.0.0.1")
        args = ("api", "--only", "retailcrm", "--port", str(port))
        async with start(*args, env=env) as command:
            await command.until("Running: api.")
            headers = {"x_api_key": service.admin.headers["x-api-key"]}
            alone = Caller(session, f"http://127.0.0.1:{port}", **headers)
            await _alone(service, alone)

            async def enabled() -> bool:
                reply = await alone.get("/retailcrm/api/config-cache/matrix/0367")
                return bool(reply.body["integrations"]["retailcrm"])

            assert await enabled()
            for wanted in (False, True, False):
                change: dict[str, Any] = {"json": {"enabled": wanted}}
                saved = await service.admin("PUT", "/retailcrm-admin/api/config/0367", **change)
                assert saved.body["config"]["enabled"] is wanted

                async def seen(wanted: bool = wanted) -> bool:
                    return await enabled() is wanted

                await eventually(seen, 5.0)
            assert await command.end() == 0
