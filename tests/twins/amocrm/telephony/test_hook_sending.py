"""The ladder of retries, the rule that switches a webhook off, and the knobs of bad weather."""

from typing import Any

import pytest

from kommutator.twins.amocrm.hook_form import encode_form
from kommutator.twins.amocrm.hook_ladder import next_delay
from tests.twins.amocrm.telephony.desk import Desk, Hearer
from tests.twins.amocrm.telephony.test_hook_bodies import change


@pytest.mark.parametrize(
    ("attempt", "code", "delay"),
    [
        (1, 404, 300.0),
        (1, 0, 300.0),
        (2, 301, 900.0),
        (3, 404, None),
        (3, 503, 900.0),
        (4, 499, 3600.0),
        (4, 404, None),
        (5, 500, None),
        (1, 204, None),
    ],
)
def test_ladder(attempt: int, code: int, delay: float | None) -> None:
    assert next_delay(attempt, code) == delay


def test_ladder_with_the_other_reading() -> None:
    assert next_delay(3, 404, always=True) == 900.0


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"a": {"b": [{"c": 1}, {"c": "х у"}]}},
         "a%5Bb%5D%5B0%5D%5Bc%5D=1&a%5Bb%5D%5B1%5D%5Bc%5D=%D1%85+%D1%83"),
        ({"yes": True, "no": False, "none": None, "empty": ""}, "yes=1&no=0&empty="),
    ],
)  # fmt: skip
def test_form(body: dict[str, Any], text: str) -> None:
    assert encode_form(body) == text


async def touch(desk: Desk, price: int = 1) -> None:
    change(desk, "leads", "update", desk.card("leads"), price=price)


async def test_five_attempts_on_the_twins_clock(desk: Desk, hearer: Hearer) -> None:
    hearer.status = 503
    await desk.subscribe(hearer.url, "update_lead")
    await touch(desk)
    for number, seconds in enumerate((300, 900, 900, 3600), 1):
        await desk.deliveries("bad", number)
        await desk.order("clock", advance=seconds - 1)
        assert len(hearer.bodies) == number
        await desk.order("clock", advance=1)
    rows = await desk.deliveries("bad", 5)
    assert [row["attempt"] for row in rows] == [1, 2, 3, 4, 5]
    assert len({row["request_id"] for row in rows}) == 5
    assert len(set(hearer.bodies)) == 1
    await desk.order("clock", advance=100_000)
    assert len(await desk.deliveries("bad", 5)) == 5


async def test_a_404_is_tried_three_times(desk: Desk, hearer: Hearer) -> None:
    hearer.status = 404
    desk.world.switches.hook_same_request_id = True
    await desk.subscribe(hearer.url, "update_lead")
    await touch(desk)
    for number in (1, 2, 3):
        await desk.deliveries("bad", number)
        await desk.order("clock", advance=900)
    rows = await desk.deliveries("bad", 3)
    assert len(rows) == 3
    assert len({row["request_id"] for row in rows}) == 1


@pytest.mark.parametrize("counted_as", [499, 0])
async def test_two_seconds_of_silence(desk: Desk, hearer: Hearer, counted_as: int) -> None:
    hearer.silent = True
    desk.world.switches.hook_timeout_status = counted_as
    await desk.subscribe(hearer.url, "update_lead")
    await touch(desk)
    (row,) = await desk.deliveries("bad", 1)
    assert (row["status"], 2000 <= row["ms"] < 2900) == (counted_as, True)


async def test_the_101st_bad_answer_switches_it_off(desk: Desk, hearer: Hearer) -> None:
    hearer.status = 500
    desk.world.switches.hook_gather = False
    await desk.subscribe(hearer.url, "update_lead")
    for price in range(100):
        await touch(desk, price)
    await desk.deliveries("bad", 100)
    assert not (await hooks(desk))[0]["disabled"]
    await touch(desk)
    await desk.deliveries("bad", 101)
    assert (await hooks(desk))[0]["disabled"] is True
    hearer.status = 200
    await touch(desk)
    assert len(hearer.bodies) == 101
    again = await desk.subscribe(hearer.url, "update_lead")
    assert again.json["disabled"] is False
    await touch(desk)
    await desk.deliveries("good", 1)


async def test_reposting_may_not_help(desk: Desk, hearer: Hearer) -> None:
    desk.world.switches.hook_repost_enables = False
    await desk.subscribe(hearer.url, "update_lead")
    next(iter(desk.account.hooks.values())).disabled = True
    assert (await desk.subscribe(hearer.url, "update_lead")).json["disabled"] is True
    told = await desk.order("hooks", destination=hearer.url, disabled=False)
    assert told["disabled"] is False


async def test_bad_answers_of_other_hours_are_forgotten(desk: Desk, hearer: Hearer) -> None:
    hearer.status = 400
    desk.world.switches.hook_gather = False
    await desk.subscribe(hearer.url, "update_lead")
    for price in range(100):
        await touch(desk, price)
    await desk.deliveries("bad", 100)
    desk.world.clock.advance(10)
    await desk.order("hooks", destination=hearer.url, remove=True)
    await desk.subscribe(hearer.url, "update_lead")
    assert (await hooks(desk))[0]["disabled"] is False
    await desk.order("clock", advance=8000)
    await touch(desk)
    await desk.deliveries("bad", 101)
    assert (await hooks(desk))[0]["disabled"] is False


async def hooks(desk: Desk) -> list[dict[str, Any]]:
    reply = await desk.ask("GET", "/api/v4/webhooks")
    return list(reply.json["_embedded"]["webhooks"])


async def test_lost_and_doubled(desk: Desk, hearer: Hearer) -> None:
    await desk.subscribe(hearer.url, "update_lead")
    desk.world.switches.hook_loss = 1.0
    await touch(desk)
    await desk.deliveries("lost", 1)
    desk.world.switches.hook_loss, desk.world.switches.hook_duplicate = 0.0, 1.0
    await touch(desk)
    await desk.deliveries("good", 2)
    assert hearer.bodies[0] == hearer.bodies[1]
    assert len(hearer.bodies) == 2


async def test_out_of_order(desk: Desk, hearer: Hearer) -> None:
    desk.world.switches.hook_gather = False
    desk.world.switches.hook_reorder = 1.0
    await desk.subscribe(hearer.url, "update_lead")
    await touch(desk, 1)
    await touch(desk, 2)
    prices = [b["leads"]["update"]["0"]["price"] for b in await hearer.heard(2)]
    assert prices == ["2", "1"]


async def test_delayed(desk: Desk, hearer: Hearer) -> None:
    desk.world.switches.hook_delay_seconds = 60.0
    await desk.subscribe(hearer.url, "update_lead")
    await touch(desk)
    await desk.deliveries("waiting", 1)
    assert hearer.bodies == []
    await desk.order("clock", advance=60)
    await hearer.heard()


async def test_a_storm_is_measured(desk: Desk, hearer: Hearer) -> None:
    await desk.subscribe(hearer.url, "update_lead", "update_contact", "update_company")
    told = await desk.order("storm", per_second=200, seconds=0.5)
    assert (told["told"], told["sent"], told["good"]) == (100, 100, 100)
    assert told["codes"] == {"200": 100}
    assert 0 < told["p50_ms"] <= told["p99_ms"] < 2000
    assert len(hearer.bodies) == 100
