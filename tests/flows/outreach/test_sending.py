"""What is wanted goes out once, when it is due, if it is still true."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest

from kommutator.domain.outreach.wanted import OutreachKind
from kommutator.flows.outreach.ports import Drop, Later, Place, Send, Verdict
from kommutator.store.outreach import OutreachRow
from kommutator.store.unit import Unit
from tests.support.outreach import NUMBER, OLGA, TELEGRAM, WHATSAPP, Town


async def test_a_due_message_goes_into_the_open_chat(town: Town) -> None:
    await town.settle(TELEGRAM)
    await town.wrote(TELEGRAM, "42")
    await town.owe(town.want(due_at=town.clock.now() + timedelta(minutes=5)))
    assert await town.round() == []
    await town.later(minutes=5)
    assert await town.round() == ["owed"]
    assert await town.sent() == [(TELEGRAM, "We wait for you.")]
    assert await town.state() == ("sending", None)
    assert await town.round() == []
    await town.told(await town.last_outbox(), "sent")
    await town.follow.receipts()
    assert await town.state() == ("sent", None)


async def test_the_same_wish_twice_is_one_message(town: Town) -> None:
    await town.settle(TELEGRAM)
    await town.wrote(TELEGRAM, "42")
    await town.owe(town.want(), town.want(text="Other words"))
    await town.round()
    await town.owe(town.want())
    await town.round()
    assert await town.sent() == [(TELEGRAM, "We wait for you.")]


async def test_two_workers_never_send_a_message_twice(town: Town) -> None:
    await town.settle(TELEGRAM)
    await town.wrote(TELEGRAM, "42")
    await town.owe(*(town.want(f"n{n}", text=f"text {n}") for n in range(12)))
    workers = [(town.sender(), UUID(int=n)) for n in (1, 2, 3)]
    for _ in range(3):
        await asyncio.gather(*(sender.round(owner) for sender, owner in workers))
    assert sorted(text for _, text in await town.sent()) == sorted(f"text {n}" for n in range(12))


async def test_a_dead_workers_rows_are_taken_up(town: Town) -> None:
    await town.settle(TELEGRAM)
    await town.wrote(TELEGRAM, "42")
    await town.owe(town.want())
    async with town.db.unit() as unit:
        now = town.clock.now()
        await unit.outreach.claim_everywhere(UUID(int=9), now, lease_s=60, of_each=5, limit=5)
    assert await town.round() == []
    await town.run("UPDATE outreach SET lease_until = now() - interval '1 second'")
    assert await town.round() == ["owed"]


async def test_whoever_lost_the_row_sends_nothing(town: Town) -> None:
    await town.settle(TELEGRAM)
    await town.wrote(TELEGRAM, "42")
    await town.owe(town.want())

    async def taken_over(unit: Unit, row: OutreachRow) -> Verdict:
        await town.run("UPDATE outreach SET owner = $1", UUID(int=9))
        return Send()

    town.rechecks[OutreachKind.REMINDER_DAY] = taken_over
    assert await town.round() == ["taken_back"]
    assert await town.sent() == []


@pytest.mark.parametrize(
    ("verdict", "outcome", "state", "texts"),
    [
        (Send(), "owed", ("sending", None), ["We wait for you."]),
        (Send("At ten!"), "owed", ("sending", None), ["At ten!"]),
        (Drop("visit_gone"), "dropped", ("dropped", "visit_gone"), []),
    ],
)
async def test_whoever_wanted_it_has_the_last_word(
    town: Town, verdict: Verdict, outcome: str, state: tuple[str, str | None], texts: list[str]
) -> None:
    await town.settle(TELEGRAM)
    await town.wrote(TELEGRAM, "42")

    async def asked(unit: Unit, row: OutreachRow) -> Verdict:
        assert (row.about, row.phone) == ("visit:5", OLGA)
        return verdict

    town.rechecks[OutreachKind.REMINDER_DAY] = asked
    await town.owe(town.want())
    assert await town.round() == [outcome]
    assert await town.state() == state
    assert [text for _, text in await town.sent()] == texts


async def test_later_means_later_and_a_failing_question_is_asked_again(town: Town) -> None:
    await town.settle(TELEGRAM)
    await town.wrote(TELEGRAM, "42")
    answers: list[Verdict | Exception] = [
        Later(town.clock.now() + timedelta(hours=1)), RuntimeError("vendor away"), Send()
    ]  # fmt: skip

    async def asked(unit: Unit, row: OutreachRow) -> Verdict:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    town.rechecks[OutreachKind.REMINDER_DAY] = asked
    await town.owe(town.want())
    assert await town.round() == ["later"]
    await town.later(minutes=59)
    assert await town.round() == []
    await town.later(minutes=1)
    assert await town.round() == ["troubled"]
    await town.later(minutes=1)
    assert await town.round() == ["owed"]


async def test_whoever_hears_of_it_hears_in_the_same_transaction(town: Town) -> None:
    await town.settle(TELEGRAM)
    await town.wrote(TELEGRAM, "42")
    places: list[Place] = []

    async def hear(unit: Unit, row: OutreachRow, place: Place, about: Sequence[str]) -> None:
        places.append(place)
        if len(places) == 1:
            raise RuntimeError("the hearer could not write")

    town.heard.append(hear)
    await town.owe(town.want())
    assert await town.round() == ["troubled"]
    assert await town.sent() == []
    await town.later(minutes=1)
    assert await town.round() == ["owed"]
    assert (places[1].connection_id, places[1].chat_id) == (TELEGRAM, "42")


async def test_what_is_no_longer_wanted_is_taken_back(town: Town) -> None:
    await town.settle(TELEGRAM)
    await town.wrote(TELEGRAM, "42")
    await town.owe(town.want(), town.want("two", due_at=town.clock.now() + timedelta(hours=1)))
    await town.round()
    async with town.db.unit() as unit:
        assert await town.outreach.drop(unit, NUMBER, "visit:5", "visit_moved") == 2
    assert await town.state("one") == ("dropped", "visit_moved")
    assert await town.state("two") == ("dropped", "visit_moved")
    assert await town.sent() == []


async def test_worthless_messages_end_even_unlooked_at(town: Town) -> None:
    await town.settle(TELEGRAM)
    await town.owe(town.want(not_after=town.clock.now() + timedelta(hours=1)))
    await town.later(hours=2)
    async with town.db.unit() as unit:
        ended = await unit.outreach.expire_everywhere(town.clock.now(), 10)
    assert ended == [("reminder_day", "dropped")]
    assert await town.state() == ("dropped", "too_late")


async def test_nobody_is_written_to_without_a_chat(town: Town) -> None:
    await town.settle(TELEGRAM, WHATSAPP)
    await town.link()
    await town.wrote(TELEGRAM, "43", phone="+375000000071")
    await town.owe(town.want())
    assert await town.round() == ["dropped"]
    assert await town.state() == ("dropped", "never_wrote")


async def test_a_switched_off_kind_is_not_sent(town: Town) -> None:
    await town.settle(TELEGRAM)
    await town.wrote(TELEGRAM, "42")
    async with town.db.unit() as unit:
        await unit.enterprises.update(NUMBER, settings={"outreach": {"off": ["reminder_day"]}})
    await town.owe(town.want(), town.want("two", kind=OutreachKind.REMINDER_HOURS))
    assert await town.round() == ["dropped", "owed"]
    assert await town.state() == ("dropped", "kind_off")


async def test_another_salons_messengers_are_not_used(town: Town) -> None:
    await town.settle(TELEGRAM)
    await town.wrote(TELEGRAM, "42")
    await town.run(
        'UPDATE connections SET config = \'{"salon": "another"}\' WHERE id = $1', TELEGRAM
    )
    await town.owe(town.want())
    assert await town.round() == ["dropped"]
    assert await town.state() == ("dropped", "no_chat")
