"""Chats, receivers and notices on disk: nothing twice, nothing in another tenant's hands."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from kommutator.domain.chats import ChatNews, Said, Spoken
from kommutator.domain.connection import ConnectionKind
from kommutator.domain.notices.wishes import Wishes, dump_wishes
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.kit.errors import NotFound
from kommutator.store.chats import Owing
from kommutator.store.database import Database
from kommutator.store.notices import NewNotice
from kommutator.store.unit import Unit

HERE, THERE = EnterpriseNumber("0367"), EnterpriseNumber("0411")
BOT, RECEIVER = UUID(int=7), UUID(int=8)
AT = datetime(2026, 12, 1, 10, tzinfo=UTC)
PRINT = b"one change"


async def _settle(unit: Unit) -> None:
    for number in (HERE, THERE):
        await unit.enterprises.create(number, name=number)
    await unit.connections.create(
        HERE, BOT, kind=ConnectionKind.TELEGRAM, name="Bot", base_url="https://telegram.example",
        account_key="7", config={}, sealed={},
    )  # fmt: skip
    await unit.chats.hear(HERE, BOT, ChatNews("42", Said("1", "hello", AT, "Anna"), title="Anna"))
    await unit.notice_receivers.create(
        HERE, RECEIVER, name="Desk", connection_id=BOT, chat_id=None,
        wishes=dump_wishes(Wishes()), created_by="tests",
    )  # fmt: skip


def _notice(**more: object) -> NewNotice:
    given = {
        "receiver": RECEIVER, "salon": BOT, "record_id": 5, "fingerprint": PRINT,
        "news": "created", "text": "A new visit", "state": "owed",
    }  # fmt: skip
    return NewNotice(**{**given, **more})  # type: ignore[arg-type]  # a test's shorthand


async def test_what_was_heard_is_kept_once(db: Database) -> None:
    async with db.unit() as unit:
        await _settle(unit)
        assert not await unit.chats.hear(HERE, BOT, ChatNews("42", Said("1", "hello", AT)))
        await unit.chats.close(HERE, BOT, "42", "blocked")
        chat = await unit.chats.get(HERE, BOT, "42")
        assert chat is not None
        assert (chat.title, chat.closed_reason, chat.heard_at) == ("Anna", "blocked", AT)
        assert await unit.chats.hear(HERE, BOT, ChatNews("42", Said("2", "again", AT)))
        (chat,) = await unit.chats.page(HERE)
        assert chat.closed_reason is None
        assert await unit.chats.page(THERE) == []


async def test_nothing_that_was_said_in_a_removed_messenger_stays(db: Database) -> None:
    async with db.unit() as unit:
        await _settle(unit)
        await unit.chats.hear(HERE, BOT, ChatNews("43", Said("9", "hi", AT), phone="+79161234567"))
        await unit.chats.hear(HERE, BOT, ChatNews("42", phone="+79161234568"))
        await unit.notice_receivers.invite(HERE, RECEIVER, b"hash", good_s=60)
        await unit.notice_receivers.bind(HERE, BOT, b"hash", "42")
        await unit.chats.wipe(THERE, BOT)
        assert len(await unit.chats.page(HERE)) == 2
        await unit.chats.wipe(HERE, BOT)
        (chat,) = await unit.chats.page(HERE)  # of the receiver, who stays in the list
        assert (chat.chat_id, chat.title, chat.phone) == ("42", "Anna", None)
        assert await unit.connection.fetchval("SELECT count(*) FROM chat_messages") == 0


async def test_a_link_works_once_and_only_in_time(db: Database) -> None:
    async with db.unit() as unit:
        await _settle(unit)
        receivers = unit.notice_receivers
        await receivers.invite(HERE, RECEIVER, b"hash", good_s=-1)
        assert await receivers.bind(HERE, BOT, b"hash", "42") is None
        await receivers.invite(HERE, RECEIVER, b"hash", good_s=60)
        assert await receivers.bind(THERE, BOT, b"hash", "42") is None
        bound = await receivers.bind(HERE, BOT, b"hash", "42")
        assert bound is not None
        assert (bound.id, bound.chat_title, bound.kind) == (RECEIVER, "Anna", "telegram")
        assert await receivers.bind(HERE, BOT, b"hash", "42") is None
        with pytest.raises(NotFound):
            await receivers.get(THERE, RECEIVER)


async def test_a_chat_that_moves_takes_its_receiver_along(db: Database) -> None:
    async with db.unit() as unit:
        await _settle(unit)
        await unit.notice_receivers.invite(HERE, RECEIVER, b"hash", good_s=60)
        await unit.notice_receivers.bind(HERE, BOT, b"hash", "42")
        await unit.chats.move(HERE, BOT, "42", "-10042")
        assert (await unit.notice_receivers.get(HERE, RECEIVER)).chat_id == "-10042"
        old = await unit.chats.get(HERE, BOT, "42")
        assert old is not None
        assert old.closed_reason == "moved"


async def test_a_change_becomes_one_notice_and_learns_its_fate(db: Database) -> None:
    async with db.unit() as unit:
        await _settle(unit)
        made = await unit.notices.add(HERE, [_notice(), _notice()])
        assert await unit.notices.add(HERE, [_notice()]) == {}
        (notice,) = made.values()
        await unit.notices.owed(HERE, [(notice, 99)])
        await unit.chats.owe(HERE, [Owing(BOT, "42", "A new visit", 99)])
        spoken = Spoken(99, "42", "sent", message_id="1001")
        await unit.chats.settle(THERE, BOT, [spoken])
        (row,) = await unit.notices.page(HERE)
        assert row.state == "owed"
        await unit.chats.settle(HERE, BOT, [spoken])
        (row,) = await unit.notices.page(HERE, receiver=RECEIVER, state="sent", record_id=5)
        assert (row.id, row.receiver_name, row.salon_name) == (notice, "Desk", "Bot")
        earlier = await unit.notices.earlier(HERE, BOT, [RECEIVER], [5])
        assert earlier[RECEIVER, 5].message_id == "1001"
        assert await unit.notices.page(THERE) == []


async def test_held_ones_wait_in_order_and_old_ones_go(db: Database) -> None:
    async with db.unit() as unit:
        await _settle(unit)
        prints = [b"a", b"b"]
        await unit.notices.add(
            HERE, [_notice(fingerprint=one, text=one.decode(), state="held") for one in prints]
        )
        held = await unit.notices.held(HERE, RECEIVER)
        assert [one.text for one in held] == ["a", "b"]
        await unit.notices.skip(HERE, [held[0].id], "receiver_off")
        assert [one.text for one in await unit.notices.held(HERE, RECEIVER)] == ["b"]
        await unit.connection.execute("UPDATE notices SET created_at = now() - interval '9 days'")
        assert await unit.notices.retire_everywhere(8) == 2
