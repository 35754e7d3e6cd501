"""A newcomer's first minutes: `kommutator up`, then `kommutator demo` in another window."""

import os
import re
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from kommutator.store.database import Database
from tests.support.command import Command, environment, left_behind, run, start
from tests.support.pbx import pbx_cache
from tests.support.town import free_port
from tests.support.waiting import eventually

WARM_S = 5.0


@asynccontextmanager
async def up(env: dict[str, str]) -> AsyncIterator[Command]:
    """A started demo, after it said the last line of its welcome."""
    args = ("up", "--crm-port", "0", "--street-port", "0", "--port", env["KOMMUTATOR_PORT"])
    async with start(*args, env=env) as command:
        await command.until("make demo")
        yield command


def seconds_to_ready(command: Command) -> float:
    found = re.search(r"is up, it took ([\d.]+) s", command.said)
    assert found is not None, command.said
    return float(found[1])


async def the_demo_is_right(env: dict[str, str]) -> None:
    code, said = await run("demo", env=env)
    assert code == 0, said
    assert said.endswith("All is right: the CRM holds exactly one record of this call.\n")


@pytest.mark.pbx
async def test_first_start_demo_warm_start_and_ctrl_c(
    postgres_home: Path, asterisk_installation: object
) -> None:
    """With the embedded database and the real Asterisk, everything in one home."""
    (postgres_home / "cache").mkdir(mode=0o755)
    (postgres_home / "cache" / "asterisk").symlink_to(pbx_cache().absolute())
    env = environment(postgres_home, port=free_port())
    async with up(env) as command:
        assert "Asterisk:        a real one" in command.said
        password = re.search(r"Password: +(\S+)  \(shown this once\)", command.said)
        assert password is not None
        await the_demo_is_right(env)
        assert await command.end(signal.SIGINT) in (0, 130)
    assert left_behind(postgres_home) == []
    async with up(env) as command:
        assert "the one from the first start" in command.said
        # On a machine that is busy with other things its clock says nothing about us.
        if os.getloadavg()[0] <= (os.cpu_count() or 1):
            assert seconds_to_ready(command) < WARM_S
        await the_demo_is_right(env)
        assert await command.end(signal.SIGTERM) == 0
    assert "Traceback" not in command.said
    assert left_behind(postgres_home) == []


@pytest.mark.pbx
async def test_a_crashed_asterisk_comes_back(
    tmp_path: Path, database_url: str, asterisk_installation: object
) -> None:
    (tmp_path / "cache").mkdir(mode=0o755)
    (tmp_path / "cache" / "asterisk").symlink_to(pbx_cache().absolute())
    env = environment(tmp_path, database_url=database_url, port=free_port())
    async with up(env) as command:
        control = tmp_path / "asterisk" / "run" / "asterisk.pid"
        os.kill(int(control.read_text()), signal.SIGKILL)
        await command.until("pbx_link_down")
        await command.until("pbx_link_up")
        await the_demo_is_right(env)
        assert await command.end(signal.SIGINT) in (0, 130)
    assert left_behind(tmp_path) == []


@pytest.mark.pbx
async def test_the_number_with_smart_redirect_asks_whose_phone_shall_ring(
    tmp_path: Path, database_url: str, asterisk_installation: object
) -> None:
    (tmp_path / "cache").mkdir(mode=0o755)
    (tmp_path / "cache" / "asterisk").symlink_to(pbx_cache().absolute())
    env = environment(tmp_path, database_url=database_url, port=free_port())
    async with up(env) as command:
        street = re.search(r"Client's phone: +(\S+)", command.said)
        assert street is not None
        async with aiohttp.ClientSession() as session:
            async with session.get(street[1]) as page:
                token = re.search(r'data-token="([^"]+)"', await page.text())
            assert token is not None
            headers = {"X-Street-Token": token[1]}
            wish = {"caller": "+375000000070", "talk_s": 1, "line": "routed"}
            async with session.post(f"{street[1]}/call", json=wish, headers=headers) as reply:
                assert (await reply.json())["way"] == "sip"
        db = await Database.open(database_url, size=1)

        async def asked() -> bool:
            async with db.single() as unit:
                return bool(await unit.connection.fetchval("SELECT count(*) FROM route_answers"))

        await eventually(asked)
        await db.close()
        assert await command.end(signal.SIGINT) in (0, 130)


async def test_without_asterisk_the_demo_speaks_http(tmp_path: Path, database_url: str) -> None:
    """A machine without apt cannot have Asterisk; everything else works."""
    tools = tmp_path / "bin"
    tools.mkdir()
    env = environment(tmp_path, database_url=database_url, port=free_port()) | {"PATH": str(tools)}
    assert shutil.which("apt-get", path=env["PATH"]) is None
    async with up(env) as command:
        assert "not available on this machine (this machine has no apt-get" in command.said
        await the_demo_is_right(env)
        street = re.search(r"Client's phone: +(\S+)", command.said)
        assert street is not None
        async with aiohttp.ClientSession() as session:
            async with session.get(street[1]) as page:
                assert (page.status, page.content_type) == (200, "text/html")
            async with session.post(f"{street[1]}/call", json={"caller": "+375000000071"}) as reply:
                assert reply.status == 403
        assert await command.end(signal.SIGINT) in (0, 130)
    assert left_behind(tmp_path) == []


async def test_demo_without_up_says_what_to_do(tmp_path: Path) -> None:
    code, said = await run("demo", env=environment(tmp_path))
    assert (code, said) == (1, "The system is not running. Start it in another window: make up\n")
