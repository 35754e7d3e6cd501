"""People and the bot in one chat: who speaks, who is told, how it goes back."""

from typing import Any
from uuid import UUID

import pytest

from kommutator.domain.tenancy import Actor, EnterpriseNumber, Permission, Role
from kommutator.kit.errors import Conflict, Forbidden, InvalidInput, NotFound
from kommutator.store.views.inbox import TalkWanted
from tests.support.salon import HERE
from tests.support.talks import BOT, CHAT, Talks

STAFF = Actor("Olga", Role.EMPLOYEE, HERE)
THERE = EnterpriseNumber("0411")


async def _receiver(talks: Talks, chat: str = "boss", **wishes: Any) -> None:
    async with talks.db.unit() as unit:
        await unit.connection.execute(
            "INSERT INTO chats (enterprise, connection_id, chat_id) VALUES ($1, $2, $3)",
            HERE, BOT, chat,
        )  # fmt: skip
        await unit.connection.execute(
            "INSERT INTO notice_receivers (enterprise, id, name, connection_id, chat_id, wishes, "
            "created_by) VALUES ($1, gen_random_uuid(), 'Boss', $2, $3, $4, 'tests')",
            HERE, BOT, chat, wishes,
        )  # fmt: skip


async def _told(talks: Talks) -> list[str]:
    rows = await talks.rows(
        "SELECT text FROM chat_messages WHERE chat_id = 'boss' AND direction = 'out'"
    )
    return [row["text"] for row in rows]


async def test_whoever_asks_for_a_person_gets_one_and_the_bot_is_silent(talks: Talks) -> None:
    await _receiver(talks)
    await talks.says("человека")
    await talks.turns()
    await talks.says("алло?")
    assert await talks.turns() == 0
    assert await talks.said() == ["Зову."]
    talk = await talks.talk()
    assert (talk["speaking"], talk["handed_over"], talk["needs_person"]) == ("staff", "asked", True)
    assert await _told(talks) == [
        (
            "💬 Клиенту нужен человек: Анна К. +79161234567\n"
            "Просит администратора.\nХочет стрижку.\n"
            f"http://house.example/console/inbox/{talk['id']}"
        )
    ]
    (notice,) = await talks.rows("SELECT news, state FROM notices")
    assert notice == {"news": "handover", "state": "owed"}


@pytest.mark.parametrize(
    ("wishes", "states"),
    [
        ({"handovers": False}, []),
        ({"salons": [1]}, []),
        ({"salons": [962302]}, ["owed"]),
        ({"quiet": {"begin": "00:00", "end": "23:59"}}, ["held"]),
    ],
)
async def test_only_those_are_told_who_want_to_be_and_when(
    talks: Talks, wishes: dict[str, Any], states: list[str]
) -> None:
    await _receiver(talks, **wishes)
    await talks.says("человека")
    await talks.turns()
    rows = await talks.rows("SELECT state FROM notices")
    assert [row["state"] for row in rows] == states


async def test_who_is_told_of_visits_is_no_client(talks: Talks) -> None:
    await _receiver(talks)
    await talks.says("Ок, вижу", chat="boss")
    assert await talks.rows("SELECT FROM conversations") == []


async def test_after_the_pause_the_bot_answers_new_messages(talks: Talks) -> None:
    await talks.says("человека")
    await talks.turns()
    await talks.says("алло?")
    await talks.rows("UPDATE conversations SET bot_paused_until = clock_timestamp()")
    assert await talks.turns() == 0
    await talks.says("Привет")
    await talks.turns()
    assert talks.brain.heard[-1] == ["Привет"]
    assert (await talks.talk())["speaking"] == "bot"


async def test_staff_who_write_on_the_phone_silence_the_bot(talks: Talks) -> None:
    await talks.settings(debounce={"quiet_s": 5, "longest_s": 9})
    await talks.says("Привет")
    await talks.says("Здравствуйте, это Ольга", from_me=True)
    await talks.settings()
    await talks.says("Отлично")
    assert await talks.turns() == 0
    talk = await talks.talk()
    assert (talk["speaking"], talk["handed_over"]) == ("staff", "staff_wrote")
    (hours,) = await talks.rows(
        "SELECT round(extract(epoch FROM bot_paused_until - clock_timestamp()) / 3600)::int AS h "
        "FROM conversations"
    )
    assert hours["h"] == 12
    thread = await talks.inbox.thread(HERE, talk["id"])
    assert [one.by for one in thread.messages] == ["client", "staff", "client"]


