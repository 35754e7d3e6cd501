"""A linked number writes little, slowly, to those who wrote; and rests when WhatsApp says so."""

from datetime import timedelta

import pytest

from kommutator.domain.outreach.wanted import OutreachKind
from tests.support.outreach import ADMIN, NUMBER, OLGA, TELEGRAM, WHATSAPP, Town

JID = "375000000070@s.whatsapp.net"


async def writes(town: Town, count: int) -> None:
    """So many people have written to the number."""
    for n in range(count):
        phone = f"+37529{n:07}"
        await town.wrote(WHATSAPP, f"{phone[1:]}@s.whatsapp.net", phone)


async def test_a_fresh_number_sends_twenty_a_day_then_waits_for_tomorrow(town: Town) -> None:
    await town.settle(WHATSAPP)
    await town.link(days=0)
    await writes(town, 23)
    end = town.clock.now() + timedelta(hours=30)
    for n in range(23):
        await town.owe(town.want(f"n{n}", phone=f"+37529{n:07}", not_after=end))
    outcomes: list[str] = []
    for _ in range(6):
        outcomes += await town.round()
    assert sorted(outcomes) == ["day_cap"] * 3 + ["owed"] * 20
    assert await town.state("n22") == ("queued", "day_cap")
    await town.later(hours=15)  # three in the morning
    await town.round()
    assert await town.state("n22") == ("queued", "quiet_hours")
    await town.later(hours=6)
    assert await town.round() == ["owed"] * 3


async def test_what_cannot_wait_for_tomorrow_goes_elsewhere(town: Town) -> None:
    await town.settle(WHATSAPP, TELEGRAM)
    await town.link(days=0)
    await town.wrote(WHATSAPP, JID)
    await town.wrote(TELEGRAM, "42")
    settings = {"outreach": {"caps": {"per_day": 1, "new_per_day": 0}}}
    async with town.db.unit() as unit:
        await unit.enterprises.update(NUMBER, settings=settings)
    await town.owe(town.want("n1"), town.want("n2"))
    assert await town.round() == ["owed", "owed"]
    assert [via for via, _ in await town.sent()] == [WHATSAPP, TELEGRAM]


async def test_two_messages_of_one_number_are_far_apart_for_all_processes(town: Town) -> None:
    await town.settle(WHATSAPP)
    await town.link()
    await town.wrote(WHATSAPP, JID)
    town.spacing = 45.0
    await town.owe(town.want("n1"), town.want("n2"))
    assert await town.round() == ["owed", "spacing"]
    row = await town.row("SELECT due_at, reason FROM outreach WHERE once = 'n2'")
    assert row["reason"] == "spacing"
    assert timedelta(seconds=30) < row["due_at"] - town.clock.now() < timedelta(seconds=90)
    await town.run("UPDATE budgets SET tat = 0")  # the database's clock is not ours to move
    await town.later(seconds=90)
    assert await town.round() == ["owed"]


async def test_replies_neither_wait_nor_count(town: Town) -> None:
    await town.settle(WHATSAPP)
    await town.link()
    await town.wrote(WHATSAPP, JID)
    await town.owe(town.want())
    await town.round()
    async with town.db.unit() as unit:
        stand = await unit.outreach_ways.standing(
            NUMBER, [WHATSAPP], day_began=town.clock.now() - timedelta(hours=12)
        )
    assert (stand[WHATSAPP].sent, stand[WHATSAPP].new) == (1, 0)


@pytest.mark.parametrize(
    ("first_contact", "service", "expected"),
    [(False, True, "never_wrote"), (True, False, "never_wrote"), (True, True, None)],
)
async def test_strangers_are_only_reminded_and_only_if_the_tenant_allows_it(
    town: Town, *, first_contact: bool, service: bool, expected: str | None
) -> None:
    await town.settle(WHATSAPP)
    await town.link()
    async with town.db.unit() as unit:
        await unit.enterprises.update(
            NUMBER, settings={"outreach": {"first_contact": first_contact}}
        )
    await town.owe(town.want(service=service))
    await town.round()
    assert (await town.state())[1] == expected
    chats = await town.rows("SELECT chat_id, phone, heard_at FROM chats")
    made = [(JID, OLGA, None)] if expected is None else []
    assert [tuple(one) for one in chats] == made


