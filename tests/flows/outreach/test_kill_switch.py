"""The switch stops everything that has not left, and nothing is lost by it."""

from datetime import timedelta

import pytest

from kommutator.domain.outreach.wanted import OutreachKind
from kommutator.domain.tenancy import Actor, Role
from kommutator.flows.outreach.ports import Send, Verdict
from kommutator.flows.outreach.send import SendDue
from kommutator.kit.errors import Forbidden, NotFound
from kommutator.store.outreach import OutreachRow
from kommutator.store.unit import Unit
from tests.support.outreach import ADMIN, NUMBER, OWNER, SALON, TELEGRAM, WHATSAPP, Town


async def owed_and_waiting(town: Town) -> None:
    await town.settle(TELEGRAM)
    await town.wrote(TELEGRAM, "42")
    await town.owe(
        town.want("now"), town.want("later", due_at=town.clock.now() + timedelta(hours=1))
    )
    assert await town.round() == ["owed"]


async def test_a_paused_enterprise_sends_nothing_and_takes_back_what_is_owed(town: Town) -> None:
    await owed_and_waiting(town)
    standing = await town.desk.pause(ADMIN, NUMBER)
    assert [(one.connection_id, one.reason, one.by) for one in standing.pauses] == [
        (None, "by_hand", "Anna")
    ]
    await town.follow.receipts()
    assert await town.state("now") == ("queued", "paused")
    await town.later(hours=2)
    assert await town.round() == []
    assert await town.sent() == []
    assert (await town.desk.resume(ADMIN, NUMBER)).pauses == []
    assert await town.round() == ["owed", "owed"]


async def test_what_is_leaving_is_left_alone(town: Town) -> None:
    await owed_and_waiting(town)
    await town.run("UPDATE outbox SET unsure = true")
    await town.desk.pause(ADMIN, NUMBER)
    assert await town.state("now") == ("sending", None)


async def test_everybodys_switch(town: Town) -> None:
    await owed_and_waiting(town)
    assert await town.desk.pause_everywhere("root") == 1
    assert [one.everybody for one in (await town.desk.standing(NUMBER)).pauses] == [True]
    await town.later(hours=2)
    assert await town.round() == []
    await town.desk.resume_everywhere()
    assert await town.desk.pauses_everywhere() == []
    assert await town.round() == ["owed", "owed"]


async def test_a_pause_between_question_and_sending_counts(town: Town) -> None:
    await town.settle(TELEGRAM)
    await town.wrote(TELEGRAM, "42")

    async def asked(unit: Unit, row: OutreachRow) -> Verdict:
        await town.desk.pause(ADMIN, NUMBER)
        return Send()

    town.rechecks[OutreachKind.REMINDER_DAY] = asked
    await town.owe(town.want())
    assert await town.round() == ["paused"]
    assert await town.sent() == []


async def test_one_number_paused_leaves_the_others(town: Town) -> None:
    await town.settle(WHATSAPP, TELEGRAM)
    await town.link()
    await town.wrote(WHATSAPP, "375000000070@s.whatsapp.net")
    await town.wrote(TELEGRAM, "42")
    await town.desk.pause(ADMIN, NUMBER, WHATSAPP)
    await town.owe(town.want())
    assert await town.round() == ["owed"]
    assert [via for via, _ in await town.sent()] == [TELEGRAM]


async def test_a_process_may_be_told_to_send_nothing(town: Town) -> None:
    await town.settle(TELEGRAM)
    await town.wrote(TELEGRAM, "42")
    await town.owe(town.want())
    silent = SendDue(town.db, rechecks={}, sent=(), clock=town.clock, jitter=lambda: 0.5, on=False)
    assert await silent.round(OWNER) == []


async def test_only_messengers_of_the_own_enterprise_and_only_by_admins(town: Town) -> None:
    await town.settle()
    with pytest.raises(NotFound, match="connection_not_found"):
        await town.desk.pause(ADMIN, NUMBER, SALON)
    with pytest.raises(Forbidden):
        await town.desk.pause(Actor("Eve", Role.EMPLOYEE, NUMBER), NUMBER)
