"""A real Prometheus (Debian package `prometheus`), and its promtool."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NoReturn

import aiohttp
import pytest

from tests.support.town import free_port
from tests.support.waiting import eventually

SCRAPE_S = 1
FETCHED = Path(__file__).parents[2] / ".cache/prometheus/usr/bin"


def program(name: str) -> str:
    """Where it is; without it the test is skipped, with CI=true it fails."""
    fetched = FETCHED / name
    found = str(fetched) if fetched.is_file() else shutil.which(name)
    if found is None:
        _without(f"{name} is not there (tools/system-packages fetches it)")
    return found


def _without(reason: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


async def promtool(*args: str, given: bytes = b"") -> tuple[int, str]:
    """Exit code and everything said."""
    process = await asyncio.create_subprocess_exec(
        program("promtool"),
        *args,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate(given)
    return process.returncode or 0, said.decode()


class Prometheus:
    """One that runs and scrapes."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def ask(self, query: str) -> Sequence[dict[str, Any]]:
        """The vector that the query is now; an invalid query fails the test."""
        params = {"query": query}
        async with self._session.get(f"{self._url}/api/v1/query", params=params) as reply:
            body = await reply.json()
        assert body["status"] == "success", (query, body)
        result: Sequence[dict[str, Any]] = body["data"]["result"]
        return result

    async def scraped(self, times: int) -> bool:
        """Whether the target answered as often."""
        counted = await self.ask("count_over_time(up[10m])")
        healthy = await self.ask("up == 1")
        return bool(healthy and counted and int(counted[0]["value"][1]) >= times)


@asynccontextmanager
async def prometheus(folder: Path, target: str, rules: Path) -> AsyncIterator[Prometheus]:
    """Scrapes `target` (host:port) each second, under the job name of our rules."""
    server = program("prometheus")
    config = folder / "prometheus.yml"
    config.write_text(
        f"global: {{scrape_interval: {SCRAPE_S}s, evaluation_interval: {SCRAPE_S}s}}\n"
        f"rule_files: ['{rules}']\n"
        f"scrape_configs: [{{job_name: kommutator, static_configs: [{{targets: ['{target}']}}]}}]\n"
    )
    listen = f"127.0.0.1:{free_port()}"
    log = (folder / "prometheus.log").open("wb")
    process = await asyncio.create_subprocess_exec(
        server,
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={listen}",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=log,
    )
    try:
        async with aiohttp.ClientSession() as session:
            running = Prometheus(session, f"http://{listen}")

            async def answers() -> bool:
                try:
                    return await running.scraped(1)
                except aiohttp.ClientError:
                    return False

            await eventually(answers, limit_s=30)
            yield running
    finally:
        process.terminate()
        await process.wait()
        log.close()
