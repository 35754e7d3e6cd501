"""Do both sides agree? What was told, what is on disk, and what the CRMs hold."""

from collections import Counter

from tests.stories.chaos.traffic import ToldCall, Traffic
from tests.support.town import Town


async def assert_the_disk_holds(town: Town, calls: list[ToldCall], traffic: Traffic) -> None:
    """Every acknowledged event is one row, decided; every call is one row, ended."""
    told = sum(len({id(event) for event in call.events}) for call in calls)
    rows = await town.fetch("SELECT id, state FROM journal WHERE source = 'http'")
    assert len(rows) == told
    assert traffic.receipts <= {row["id"] for row in rows}
    assert {row["state"] for row in rows} == {"decided"}
    phases = await town.fetch("SELECT id, phase FROM calls")
    assert sorted((row["id"], row["phase"]) for row in phases) == sorted(
        (call.id, "ended") for call in calls
    )


async def assert_every_command_is_done(town: Town) -> None:
    states = await town.fetch(
        "SELECT kind, state, count(*) AS n, min(error) AS error FROM outbox GROUP BY 1, 2"
    )
    undone = [dict(row) for row in states if row["state"] != "done"]
    assert undone == []


async def assert_the_crms_hold(town: Town, calls: list[ToldCall]) -> None:
    """Each call once with its result; each card shown once to a person and taken down again."""
    for tenant in town.tenants:
        state = await tenant.crm.state()
        mine = {call.id: (call.result, call.duration) for call in calls if call.tenant is tenant}
        held = [(c["externalId"], (c["result"], c["duration"])) for c in state["calls"]]
        assert len(held) == len(mine)
        assert dict(held) == mine
        assert [p for p in state["popups"] if p["closedAt"] is None] == []
        shown = Counter((p["callExternalId"], p["userId"]) for p in state["popups"])
        assert [key for key, times in shown.items() if times > 1] == []
        assert state["violations"] == []


async def assert_order_was_kept(town: Town) -> None:
    """The first delivery of each command of a call came in the order of the commands."""
    for tenant in town.tenants:
        state = await tenant.crm.state()
        ended: set[str] = set()
        for entry in state["events"]:
            event = entry["event"]
            if event["type"] == "hangup":
                ended.add(event["callExternalId"])
            else:
                assert event["callExternalId"] not in ended, event
