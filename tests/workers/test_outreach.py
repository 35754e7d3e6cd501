"""The worker of unasked messages: sends by itself, hears receipts, counts what waits."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from kommutator.domain.outreach.wanted import OutreachKind
from kommutator.kit.clock import Clock, SystemClock
from kommutator.kit.ids import SequenceIds
from kommutator.store.database import Database
from kommutator.workers import metrics
from kommutator.workers.outreach import OutreachWorker
from tests.support.outreach import ADMIN, NUMBER, TELEGRAM, WHATSAPP, Town
from tests.support.waiting import eventually


@pytest.fixture
async def town(database_url: str) -> AsyncIterator[Town]:
    db = await Database.open(database_url, size=6)
    yield Town(db)
    await db.close()


def worker(town: Town, clock: Clock) -> OutreachWorker:
    return OutreachWorker(town.db, town.sender(), town.follow, clock=clock, ids=SequenceIds())


async def test_it_sends_and_hears_by_itself(town: Town) -> None:
    await town.settle(TELEGRAM)
    await town.wrote(TELEGRAM, "42")
    await town.owe(town.want())
    running = worker(town, SystemClock())
    await running.start()

    async def is_state(state: str) -> bool:
        return (await town.state())[0] == state

    await eventually(lambda: is_state("sending"))
    await town.told(await town.last_outbox(), "sent")
    await eventually(lambda: is_state("sent"))
    await running.stop()


async def test_what_waits_and_what_is_left_is_counted(town: Town) -> None:
    await town.settle(WHATSAPP)
    await town.link(days=0)
    await town.wrote(WHATSAPP, "375000000070@s.whatsapp.net")
    later = town.clock.now() + timedelta(hours=1)
    await town.owe(
        town.want("n1"),
        town.want("n2", kind=OutreachKind.REVIEW, due_at=later),
        town.want("n3", kind=OutreachKind.REVIEW, due_at=later),
    )
    one = worker(town, town.clock)
    before = metrics.OUTREACH.labels("reminder_day", "owed")._value.get()
    await one.round()
    await town.desk.pause(ADMIN, NUMBER)
    await one.count()
    assert metrics.OUTREACH.labels("reminder_day", "owed")._value.get() == before + 1
    assert metrics.OUTREACH_WAITING.labels("review")._value.get() == 2
    assert metrics.OUTREACH_WAITING.labels("win_back")._value.get() == 0
    assert metrics.OUTREACH_PAUSES._value.get() == 1
    assert metrics.OUTREACH_LEFT._value.get() == 20


async def test_old_messages_go_and_consents_stay(town: Town) -> None:
    await town.settle(TELEGRAM)
    await town.wrote(TELEGRAM, "42")
    await town.owe(town.want())
    await town.consents.say(ADMIN, NUMBER, "+375000000071", opted_out=True)
    await town.round()
    await town.told(await town.last_outbox(), "sent")
    await town.follow.receipts()
    await town.run("UPDATE outreach SET created_at = now() - interval '366 days'")
    await worker(town, SystemClock()).retire()
    assert await town.rows("SELECT id FROM outreach") == []
    assert await town.rows("SELECT id FROM outreach_tries") == []
    assert len(await town.rows("SELECT subject FROM consents")) == 1


async def test_a_round_for_the_late_ends_what_is_worthless(town: Town) -> None:
    await town.settle(WHATSAPP, TELEGRAM)
    await town.link("restricted")
    await town.wrote(TELEGRAM, "42")
    await town.owe(town.want(), town.want("n2", not_after=town.clock.now() + timedelta(hours=1)))
    await town.later(hours=2)
    before = metrics.OUTREACH.labels("reminder_day", "dropped")._value.get()
    await worker(town, town.clock).late()
    assert await town.state("n2") == ("dropped", "too_late")
    assert await town.state() == ("queued", None)
    assert metrics.OUTREACH.labels("reminder_day", "dropped")._value.get() == before + 1
    assert [one.reason for one in (await town.desk.standing(NUMBER)).pauses] == ["restricted"]
