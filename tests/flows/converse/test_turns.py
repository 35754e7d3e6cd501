"""Messages become turns, and turns become answers, each once and in order."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from kommutator.domain.chats import ChatNews
from kommutator.domain.connection import Account
from kommutator.domain.salon.booking import BookingWish, Made
from kommutator.domain.salon.facts import Salon
from kommutator.store.driver import Connection
from tests.support.salon import HERE, at
from tests.support.talks import BOT, CHAT, PHONE, Talks


async def test_pieces_become_one_turn_and_one_answer(talks: Talks) -> None:
    for text in ("Здравствуйте", "а завтра", "в шесть?"):
        await talks.says(text)
    assert await talks.turns() == 1
    assert await talks.said() == ["Вы написали: Здравствуйте\nа завтра\nв шесть?"]
    (turn,) = await talks.rows("SELECT id, no, brain, outcome FROM turns")
    assert (turn["no"], turn["brain"], turn["outcome"]) == (1, "rules", "answered")
    waiting = await talks.rows("SELECT waits, turn_id FROM chat_messages WHERE direction = 'in'")
    assert waiting == [{"waits": False, "turn_id": turn["id"]}] * 3
    assert await talks.turns() == 0


async def test_pressing_start_is_a_greeting(talks: Talks) -> None:
    await talks.says("/start")
    await talks.turns()
    assert talks.brain.heard == [["Здравствуйте"]]


async def test_the_same_message_again_is_no_news(talks: Talks) -> None:
    await talks.says("Привет", id="same")
    await talks.turns()
    await talks.says("Привет", id="same")
    assert await talks.turns() == 0
    assert len(await talks.said()) == 1


async def test_a_visit_is_booked_as_it_was_proposed(talks: Talks) -> None:
    await talks.says("запишите 12")
    await talks.turns()
    await talks.says("да")
    await talks.turns()
    (visit,) = talks.vendor.visits.values()
    assert (visit.staff_id, visit.starts_at, visit.client_phone) == (7, at(12), PHONE)
    assert await talks.said() == ["Верно?", "done"]
    (_, turn) = await talks.rows("SELECT * FROM turns ORDER BY no")
    assert (turn["record_id"], turn["outcome"]) == (visit.id, "done")
    assert turn["acted"] == {"state": "done", "record_id": visit.id, "alternatives": [],
                             "reason": None}  # fmt: skip
    assert (await talks.talk())["talk"] == {"language": "ru"}


@pytest.mark.parametrize(("phone", "as_admin"), [(PHONE, True), (None, False)])
async def test_a_salon_that_wants_an_sms_code_takes_a_phone_that_the_messenger_proves(
    talks: Talks, phone: str | None, as_admin: bool
) -> None:
    put: list[str] = []
    book = talks.vendor.book

    async def asks_code(account: Account) -> Salon:
        return Salon(962302, "Салон", "Europe/Moscow", asks_code=True)

    async def as_administrator(account: Account, wish: BookingWish) -> Made:
        put.append(wish.api_id)
        return await book(account, wish)

    talks.shelf.salon = asks_code  # type: ignore[method-assign]  # another salon
    talks.vendor.put = as_administrator  # type: ignore[method-assign,assignment]  # noted
    for text in ("запишите 12", "да"):
        await talks.says(text, phone=phone)
        await talks.turns()
    assert (len(put) == 1) is as_admin
    assert len(talks.vendor.visits) == 1


async def test_a_taken_time_is_answered_with_others(talks: Talks) -> None:
    await talks.says("запишите 12")
    await talks.turns()
    await talks.says("запишите 12", chat="other")
    await talks.turns()
    for chat in (CHAT, "other"):
        await talks.says("да", chat=chat)
    await talks.turns()
    assert len(talks.vendor.visits) == 1
    answers = sorted([(await talks.said())[-1], (await talks.said("other"))[-1]])
    assert answers[0] == "done"
    assert answers[1].startswith("taken 1")


async def test_messages_wait_for_the_next_piece(talks: Talks) -> None:
    await talks.settings(debounce={"quiet_s": 3.5, "longest_s": 12})

    async def due_in() -> float:
        (row,) = await talks.rows(
            "SELECT extract(epoch FROM due_at - clock_timestamp())::float8 AS s FROM conversations"
        )
        return float(row["s"])

    await talks.says("Запишите")
    assert 2.5 < await due_in() <= 3.5
    assert await talks.turns() == 0
    await talks.rows("UPDATE conversations SET waits_since = waits_since - interval '10 seconds'")
    await talks.says("на завтра")
    assert 1.0 < await due_in() <= 2.0  # twelve seconds after the first, come what may
    await talks.says("2")
    assert await due_in() <= 0
    assert await talks.turns() == 1
    assert talks.brain.heard == [["Запишите", "на завтра", "2"]]


async def test_somebody_who_types_is_waited_for_within_the_limit(talks: Talks) -> None:
    async def due_in() -> float:
        (row,) = await talks.rows(
            "SELECT extract(epoch FROM due_at - clock_timestamp())::float8 AS s FROM conversations"
        )
        return float(row["s"])

    async def types() -> None:
        async with talks.db.unit() as unit:
            await unit.chats.composing(HERE, BOT, CHAT, typing=True)

    await talks.settings(debounce={"quiet_s": 2, "longest_s": 12})
    await talks.says("Запишите")
    await types()
    assert 4 < await due_in() <= 5
    await talks.rows("UPDATE conversations SET latest_at = clock_timestamp() + interval '3 s'")
    await types()
    assert 2 < await due_in() <= 3


async def test_chats_that_turn_out_to_be_one_persons_go_on_as_one(talks: Talks) -> None:
    await talks.settings(debounce={"quiet_s": 5, "longest_s": 9})
    await talks.says("Запишите", chat="lid")
    await talks.says("на завтра", chat="phone")
    async with talks.db.unit() as unit:
        await unit.chats.hear(HERE, BOT, ChatNews("lid", alias="phone"))
    (left,) = await talks.rows("SELECT chat_id FROM conversations WHERE due_at IS NOT NULL")
    assert len(await talks.rows("SELECT FROM chats")) == 1
    await talks.rows("UPDATE conversations SET due_at = clock_timestamp()")
    await talks.turns()
    assert await talks.said(left["chat_id"]) == ["Вы написали: Запишите\nна завтра"]


async def test_what_comes_while_the_brain_thinks_is_answered_together(talks: Talks) -> None:
    async def write_on() -> None:
        talks.brain.thinking = None
        await talks.says("а нет, в семь")

    talks.brain.thinking = write_on
    await talks.says("в шесть")
    assert await talks.turns() == 2
    assert talks.brain.heard == [["в шесть"], ["в шесть", "а нет, в семь"]]
    assert await talks.said() == ["Вы написали: в шесть\nа нет, в семь"]
    assert len(await talks.rows("SELECT FROM turns")) == 1


async def test_nothing_is_done_that_was_taken_back_while_the_brain_thought(talks: Talks) -> None:
    await talks.says("запишите 12")
    await talks.turns()

    async def write_on() -> None:
        talks.brain.thinking = None
        await talks.says("ой нет")

    talks.brain.thinking = write_on
    await talks.says("да")
    await talks.turns()
    assert talks.vendor.visits == {}
    assert (await talks.said())[-1] == "Вы написали: да\nой нет"


async def test_what_comes_during_an_act_is_the_next_turn(talks: Talks) -> None:
    await talks.says("запишите 12")
    await talks.turns()
    booked = asyncio.Event()

    async def write_on() -> None:
        await booked.wait()
        await talks.says("спасибо")

    writing = asyncio.create_task(write_on())
    book = talks.vendor.book

    async def slow(*given: object) -> object:
        made = await book(*given)  # type: ignore[arg-type]  # as it was called
        booked.set()
        await writing
        return made

    talks.vendor.book = slow  # type: ignore[method-assign,assignment]  # a slow one
    await talks.says("да")
    await talks.turns()
    assert await talks.said() == ["Верно?", "done", "Вы написали: спасибо"]
    assert len(talks.vendor.visits) == 1


async def test_two_workers_answer_everybody_once_and_in_order(talks: Talks) -> None:
    chats = [f"c{number}" for number in range(12)]

    async def work(owner: int) -> None:
        for _ in range(40):
            for one in await talks.converse.claim(UUID(int=owner), 3, 30.0):
                await talks.converse.turn(one)

    async def write() -> None:
        for number in range(4):
            await asyncio.gather(*(talks.says(str(number), chat=chat) for chat in chats))

    await asyncio.gather(write(), work(1), work(2))
    await talks.turns()
    for chat in chats:
        told = "\n".join(one.removeprefix("Вы написали: ") for one in await talks.said(chat))
        assert told.split("\n") == ["0", "1", "2", "3"], chat


async def test_everybody_is_served_before_anybodys_crowd(talks: Talks) -> None:
    async with talks.db.unit() as unit:
        await unit.connection.execute(
            "INSERT INTO enterprises (number, name) VALUES ('0411', 'Crowd')"
        )
    for number in range(5):
        await talks.says("Привет", chat=f"c{number}")
    async with talks.db.unit() as unit:
        await _a_crowd(unit.connection)
    claimed = await talks.converse.claim(UUID(int=1), 2, 30.0)
    assert {one.enterprise for one in claimed} == {HERE, "0411"}


async def test_nobodys_crowd_takes_all_places_of_a_worker(talks: Talks) -> None:
    for number in range(5):
        await talks.says("Привет", chat=f"c{number}")
    mine, other = UUID(int=1), UUID(int=2)
    claimed = await talks.converse.claim(mine, 4, 30.0, of_each=2)
    assert len(claimed) == 2
    assert await talks.converse.claim(mine, 2, 30.0, of_each=2) == []
    assert len(await talks.converse.claim(other, 4, 30.0, of_each=2)) == 2
    await talks.converse.turn(claimed[0])
    assert len(await talks.converse.claim(mine, 4, 30.0, of_each=2)) == 1


async def _a_crowd(run: Connection) -> None:
    other = UUID(int=411)
    await run.execute(
        "INSERT INTO connections (id, enterprise, kind, name, base_url, status) "
        "VALUES ($1, '0411', 'telegram', 'Bot', 'http://127.0.0.1', 'active')", other,
    )  # fmt: skip
    await run.execute(
        "INSERT INTO chats (enterprise, connection_id, chat_id) "
        "SELECT '0411', $1, n::text FROM generate_series(1, 50) AS n", other,
    )  # fmt: skip
    await run.execute(
        "INSERT INTO conversations (enterprise, connection_id, chat_id, due_at) "
        "SELECT '0411', $1, n::text, clock_timestamp() - interval '1 hour' "
        "FROM generate_series(1, 50) AS n", other,
    )  # fmt: skip


async def test_a_client_who_was_silent_for_long_begins_anew(talks: Talks) -> None:
    await talks.says("запишите 12")
    await talks.turns()
    await talks.rows(
        "UPDATE conversations SET turned_at = turned_at - $1::interval", timedelta(hours=13)
    )
    await talks.says("да")
    await talks.turns()
    assert talks.vendor.visits == {}
    assert [scene.greet for scene in talks.brain.scenes] == [True, True]


@pytest.mark.parametrize(
    "more",
    [{"grouped": True}, {"late": True}],
)
async def test_groups_and_late_messages_are_answered_by_nobody(
    talks: Talks, more: dict[str, Any]
) -> None:
    await talks.says("Привет", **more)
    assert await talks.turns() == 0
    assert await talks.said() == []


async def test_without_a_salon_or_switched_off_a_person_is_wanted(talks: Talks) -> None:
    await talks.settings(on=False)
    await talks.says("Привет")
    assert await talks.turns() == 0
    talk = await talks.talk()
    assert (talk["speaking"], talk["needs_person"]) == ("nobody", True)
    await talks.settings()
    await talks.says("Есть кто?")
    assert await talks.turns() == 1
    assert talks.brain.heard == [["Есть кто?"]]


async def test_a_chat_that_goes_on_under_another_name_keeps_its_talk(talks: Talks) -> None:
    await talks.says("запишите 12")
    await talks.turns()
    await talks.says("Это я", chat="other")
    await talks.turns()
    before = (await talks.talk("other"))["id"]
    async with talks.db.unit() as unit:
        await unit.conversations.move(HERE, BOT, "other", CHAT)
    (left,) = await talks.rows("SELECT id, chat_id, talk FROM conversations")
    assert left["chat_id"] == CHAT
    assert left["talk"]["expecting"] == "yes_or_no"
    assert left["id"] != before
    assert len(await talks.rows("SELECT FROM turns WHERE conversation_id = $1", left["id"])) == 2
