"""Promise: the graph is honest. After a chaos run the counters equal the rows."""

import random
from collections import Counter
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.stories.chaos.traffic import Traffic
from tests.support.town import METRICS_TOKEN, Process, Town, open_town
from tests.support.waiting import eventually

_DELIVERED = "/api/v5/telephony/call"
"""What commands send; the phone book's look-ups are no attempts of the outbox."""
ROWS = """
SELECT 'journal ' || state AS name, count(*) AS n FROM journal WHERE source = 'http' GROUP BY 1
UNION ALL SELECT 'outbox ' || state, count(*) FROM outbox GROUP BY 1
UNION ALL SELECT 'attempts ' || coalesce(error_kind, 'done'), count(*) FROM attempts
    WHERE outbox_id IS NOT NULL GROUP BY 1"""


async def rows(town: Town) -> Counter[str]:
    return Counter({row["name"]: row["n"] for row in await town.fetch(ROWS)})


async def counters(town: Town) -> Counter[str]:
    """What the process says of itself, in the words of `ROWS`."""
    headers = {"authorization": f"Bearer {METRICS_TOKEN}"}
    async with town.http.get(f"{town.url}/metrics", headers=headers) as answer:
        assert answer.status == 200
        text = await answer.text()
    said: Counter[str] = Counter()
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels, value = sample.labels, int(sample.value)
            match sample.name:
                case "kommutator_arrivals_total":
                    said[f"arrivals {labels['outcome']}"] += value
                case "kommutator_decisions_total":
                    said[f"journal {labels['verdict']}"] += value
                case "kommutator_commands_finished_total":
                    said[f"outbox {labels['state']}"] += value
                case "kommutator_attempts_total":
                    said[f"attempts {labels['result']}"] += value
                case "kommutator_http_requests_total" if labels["route"] == "/api/events":
                    said["requests"] += value
    return said


async def counted(town: Town, first: Counter[str], grown: Counter[str]) -> Counter[str]:
    """Counters since `first`; a row is there a moment before it is counted."""
    said = Counter[str]()

    async def all_done() -> bool:
        nonlocal said
        said = await counters(town) - first
        return said["outbox done"] >= grown["outbox done"]

    await eventually(all_done)
    return said


async def queues(town: Town) -> dict[str, int]:
    headers = {"authorization": f"Bearer {METRICS_TOKEN}"}
    async with town.http.get(f"{town.url}/stats", headers=headers) as answer:
        return (await answer.json())["queues"]


async def killed_and_back(process: Process) -> None:
    """Counters begin at zero again."""
    process.kill()
    await eventually(lambda: process.starts == 2)
    await process.ready()


@pytest.mark.timeout(240)
async def test_counters_equal_rows_after_chaos(database_url: str, logs: Path) -> None:
    async with open_town(database_url, logs, tenants=2) as town:
        process = await town.up()
        traffic = Traffic(town, random.Random(10))  # noqa: S311  the same calls at each run
        await traffic.tell(traffic.calls(20))
        await killed_and_back(process)
        await eventually(town.quiet, 60)
        before, told = await rows(town), traffic.acknowledged
        first = await counters(town)
        for tenant in town.tenants:
            await tenant.crm.order("faults", kind="html_502", count=2, path=_DELIVERED)
            await tenant.crm.order("faults", kind="drop", after=True, count=1, path=_DELIVERED)
        later = Traffic(town, random.Random(11))  # noqa: S311  as above
        calls = later.calls(60)[20:]  # new names
        await later.tell(calls)
        await eventually(town.quiet, 90)
        grown = await rows(town) - before
        said = await counted(town, first, grown)
        assert told > 0
        assert grown["attempts transient"] + grown["attempts unsure"] >= 6
        assert said.pop("requests") == later.acknowledged
        assert said.pop("arrivals accepted") == grown["journal decided"] == 3 * len(calls)
        assert said.pop("arrivals duplicate") == later.doubled
        assert said == grown
        waiting = {name: n for name, n in (await queues(town)).items() if n}
        assert waiting == {}, waiting
