"""`up` and `api` as processes: what they serve, what they must not know, how they end."""

import os
import signal
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import typer

from kommutator.cli.frame import run as run_command
from kommutator.cli.frame import settings_with
from kommutator.kit.postgres import PostgresStartError
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


def test_any_port_is_a_real_one_for_whoever_must_be_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The demo's PBX asks at it, and links name it: 0 would be nobody's address."""
    for name in [name for name in os.environ if name.startswith("KOMMUTATOR_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("KOMMUTATOR_HOME", str(tmp_path))
    settings = settings_with(port=0)
    assert settings.port > 0
    assert settings.public_url.endswith(f":{settings.port}")


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


@pytest.mark.parametrize("role", ["worker", "pbx"])
async def test_processes_without_callers_can_be_watched(
    tmp_path: Path, database_url: str, session: aiohttp.ClientSession, role: str
) -> None:
    port = free_port()
    async with start(role, "--port", str(port), env=env_of(tmp_path, database_url)) as command:
        await command.until(f"Running: {role}.")
        watcher = Caller(session, f"http://127.0.0.1:{port}")
        statuses = {
            path: (await watcher.get(path)).status
            for path in ("/health", "/ready", "/metrics", "/api/v1/calls", "/console/")
        }
        assert list(statuses.values()) == [200, 200, 200, 404, 404]
        assert "kommutator_lane" in (await watcher.get("/metrics")).text
        assert await command.end() == 0


async def test_two_ups_do_not_share_a_home(tmp_path: Path, database_url: str) -> None:
    env = env_of(tmp_path, database_url, port=free_port())
    async with start("up", "--no-demo", env=env) as first:
        await first.until("Login:")
        code, said = await run("up", "--no-demo", env=env | {"KOMMUTATOR_PORT": str(free_port())})
        assert (code, "Traceback" in said) == (1, False)
        assert said.startswith(f"Another kommutator up works in the folder {tmp_path}.")
        assert await first.end() == 0
    async with start("up", "--no-demo", env=env) as again:
        await again.until("Login:")


async def test_a_home_that_is_no_folder_is_a_sentence(tmp_path: Path, database_url: str) -> None:
    home = tmp_path / "file"
    home.touch()
    for demo in ("--demo", "--no-demo"):
        code, said = await run("up", demo, env=env_of(home, database_url, port=free_port()))
        assert code == 1
        assert said.startswith(f"The folder {home} cannot be written (File exists).")


@pytest.mark.parametrize("option", ["--crm-port", "--street-port"])
async def test_a_taken_port_of_the_demo_is_a_sentence(
    tmp_path: Path, database_url: str, option: str
) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()  # no apt: nobody waits for an Asterisk
    env = env_of(tmp_path, database_url, port=free_port()) | {"PATH": str(tools)}
    with socket.create_server(("127.0.0.1", 0)) as squatter:
        port = squatter.getsockname()[1]
        ports = {"--crm-port": "0", "--street-port": "0", option: str(port)}
        code, said = await run("up", *(word for pair in ports.items() for word in pair), env=env)
    assert code == 1
    assert said.endswith(f"Port {port} is taken. Free it or choose another: {option} 0.\n")


async def test_a_folder_that_cannot_hold_a_database_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "postgres").touch()
    code, said = await run("up", "--no-demo", env=environment(tmp_path, port=free_port()))
    assert code == 1
    assert said.startswith(f"The folder {tmp_path / 'postgres'} cannot be written (")


def test_a_full_disk_is_a_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")

    async def initdb() -> None:
        words = "creating configuration files ... ok\nFATAL:  No space left on device\nremoved"
        raise PostgresStartError(f"initdb failed:\n{words}\n")

    with pytest.raises(typer.Exit) as ended:
        run_command(initdb())
    assert ended.value.exit_code == 1
    assert capsys.readouterr().out.startswith(
        "Our own database did not start: FATAL:  No space left on device. Check the disk space"
    )