async def test_new_people_have_a_cap_of_their_own(town: Town) -> None:
    await town.settle(WHATSAPP)
    await town.link(days=0)
    async with town.db.unit() as unit:
        await unit.enterprises.update(NUMBER, settings={"outreach": {"first_contact": True}})
    for n in range(5):
        await town.owe(town.want(f"n{n}", phone=f"+37529{n:07}"))
    assert await town.round() == ["owed"] * 3 + ["new_cap"] * 2


async def test_nobody_without_whatsapp_is_tried(town: Town) -> None:
    await town.settle(WHATSAPP)
    await town.link()
    await town.run(
        "INSERT INTO whatsapp_numbers (enterprise, connection_id, phone) VALUES ($1, $2, $3)",
        NUMBER, WHATSAPP, OLGA,
    )  # fmt: skip
    async with town.db.unit() as unit:
        await unit.enterprises.update(NUMBER, settings={"outreach": {"first_contact": True}})
    await town.owe(town.want())
    await town.round()
    assert await town.state() == ("dropped", "no_chat")


@pytest.mark.parametrize("state", ["restricted", "banned"])
async def test_a_restricted_number_rests_until_a_person_resumes_it(town: Town, state: str) -> None:
    await town.settle(WHATSAPP)
    await town.link(state)
    await town.wrote(WHATSAPP, JID)
    await town.follow.barred()
    (pause,) = (await town.desk.standing(NUMBER)).pauses
    assert (pause.connection_id, pause.reason, pause.by) == (WHATSAPP, state, "kommutator")
    await town.owe(town.want())
    assert await town.round() == ["number_paused"]
    await town.run("UPDATE whatsapp_sessions SET state = 'open'")
    await town.later(minutes=11)
    assert await town.round() == ["number_paused"]
    await town.desk.resume(ADMIN, NUMBER, WHATSAPP)
    await town.follow.barred()
    await town.later(minutes=11)
    assert await town.round() == ["owed"]


async def test_a_number_whose_link_is_lost_is_passed_over(town: Town) -> None:
    await town.settle(WHATSAPP, TELEGRAM)
    await town.link("logged_out")
    await town.wrote(WHATSAPP, JID)
    await town.wrote(TELEGRAM, "42")
    await town.owe(town.want())
    assert await town.round() == ["owed"]
    assert [via for via, _ in await town.sent()] == [TELEGRAM]


async def test_five_refusals_of_the_last_twenty_pause_a_number(town: Town) -> None:
    await town.settle(WHATSAPP)
    await town.link()
    await writes(town, 7)
    for n in range(7):
        await town.owe(town.want(f"n{n}", phone=f"+37529{n:07}", kind=OutreachKind.REVIEW))
    await town.round()
    await town.round()
    outbox = [row["id"] for row in await town.rows("SELECT id FROM outbox ORDER BY id")]
    for one in outbox[:4]:
        await town.told(one, "failed", note="refused")
    await town.told(outbox[4], "failed", note="too_late")
    await town.follow.receipts()
    assert (await town.desk.standing(NUMBER)).pauses == []
    await town.told(outbox[5], "failed", note="refused")
    await town.follow.receipts()
    (pause,) = (await town.desk.standing(NUMBER)).pauses
    assert (pause.connection_id, pause.reason) == (WHATSAPP, "failures")
    await town.later(seconds=1)
    await town.desk.resume(ADMIN, NUMBER, WHATSAPP)
    await town.told(outbox[6], "failed", note="refused")
    await town.follow.receipts()
    assert (await town.desk.standing(NUMBER)).pauses == []
