"""A campaign at work on a real database: who is called, by whom, and when it stops."""

from datetime import timedelta

import pytest

from kommutator.kit.errors import Conflict, InvalidInput
from tests.campaigns.scene import ADMIN, HERE, PLAN, Scene, phone
from tests.support.factories import execute, value


async def test_everybody_is_called_once_and_it_finishes(scene: Scene) -> None:
    campaign = await scene.campaign(phone(1), phone(2), phone(3))
    await scene.round()
    first, second = await scene.going()
    assert {first.extension, second.extension} == {"150", "151"}
    assert [first.client, second.client] == [phone(1), phone(2)]
    await scene.ends(first, "answered")
    await scene.ends(second, "failed", "bad_number")
    await scene.round()
    (third,) = await scene.going()
    assert third.client == phone(3)
    await scene.ends(third, "answered")
    await scene.round()
    shown = await scene.shown(campaign)
    assert (shown.row.state, shown.row.reason) == ("done", "all_called")
    assert shown.figures.results == {"talked": 2, "bad_number": 1}
    assert await scene.items(campaign) == {
        phone(1): ("done", "talked"), phone(2): ("done", "bad_number"),
        phone(3): ("done", "talked"),
    }  # fmt: skip


async def test_a_busy_client_is_called_again_after_ten_minutes(scene: Scene) -> None:
    campaign = await scene.campaign(phone(1))
    await scene.round()
    (call,) = await scene.going()
    await scene.ends(call, "busy", "busy")
    await scene.round()
    await scene.round(590)
    assert await scene.going() == []
    assert await scene.items(campaign) == {phone(1): ("waiting", "busy")}
    await scene.round(15)
    assert [one.client for one in await scene.going()] == [phone(1)]


async def test_do_not_call_counts_at_once(scene: Scene) -> None:
    campaign = await scene.campaign(phone(1), phone(2), concurrency=1)
    await scene.round()
    await scene.house.do_not_call.add(ADMIN, HERE, phone(2))
    (call,) = await scene.going()
    await scene.ends(call, "answered")
    await scene.round()
    assert await scene.going() == []
    assert (await scene.items(campaign))[phone(2)] == ("done", "do_not_call")


async def test_toll_fraud_rules_hold(scene: Scene) -> None:
    """Numbers that a click may not call, a campaign may not call either."""
    campaign = await scene.campaign("+12025550100", "+79005550100", "+78095550100", phone(1))
    await scene.round()
    assert sorted(one.client for one in await scene.placed()) == [phone(1), "+79005550100"]
    refused = [
        number for number, was in (await scene.items(campaign)).items() if was[1] == "refused"
    ]
    assert sorted(refused) == ["+12025550100", "+78095550100"]


async def test_agents_who_are_away_or_talking_are_left_alone(scene: Scene) -> None:
    async with scene.house.db.unit() as unit:
        await unit.presence.put(HERE, "150", "dinner", "crm")
        await unit.connection.execute(
            """INSERT INTO calls (enterprise, id, source, phase, direction, fold, started_at)
               VALUES ($1, 'x', 'ami', 'talking', 'in', $2, now())""",
            HERE,
            {"id": "x", "legs": {"a": {"party": {"kind": "extension", "number": "151"}}}},
        )
    campaign = await scene.campaign(phone(1))
    await scene.round()
    assert await scene.placed() == []
    assert (await scene.shown(campaign)).row.waits == "agents_busy"
    await execute(scene.house.db, "UPDATE calls SET phase = 'ended'")
    await scene.round()
    assert [one.extension for one in await scene.placed()] == ["151"]


async def test_no_agents_for_long_pauses_it(scene: Scene) -> None:
    async with scene.house.db.unit() as unit:
        for agent in ("150", "151"):
            await unit.presence.put(HERE, agent, "break", "crm")
    campaign = await scene.campaign(phone(1), alone_min=30)
    await scene.round()
    assert (await scene.shown(campaign)).row.waits == "no_agents"
    await scene.round(29 * 60)
    assert (await scene.shown(campaign)).row.state == "running"
    await scene.round(61)
    shown = await scene.shown(campaign)
    assert (shown.row.state, shown.row.reason) == ("paused", "no_agents")


