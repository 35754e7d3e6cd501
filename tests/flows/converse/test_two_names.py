"""Promise: one person under two names is one talk, and nothing is done or said twice meanwhile."""

from kommutator.domain.chats import ChatNews
from tests.support.salon import HERE
from tests.support.talks import BOT, Talks


async def test_who_speaks_in_one_of_two_chats_speaks_when_they_become_one(talks: Talks) -> None:
    """Staff wrote from the phone; the client wrote under a name that nobody knew for theirs."""
    await talks.says("Добрый день, это Оля из салона", chat="phone", from_me=True)
    await talks.says("Здравствуйте", chat="lid")
    async with talks.db.unit() as unit:
        await unit.chats.hear(HERE, BOT, ChatNews("lid", alias="phone"))
    (left,) = await talks.rows(
        "SELECT speaking, needs_person, due_at, bot_paused_until FROM conversations"
    )
    assert (left["speaking"], left["needs_person"], left["due_at"]) == ("staff", True, None)
    assert left["bot_paused_until"] is not None
    assert await talks.rows("SELECT FROM chat_messages WHERE waits") == []
    await talks.says("вы тут?", chat="lid")
    assert await talks.turns() == 0


async def test_a_talk_that_books_is_not_taken_into_another(talks: Talks) -> None:
    await talks.says("Запишите", chat="phone")
    await talks.rows("UPDATE conversations SET act = '{}'")
    await talks.says("Вы тут?", chat="lid")
    news = ChatNews("lid", alias="phone")
    async with talks.db.unit() as unit:
        await unit.chats.hear(HERE, BOT, news)
    assert len(await talks.rows("SELECT FROM conversations")) == 2
    await talks.rows("UPDATE conversations SET act = NULL")
    async with talks.db.unit() as unit:
        await unit.chats.hear(HERE, BOT, news)
    assert len(await talks.rows("SELECT FROM conversations")) == 1