async def test_a_reaction_agrees_to_nothing_and_takes_nothing_over(talks: Talks) -> None:
    await talks.says("запишите 12")
    await talks.turns()
    await talks.says("👍", kind="reaction")
    await talks.says("👍", kind="reaction", from_me=True)
    assert await talks.turns() == 0
    assert talks.vendor.visits == {}
    await talks.says("да")
    await talks.turns()
    assert len(talks.vendor.visits) == 1


async def test_staff_who_write_first_are_not_interrupted(talks: Talks) -> None:
    await talks.says("Анна, вы забыли шарф", from_me=True)
    await talks.says("Ой, спасибо!")
    assert await talks.turns() == 0


async def test_what_staff_takes_over_while_the_brain_thinks_is_not_answered_by_it(
    talks: Talks,
) -> None:
    async def take_over() -> None:
        await talks.inbox.take_over(STAFF, HERE, (await talks.talk())["id"])

    talks.brain.thinking = take_over
    await talks.says("Привет")
    await talks.turns()
    assert await talks.said() == []
    assert (await talks.talk())["speaking"] == "staff"


async def test_a_person_takes_over_writes_and_gives_back(talks: Talks) -> None:
    await talks.says("Привет")
    await talks.turns()
    (line,) = await talks.inbox.list(HERE, TalkWanted())
    assert (line.speaking, line.unread, line.last_by, line.phone) == (
        "bot", 1, "bot", "+79161234567",
    )  # fmt: skip
    said = await talks.inbox.say(STAFF, HERE, line.id, " Добрый день! ", once="a")
    assert (said.by, said.text, said.state) == ("staff", "Добрый день!", "owed")
    assert await talks.inbox.say(STAFF, HERE, line.id, "Добрый день!", once="a") == said
    await talks.says("Да?")
    assert await talks.turns() == 0
    taken = await talks.inbox.get(HERE, line.id)
    assert (taken.speaking, taken.needs_person) == ("staff", True)
    assert taken.bot_paused_until is not None
    assert await talks.inbox.waiting(HERE) == 1
    back = await talks.inbox.give_back(STAFF, HERE, line.id)
    assert (back.speaking, back.needs_person, back.bot_paused_until) == ("bot", False, None)
    await talks.says("Вы тут?")
    await talks.turns()
    assert (await talks.said())[-1] == "Вы написали: Вы тут?"
    audit = await talks.rows("SELECT action FROM audit_log ORDER BY id")
    assert [row["action"] for row in audit] == ["chat.say", "chat.give_back"]


async def test_a_thread_shows_what_was_understood_and_done(talks: Talks) -> None:
    for text in ("запишите 12", "да"):
        await talks.says(text)
        await talks.turns()
    talk = await talks.talk()
    thread = await talks.inbox.thread(HERE, talk["id"], limit=3)
    assert [(one.by, one.text) for one in thread.messages] == [
        ("bot", "done"), ("client", "да"), ("bot", "Верно?"),
    ]  # fmt: skip
    (turn,) = thread.turns
    assert turn.act is not None
    assert (turn.no, turn.act["act"], turn.said) == (2, "book", ["done"])
    older = await talks.inbox.thread(HERE, talk["id"], before=thread.messages[-1].id)
    assert [one.text for one in older.messages] == ["запишите 12"]
    assert [one.no for one in older.turns] == [1]


async def test_what_was_read_is_not_unread(talks: Talks) -> None:
    await talks.says("Раз")
    await talks.says("Два")
    (line,) = await talks.inbox.list(HERE, TalkWanted())
    assert line.unread == 2
    thread = await talks.inbox.thread(HERE, line.id)
    await talks.inbox.seen(STAFF, HERE, line.id, thread.messages[-1].id)
    assert (await talks.inbox.get(HERE, line.id)).unread == 1