async def test_a_pbx_that_is_away_pauses_it_after_a_minute(scene: Scene) -> None:
    campaign = await scene.campaign(phone(1))
    await scene.link(up=False)
    await scene.round()
    shown = await scene.shown(campaign)
    assert (shown.row.state, shown.row.waits) == ("running", "pbx_down")
    await scene.round(61)
    shown = await scene.shown(campaign)
    assert (shown.row.state, shown.row.reason) == ("paused", "pbx_down")
    assert await scene.placed() == []


async def test_failures_in_a_row_pause_it(scene: Scene) -> None:
    campaign = await scene.campaign(*map(phone, range(1, 9)), concurrency=1)
    for _ in range(3):
        await scene.round(121)
        (call,) = await scene.going()
        await scene.ends(call, "failed", "not_placed")
    await scene.round()
    shown = await scene.shown(campaign)
    assert (shown.row.state, shown.row.reason) == ("paused", "too_many_failures")
    assert len(await scene.placed()) == 3
    await scene.house.campaigns.start(ADMIN, HERE, campaign)
    await scene.round()
    assert len(await scene.going()) == 1


async def test_a_pause_is_obeyed_at_once(scene: Scene) -> None:
    campaign = await scene.campaign(*map(phone, range(1, 6)))
    await scene.round()
    await scene.house.campaigns.pause(ADMIN, HERE, campaign)
    going = await scene.going()
    for call in going:
        await scene.ends(call, "answered")
    await scene.round()
    assert len(await scene.placed()) == len(going) == 2
    assert (await scene.shown(campaign)).figures.results == {"talked": 2}


async def test_two_campaigns_share_agents_and_numbers(scene: Scene) -> None:
    one = await scene.campaign(phone(1), phone(2))
    two = await scene.campaign(phone(1), phone(3))
    await scene.round()
    calls = await scene.going()
    assert len({call.extension for call in calls}) == len(calls) == 2
    for call in calls:
        await scene.ends(call, "answered")
    for _ in range(3):
        await scene.round()
        for call in await scene.going():
            await scene.ends(call, "answered")
    clients = [call.client for call in await scene.placed()]
    assert sorted(clients) == [phone(1), phone(2), phone(3)]
    await scene.round(31)
    # A day must pass between two campaigns' calls to one number.
    rows = [row for c in (one, two) for row in await scene.house.campaigns.items(HERE, c)]
    waiting = [(row.phone, row.waits) for row in rows if row.state == "waiting"]
    assert waiting == [(phone(1), "elsewhere")]


async def test_the_pace_of_a_minute(scene: Scene) -> None:
    await scene.campaign(*map(phone, range(1, 40)), per_minute=6, concurrency=50)
    placed = []
    for _ in range(40):
        await scene.round(5)
        for call in await scene.going():
            await scene.ends(call, "answered")
        placed.append(len(await scene.placed()))
    # Two agents: both at once, then whatever any sixty seconds allow.
    assert placed[:13] == [2, 4, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 8]
    assert placed[-1] == 24


async def test_the_agent_did_not_pick_up(scene: Scene) -> None:
    """The client was not called: no attempt of theirs, and another agent takes the next one."""
    campaign = await scene.campaign(phone(1), concurrency=1)
    await scene.round()
    (call,) = await scene.going()
    await scene.ends(call, "failed", "manager_no_answer")
    await scene.round()
    await scene.round(61)
    (again,) = await scene.going()
    assert (again.client, again.extension != call.extension) == (phone(1), True)
    (item,) = await scene.house.campaigns.items(HERE, campaign)
    assert (item.attempts, item.tries) == (0, 2)


async def test_an_abandoned_client_comes_first(scene: Scene) -> None:
    await scene.campaign(
        *map(phone, range(1, 5)), mode="client_first", concurrency=1, client_ring_s=25
    )
    await scene.round()
    (call,) = await scene.going()
    assert (call.client_first, call.client_ring_s, call.agent_ring_s) == (True, 25, 20)
    await scene.ends(call, "no_answer", "abandoned")
    await scene.round()
    (other,) = await scene.going()
    assert other.client == phone(2)
    await scene.clock.advance(61)
    await scene.ends(other, "answered")
    await scene.round()
    assert [one.client for one in await scene.going()] == [phone(1)]


