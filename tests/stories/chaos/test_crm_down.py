"""The CRM is down, or takes what we say and loses its answer: in the end it holds all once."""

import json
import random
from collections import Counter
from pathlib import Path

import pytest

from tests.stories.chaos.ledger import (
    assert_every_command_is_done,
    assert_order_was_kept,
    assert_the_crms_hold,
    assert_the_disk_holds,
)
from tests.stories.chaos.traffic import Traffic
from tests.support.town import Crm, Town, open_town
from tests.support.waiting import eventually

DOWN_S = 25.0
CALLS = 60
WRITES = ("customers/create", "orders/create", "tasks/create")
RULES = [
    {"create": "customer", "client": "new", "name": "Chaos"},
    {"create": "order", "method": "phone"},
    {"create": "task", "text": "Call back", "performer": "150"},
]


async def requests(crm: Crm) -> int:
    """How often the CRM was asked, whatever it said."""
    return sum((await crm.state())["requests"].values())


async def breaker(town: Town) -> str:
    return await town.value("SELECT breaker FROM lanes WHERE lane LIKE 'crm:%'")


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_dead_crm_is_probed_seldom_and_then_told_all_in_order(
    database_url: str, logs: Path
) -> None:
    async with open_town(database_url, logs) as town:
        await town.run("api", "api")
        await town.run("worker", "worker")
        (tenant,) = town.tenants
        fault = await tenant.crm.order("faults", kind="html_502")
        traffic = Traffic(town, random.Random(7))  # noqa: S311  the same calls at each run
        before = await requests(tenant.crm)
        calls = traffic.calls(CALLS)
        await traffic.tell(calls)
        clock = town.seat.house.clock
        end = clock.monotonic() + DOWN_S
        await eventually(lambda: clock.monotonic() >= end, DOWN_S + 5)
        assert await breaker(town) in ("open", "half_open")
        knocks = await requests(tenant.crm) - before
        # Five failures open it, up to three more were under way; then one probe per pause. The
        # phone book's look-ups (four at once at first) and its read add a few of their own.
        assert 5 <= knocks <= 20, knocks
        assert fault["kind"] == "html_502"
        await tenant.crm.heal()
        await eventually(town.quiet, 90)
        assert await breaker(town) == "closed"
        await assert_the_disk_holds(town, calls, traffic)
        await assert_every_command_is_done(town)
        await assert_the_crms_hold(town, calls)
        await assert_order_was_kept(town)


@pytest.mark.timeout(240)
async def test_lost_answers_make_no_second_effect(database_url: str, logs: Path) -> None:
    async with open_town(database_url, logs) as town:
        (tenant,) = town.tenants
        await _with_rules(town)
        for path, count in (("customers/create", 2), ("orders/create", 2), ("tasks/create", 2)):
            await _lose_answers(tenant.crm, f"/api/v5/{path}", count)
        await _lose_answers(tenant.crm, "/api/v5/telephony/calls/upload", 1)
        await _lose_answers(tenant.crm, "/api/v5/telephony/call/event", 3)
        await town.up()
        traffic = Traffic(town, random.Random(8))  # noqa: S311  the same calls at each run
        calls = traffic.calls(5)
        await traffic.tell(calls)
        await eventually(town.quiet, 120)
        await assert_every_command_is_done(town)
        await assert_the_crms_hold(town, calls)
        await _assert_one_of_each(tenant.crm, [c.events[0]["payload"]["phone"] for c in calls])
        repeated = await town.value("SELECT count(*) FROM outbox WHERE attempts > 1")
        assert repeated >= 6


async def _with_rules(town: Town) -> None:
    (tenant,) = town.tenants
    async with town.seat.house.db.unit() as unit:
        await unit.connection.execute(
            "UPDATE connections SET config = config || $2::text::jsonb WHERE enterprise = $1",
            tenant.number,
            json.dumps({"rules": RULES, "default_performer": "19"}),
        )


async def _lose_answers(crm: Crm, path: str, count: int) -> None:
    """The next `count` requests take effect and their connection breaks."""
    await crm.order("faults", kind="drop", after=True, path=path, count=count)


async def _assert_one_of_each(crm: Crm, phones: list[str]) -> None:
    state = await crm.state()
    one_each = dict.fromkeys(phones, 1)
    customers = Counter(p["number"] for c in state["customers"] for p in c["phones"])
    assert {p: customers[p] for p in phones} == one_each
    orders = Counter(order.get("phone") for order in state["orders"])
    assert {p: orders[p] for p in phones} == one_each
    tasks = Counter(task.get("phone") for task in state["tasks"])
    assert {p: tasks[p] for p in phones} == one_each
