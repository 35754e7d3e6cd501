"""Two chats turn out to be one person's: what remembers the one means the other from then on."""

from datetime import UTC, datetime, timedelta

import pytest

from kommutator.domain.chats import ChatNews, Said
from kommutator.domain.connection import ConnectionKind
from kommutator.domain.outreach.wanted import OutreachKind, Wanted
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.database import Database
from kommutator.store.reviews import NewReview
from tests.support.outreach import NUMBER, SALON, WHATSAPP, Town

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
PHONE = "+375000000070"
JID, LID = "375000000070@s.whatsapp.net", "771234567890@lid"
POINTING = """
SELECT c.conrelid::regclass::text || '.' || a.attname FROM pg_constraint c
  JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[3]
 WHERE c.contype = 'f' AND c.confrelid = 'chats'::regclass"""
NAMING = """
SELECT table_name || '.' || column_name FROM information_schema.columns
 WHERE table_schema = 'public' AND data_type = 'text' AND column_name LIKE '%chat%'"""


async def test_every_column_that_names_a_chat_is_moved_along(db: Database) -> None:
    """By its foreign key, or in `remember_chat`: a new one has to be in one of them."""
    async with db.unit() as unit:
        pointing = {row[0] for row in await unit.connection.fetch(POINTING)}
        naming = {row[0] for row in await unit.connection.fetch(NAMING)}
        remembered = await unit.connection.fetchval(
            "SELECT prosrc FROM pg_proc WHERE proname = 'remember_chat'"
        )
    loose = naming - pointing - {"chats.chat_id"}
    assert loose == {"outreach.only_chat", "outreach_tries.chat_id", "reviews.chat_id"}
    for column in loose:
        table, name = column.split(".")
        assert f"UPDATE {table} SET {name} = target" in remembered


@pytest.fixture
async def town(db: Database) -> Town:
    town = Town(db)
    await town.settle(WHATSAPP)
    await town.link()
    await town.wrote(WHATSAPP, JID, PHONE)
    await town.wrote(WHATSAPP, LID, None)
    return town


async def become_one(town: Town) -> str:
    """They write once more, and WhatsApp says both names; how the chat is kept now."""
    news = ChatNews(LID, Said("again", "это снова я", AT), alias=JID, phone=PHONE)
    async with town.db.unit() as unit:
        kept = await unit.chats.keep(NUMBER, WHATSAPP, news)
    assert kept.met
    return kept.chat_id


@pytest.mark.parametrize("rated_in", [JID, LID])
async def test_words_to_a_low_rating_find_the_rating(town: Town, rated_in: str) -> None:
    review = NewReview(SALON, 5, None, PHONE, "Olga", 2, "", WHATSAPP, rated_in, AT)
    async with town.db.unit() as unit:
        assert await unit.reviews.put(NUMBER, review)
    chat = await become_one(town)
    async with town.db.unit() as unit:
        await unit.reviews.add_words(NUMBER, WHATSAPP, chat, "Ждала час", AT - timedelta(hours=1))
        (kept,) = await unit.reviews.page(NUMBER)
    assert (kept.words, kept.chat_id) == ("Ждала час", chat)


@pytest.mark.parametrize("said_to", [JID, LID])
async def test_messages_and_wishes_go_to_the_one_chat(town: Town, said_to: str) -> None:
    await town.owe(
        Wanted(
            enterprise=EnterpriseNumber(NUMBER), salon=SALON, phone="", client_name="Olga",
            kind=OutreachKind.REMINDER_DAY, text="We wait.", about="visit:5", once="one",
            due_at=town.clock.now(), not_after=town.clock.now() + timedelta(hours=20),
            service=True, connection_id=WHATSAPP, chat_id=said_to,
        )
    )  # fmt: skip
    assert await town.round() == ["owed"]
    chat = await become_one(town)
    assert await town.rows("SELECT only_chat FROM outreach") == [(chat,)]
    assert await town.rows("SELECT chat_id FROM outreach_tries") == [(chat,)]
    kinds = {row["kind"] for row in await town.rows("SELECT kind FROM outreach_tries")}
    assert kinds == {ConnectionKind.WHATSAPP.value}
