"""What Grafana and Prometheus ask is asked of a running system, with a real Prometheus."""

import json
import re
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.stories.test_up import the_demo_is_right, up
from tests.support.amocrm_demo import AmoDemo
from tests.support.command import environment
from tests.support.pbx import pbx_cache
from tests.support.prometheus import Prometheus, prometheus, promtool
from tests.support.town import free_port
from tests.support.waiting import eventually

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = DEPLOY / "prometheus-rules.yaml"
DASHBOARDS = sorted((DEPLOY / "grafana").glob("*.json"))
_RANGE = "5m"  # what Grafana puts for $__rate_interval

# Panels of what went wrong: a labelled counter that never counted has no series yet.
QUIET = {
    "Clicks refused, by reason",
    "Время ответа ассистента",  # the demo's only turn may come before the first scrape
}


def queries(dashboard: Path) -> list[tuple[str, str]]:
    """(panel, query) of every panel, as Grafana would send it."""
    panels: list[dict[str, Any]] = json.loads(dashboard.read_text())["panels"]
    return [
        (panel["title"], target["expr"].replace("$__rate_interval", _RANGE))
        for panel in panels
        for target in panel.get("targets", ())
    ]


async def silent(running: Prometheus, dashboard: Path) -> set[str]:
    """Panels of which no query has data."""
    heard: dict[str, bool] = {}
    for panel, query in queries(dashboard):
        data = await running.ask(query)
        numbers = [point["value"][1] for point in data if point["value"][1] != "NaN"]
        heard[panel] = heard.get(panel, False) or bool(numbers)
    return {panel for panel, has_data in heard.items() if not has_data}


async def call_the_routed_number(session: aiohttp.ClientSession, street: str) -> None:
    """A call about which the PBX asks whose phone shall ring."""
    async with session.get(street) as page:
        token = re.search(r'data-token="([^"]+)"', await page.text())
    assert token is not None
    wish = {"caller": "+375000000070", "talk_s": 1, "line": "routed"}
    headers = {"X-Street-Token": token[1]}
    async with session.post(f"{street}/call", json=wish, headers=headers) as reply:
        assert (await reply.json())["way"] == "sip"


async def test_promtool_finds_no_fault_with_the_rules() -> None:
    code, said = await promtool("check", "rules", str(RULES))
    assert code == 0, said
    assert re.search(r"SUCCESS: \d{2,} rules found", said)


@pytest.mark.slow
@pytest.mark.pbx
async def test_every_panel_shows_a_running_system(
    tmp_path: Path, database_url: str, asterisk_installation: object
) -> None:
    (tmp_path / "cache").mkdir(mode=0o755)
    (tmp_path / "cache" / "asterisk").symlink_to(pbx_cache().absolute())
    port = free_port()
    env = environment(tmp_path, database_url=database_url, port=port)
    async with up(env) as command, prometheus(tmp_path, f"127.0.0.1:{port}", RULES) as running:
        await the_demo_is_right(env)
        street = re.search(r"Client's phone: +(\S+)", command.said)
        amocrm = re.search(r"Fake amoCRM: +(\S+)", command.said)
        password = re.search(r"Password: +(\S+)  \(shown this once\)", command.said)
        assert street is not None
        assert amocrm is not None
        assert password is not None
        await AmoDemo(f"http://127.0.0.1:{port}", amocrm[1], password[1]).live()
        async with aiohttp.ClientSession() as session:
            await call_the_routed_number(session, street[1])
            async with session.get(f"http://127.0.0.1:{port}/ready") as reply:
                assert reply.status == 200
            async with session.get(f"http://127.0.0.1:{port}/metrics") as reply:
                text = await reply.read()
        code, said = await promtool("check", "metrics", given=text)
        assert "error" not in said.lower(), said
        assert code in (0, 3), said  # 3: only a matter of style

        async def missing() -> set[str]:
            found = [await silent(running, dashboard) for dashboard in DASHBOARDS]
            return set().union(*found) - QUIET

        async def all_speak() -> bool:
            return not await missing()

        try:
            await eventually(all_speak, limit_s=60)
        except TimeoutError:
            pytest.fail(f"panels without data: {await missing()}")
        assert await running.ask('ALERTS{alertname="KommutatorDown"}') == []
        assert await command.end() == 0
