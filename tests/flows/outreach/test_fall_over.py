"""What was not delivered goes by another messenger, once each, and never twice by one."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

from kommutator.domain.chats import Spoken
from kommutator.flows.chats.spoken import keep_spoken
from kommutator.flows.whatsapp.too_late import give_up_late
from kommutator.store.views.inbox import InboxViews, TalkWanted
from tests.support.outreach import CLOUD, NUMBER, SALON, TELEGRAM, WHATSAPP, Town

CHAT = "375000000070@s.whatsapp.net"


async def by_whatsapp(town: Town) -> int:
    """A message that WhatsApp has; its outbox row."""
    await town.settle(WHATSAPP, TELEGRAM)
    await town.link()
    await town.wrote(WHATSAPP, CHAT)
    await town.wrote(TELEGRAM, "42")
    await town.owe(town.want())
    assert await town.round() == ["owed"]
    return await town.last_outbox()


async def test_undelivered_in_a_quarter_of_an_hour_goes_by_the_next(town: Town) -> None:
    first = await by_whatsapp(town)
    await town.told(first, "sent")
    await town.follow.receipts()
    await town.later(minutes=14)
    assert await town.follow.overdue() == 0
    await town.later(minutes=1)
    assert await town.follow.overdue() == 1
    assert await town.follow.overdue() == 0
    assert await town.state() == ("queued", "not_delivered")
    assert await town.round() == ["owed"]
    assert [via for via, _ in await town.sent()] == [WHATSAPP, TELEGRAM]
    await town.told(await town.last_outbox(), "sent")
    await town.follow.receipts()
    assert await town.state() == ("sent", None)
    (logged,) = await town.desk.log(NUMBER)
    assert [(one.kind, one.state, one.reason) for one in logged.tries] == [
        ("whatsapp", "fell_over", "not_delivered"),
        ("telegram", "sent", None),
    ]
    await town.later(hours=1)
    assert await town.follow.overdue() == 0


async def test_receipts_move_a_message_on_and_never_back(town: Town) -> None:
    first = await by_whatsapp(town)
    for state in ("sent", "delivered", "read"):
        await town.told(first, state)
        await town.follow.receipts()
        assert await town.state() == (state, None)
    await town.told(first, "delivered")
    await town.follow.receipts()
    assert await town.state() == ("read", None)
    await town.later(hours=1)
    assert await town.follow.overdue() == 0


async def test_a_late_receipt_stops_the_next_messenger(town: Town) -> None:
    first = await by_whatsapp(town)
    await town.told(first, "sent")
    await town.follow.receipts()
    await town.later(minutes=16)
    await town.follow.overdue()
    await town.told(first, "delivered")
    await town.follow.receipts()
    assert await town.state() == ("delivered", None)
    assert await town.round() == []


async def test_what_never_left_is_taken_back_first(town: Town) -> None:
    first = await by_whatsapp(town)
    await town.later(minutes=16)
    await town.run("UPDATE outbox SET unsure = true WHERE id = $1", first)  # it is leaving now
    assert await town.follow.overdue() == 0
    await town.run("UPDATE outbox SET unsure = false WHERE id = $1", first)
    assert await town.follow.overdue() == 1
    await town.follow.receipts()
    assert await town.round() == ["owed"]
    assert [via for via, _ in await town.sent()] == [TELEGRAM]


async def test_a_refused_message_goes_by_the_next_at_once(town: Town) -> None:
    first = await by_whatsapp(town)
    await town.told(first, "failed", note="chat_gone")
    await town.follow.receipts()
    assert await town.round() == ["owed"]
    await town.told(await town.last_outbox(), "failed", note="chat_blocked")
    await town.follow.receipts()
    assert await town.round() == ["failed"]
    assert await town.state() == ("failed", "chat_blocked")


async def test_one_that_may_have_arrived_is_not_said_again(town: Town) -> None:
    first = await by_whatsapp(town)
    await town.run("UPDATE chat_messages SET state = 'maybe_sent' WHERE outbox_id = $1", first)
    await town.follow.receipts()
    assert await town.state() == ("sent", "maybe_sent")
    await town.later(minutes=30)
    assert await town.follow.overdue() == 0


async def test_one_whose_sender_died_over_it_is_not_said_elsewhere_but_shown(town: Town) -> None:
    first = await by_whatsapp(town)
    await town.later(minutes=5)
    # Its sender noted that it leaves, and was never heard of again; the line stays closed.
    await town.run(
        "UPDATE outbox SET unsure = true, payload = payload || jsonb_build_object('not_after', "
        "clock_timestamp() - interval '1 second') WHERE id = $1",
        first,
    )
    await town.run("UPDATE whatsapp_sessions SET state = 'logged_out'")
    async with town.db.unit() as unit:
        await unit.conversations.hear(NUMBER, WHATSAPP, CHAT, salon=None, by_bot=True, late=False)
    assert await give_up_late(town.db) == 1
    await town.follow.receipts()
    assert await town.state() == ("sent", "maybe_sent")
    assert await town.rows("SELECT state, note FROM outbox") == [("dead", "maybe_sent")]
    assert await town.rows("SELECT state FROM chat_messages WHERE direction = 'out'") == [
        ("maybe_sent",)
    ]
    assert await town.rows("SELECT needs_person FROM conversations") == [(True,)]
    await town.later(minutes=30)
    assert await town.follow.overdue() == 0
    assert await town.round() == []
    assert [via for via, _ in await town.sent()] == [WHATSAPP]


async def test_a_chat_without_a_talk_is_shown_too(town: Town) -> None:
    first = await by_whatsapp(town)
    async with town.db.unit() as unit:
        await keep_spoken(unit, NUMBER, WHATSAPP, [Spoken(first, CHAT, "maybe_sent")])
        assert await InboxViews(unit.connection).waiting(NUMBER) == 1
        (talk,) = await InboxViews(unit.connection).page(NUMBER, TalkWanted(waiting=True))
    assert (talk.chat_id, talk.speaking, talk.salon) == (CHAT, "nobody", SALON)


async def test_nowhere_else_leaves_it_with_the_messenger_that_has_it(town: Town) -> None:
    await town.settle(WHATSAPP)
    await town.link()
    await town.wrote(WHATSAPP, CHAT)
    await town.owe(town.want())
    await town.round()
    await town.told(await town.last_outbox(), "sent")
    await town.follow.receipts()
    await town.later(minutes=15)
    assert await town.follow.overdue() == 1
    assert await town.round() == ["sent"]
    assert await town.state() == ("sent", "nowhere_else")
    await town.later(minutes=15)
    assert await town.follow.overdue() == 0


async def test_no_fall_over_when_it_is_worthless_by_then(town: Town) -> None:
    await town.settle(WHATSAPP, TELEGRAM)
    await town.link()
    await town.wrote(WHATSAPP, CHAT)
    await town.wrote(TELEGRAM, "42")
    await town.owe(town.want(not_after=town.clock.now() + timedelta(minutes=10)))
    await town.round()
    await town.later(minutes=15)
    assert await town.follow.overdue() == 0


async def test_the_official_interface_is_used_only_while_its_window_is_open(town: Town) -> None:
    await town.settle(CLOUD, TELEGRAM)
    await town.wrote(CLOUD, "375000000070", at=town.clock.now() - timedelta(hours=25))
    await town.wrote(TELEGRAM, "42", at=town.clock.now() - timedelta(days=90))
    await town.owe(town.want())
    await town.round()
    await town.wrote(CLOUD, "375000000070", at=town.clock.now() - timedelta(hours=23))
    await town.owe(town.want("two"))
    await town.round()
    assert [via for via, _ in await town.sent()] == [TELEGRAM, CLOUD]


async def test_what_whatsapp_has_is_not_dropped_by_a_later_rule(town: Town) -> None:
    first = await by_whatsapp(town)
    await town.told(first, "sent")
    await town.follow.receipts()
    await town.later(hours=8, minutes=50)  # ten to nine in the evening; the visit is at eight
    await town.run("UPDATE outreach_tries SET at = $1", town.clock.now() - timedelta(minutes=14))
    await town.later(minutes=15)
    assert await town.follow.overdue() == 1
    await town.run("UPDATE outreach SET not_after = $1", town.clock.now() + timedelta(hours=11))
    assert await town.round() == ["dropped"]
    assert await town.state() == ("sent", "quiet_hours")
    await town.told(first, "delivered")
    await town.follow.receipts()
    assert await town.state() == ("delivered", None)


async def test_two_workers_hand_a_message_on_once(town: Town) -> None:
    first = await by_whatsapp(town)
    await town.told(first, "sent")
    moved = await asyncio.gather(*(town.follow.receipts() for _ in range(3)))
    assert sorted(len(one) for one in moved) == [0, 0, 1]
    await town.later(minutes=15)
    assert sorted(await asyncio.gather(*(town.follow.overdue() for _ in range(3)))) == [0, 0, 1]
    senders = [(town.sender(), UUID(int=n)) for n in (1, 2)]
    await asyncio.gather(*(sender.round(owner) for sender, owner in senders))
    assert [via for via, _ in await town.sent()] == [WHATSAPP, TELEGRAM]


async def test_a_messenger_that_was_away_all_night_wakes_nobody(town: Town) -> None:
    await town.settle(TELEGRAM)
    await town.wrote(TELEGRAM, "42")
    await town.later(hours=8, minutes=59)  # a minute to nine in the evening
    await town.owe(town.want(not_after=town.clock.now() + timedelta(hours=20)))
    assert await town.round() == ["owed"]
    (held,) = await town.rows("SELECT payload ->> 'not_after' AS at FROM outbox")
    assert datetime.fromisoformat(held["at"]) == town.clock.now() + timedelta(minutes=1)
    await town.later(hours=5)
    await town.told(await town.last_outbox(), "failed", note="too_late")
    await town.follow.receipts()
    assert await town.round() == ["quiet_hours"]
    await town.later(hours=8)
    assert await town.round() == ["owed"]
    assert [via for via, _ in await town.sent()] == [TELEGRAM, TELEGRAM]


async def test_around_the_clock_a_message_is_worth_what_it_was(town: Town) -> None:
    await town.settle(TELEGRAM)
    await town.wrote(TELEGRAM, "42")
    always = {"outreach": {"hours": {"begin": "00:00", "end": "00:00"}}}
    await town.run("UPDATE enterprises SET settings = $1", always)
    wanted = town.want()
    await town.owe(wanted)
    await town.round()
    (held,) = await town.rows("SELECT payload ->> 'not_after' AS at FROM outbox")
    assert datetime.fromisoformat(held["at"]) == wanted.not_after