async def test_the_list_is_filtered_and_paged(talks: Talks) -> None:
    for number in range(5):
        await talks.says("Привет", chat=f"c{number}", phone=f"+7916000000{number}")
    await talks.turns()
    await talks.says("человека", chat="c3", phone="+79160000003")
    await talks.turns()
    seen: list[str] = []
    wanted = TalkWanted(limit=2)
    while page := await talks.inbox.list(HERE, wanted):
        seen += [one.chat_id for one in page]
        wanted = TalkWanted(limit=2, before=(page[-1].last_at, page[-1].id))
    assert sorted(seen) == ["c0", "c1", "c2", "c3", "c4"]

    async def found(**more: Any) -> list[str]:
        return [one.chat_id for one in await talks.inbox.list(HERE, TalkWanted(**more))]

    assert await found(waiting=True) == ["c3"]
    assert await found(speaking="staff") == ["c3"]
    assert await found(text="8 916 000-00-02") == ["c2"]
    assert len(await found(text="анна")) == 5
    assert await found(connection_id=UUID(int=1)) == []
    assert len(await found(salon=UUID(int=367))) == 5


async def test_nobody_sees_or_touches_a_neighbours_chat(talks: Talks) -> None:
    await talks.says("Привет")
    talk = (await talks.talk())["id"]
    stranger = Actor("stranger", Role.ENTERPRISE_ADMIN, THERE)
    assert await talks.inbox.list(THERE, TalkWanted()) == []
    assert await talks.inbox.waiting(THERE) == 0
    for reach in (
        talks.inbox.get(THERE, talk),
        talks.inbox.thread(THERE, talk),
        talks.inbox.take_over(stranger, THERE, talk),
        talks.inbox.give_back(stranger, THERE, talk),
        talks.inbox.say(stranger, THERE, talk, "x", once="x"),
        talks.inbox.seen(stranger, THERE, talk, 1),
        talks.inbox.take_over(stranger, HERE, talk),
    ):
        with pytest.raises(NotFound):
            await reach
    assert (await talks.talk())["speaking"] == "bot"


async def test_a_reader_may_not_write_and_odd_texts_are_refused(talks: Talks) -> None:
    await talks.says("Привет")
    talk = (await talks.talk())["id"]
    reader = Actor("key", Role.EMPLOYEE, HERE, scopes=frozenset({Permission.READ_CHATS}))
    with pytest.raises(Forbidden):
        await talks.inbox.say(reader, HERE, talk, "x", once="x")
    for text, code in (("  ", "chat_text_empty"), ("x" * 4097, "chat_text_too_long")):
        with pytest.raises(InvalidInput) as refused:
            await talks.inbox.say(STAFF, HERE, talk, text, once="x")
        assert refused.value.code == code
    await talks.rows("UPDATE chats SET closed_reason = 'blocked' WHERE chat_id = $1", CHAT)
    with pytest.raises(Conflict) as closed:
        await talks.inbox.say(STAFF, HERE, talk, "x", once="x")
    assert closed.value.code == "chat_closed"


async def test_stop_holds_for_this_phone_everywhere(talks: Talks) -> None:
    await talks.says("стоп")
    await talks.turns()
    async with talks.db.unit() as unit:
        consent = await unit.consents.of(HERE, "+79161234567")
    assert consent is not None
    assert (consent.opted_out, consent.source) == (True, "chat")


async def test_what_happens_is_counted(talks: Talks) -> None:
    for text in ("Привет", "человека"):
        await talks.says(text)
        await talks.turns()
    shown = talks.metrics.render().decode()
    assert 'kommutator_messages_heard_total{channel="telegram"} 2.0' in shown
    assert 'kommutator_turns_total{brain="rules",outcome="answered"} 1.0' in shown
    assert 'kommutator_turns_total{brain="rules",outcome="handed_over"} 1.0' in shown
    assert 'kommutator_hand_overs_total{reason="asked"} 1.0' in shown
    assert 'kommutator_turn_seconds_count{brain="rules"} 2.0' in shown