async def test_two_processes_place_no_more_than_one(scene: Scene) -> None:
    """The one that holds a campaign is the only one that dials for it, until its lease ends."""
    campaign = await scene.campaign(phone(1), phone(2), concurrency=1)
    async with scene.house.db.single() as unit:
        mine = await unit.campaigns.claim_everywhere(scene.house.ids.uuid(), 10)
        theirs = await unit.campaigns.claim_everywhere(scene.house.ids.uuid(), 10)
    assert ([hold.id for hold in mine], list(theirs)) == ([campaign], [])
    await execute(scene.house.db, "UPDATE campaigns SET lease_until = now() - interval '1 s'")
    await scene.round()
    assert len(await scene.placed()) == 1
    async with scene.house.db.unit() as unit:
        assert await unit.campaigns.held(HERE, mine[0]) is None


async def test_it_ends_by_its_date_and_by_its_numbers(scene: Scene) -> None:
    dated = await scene.campaign(
        phone(1), phone(2), concurrency=1, ends_at="2026-03-02T10:30:00+00:00"
    )
    counted = await scene.campaign(phone(3), phone(4), concurrency=1, max_calls=1)
    await scene.round()
    for call in await scene.going():
        await scene.ends(call, "no_answer", "no_answer")
    await scene.clock.advance(timedelta(minutes=31).total_seconds())
    await scene.round()
    assert [(await scene.shown(one)).row.reason for one in (dated, counted)] == [
        "ends_at", "max_calls",
    ]  # fmt: skip
    assert len(await scene.placed()) == 2


async def test_what_cannot_start(scene: Scene) -> None:
    made = await scene.house.campaigns.create(ADMIN, HERE, "Empty", PLAN)
    with pytest.raises(Conflict) as empty:
        await scene.house.campaigns.start(ADMIN, HERE, made.row.id)
    with pytest.raises(Conflict) as draft:
        await scene.house.campaigns.pause(ADMIN, HERE, made.row.id)
    with pytest.raises(Conflict) as leads:
        await scene.house.campaigns.create(ADMIN, HERE, "x", PLAN | {"source": {"kind": "leads"}})
    with pytest.raises(InvalidInput) as stranger:
        await scene.house.campaigns.create(ADMIN, HERE, "x", PLAN | {"agents": ["999"]})
    assert [e.value.code for e in (empty, draft, leads, stranger)] == [
        "campaign_empty", "campaign_is_draft", "campaign_needs_crm", "extension_unknown",
    ]  # fmt: skip
    assert await value(scene.house.db, "SELECT count(*) FROM outbox") == 0


async def test_a_reserved_agent_is_not_free_for_others(scene: Scene) -> None:
    """An incoming call is not sent to whoever is about to get a client."""
    await scene.campaign(phone(1), mode="client_first", agents=["150"])
    await scene.round()
    await execute(scene.house.db, "UPDATE campaign_attempts SET placed_at = now()")
    async with scene.house.db.unit() as unit:
        facts = await unit.routes.facts(HERE, None, "")
    assert [(agent, state.ringing) for agent, state in facts.states.items()] == [("150", True)]
    (call,) = await scene.going()
    await scene.ends(call, "answered")
    await scene.round()
    async with scene.house.db.unit() as unit:
        assert (await unit.routes.facts(HERE, None, "")).states == {}


async def test_a_call_whose_end_was_never_heard(scene: Scene) -> None:
    """Reconciliation says "lost"; without even that, six hours are enough."""
    campaign = await scene.campaign(phone(1), phone(2))
    await scene.round()
    lost, silent = await scene.going()
    await scene.ends(lost, "failed", "lost")
    await scene.round()
    assert (await scene.items(campaign))[lost.client] == ("waiting", "lost")
    assert (await scene.items(campaign))[silent.client] == ("calling", None)
    await scene.round(6 * 3600)
    assert (await scene.shown(campaign)).figures.results["lost"] == 2
