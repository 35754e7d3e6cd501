"""Questions, hand-overs, ratings, stop words: answered in place, the open question stays open."""

from __future__ import annotations

from typing import Any

import pytest

from kommutator.domain.assistant.frame import Expecting, Frame, Intent
from kommutator.domain.assistant.talk import HandOver, Rate, Turn
from tests.support.exam import imagined_salon
from tests.support.framed_talk import (
    FRIDAY,
    GEL,
    MANICURE,
    MENS_CUT,
    ON_FRIDAY,
    VISIT,
    YES,
    FramedTalk,
    book,
    choice,
    on,
)
from tests.support.imagined_salon import Facts

REVIEW = {
    "kind": "review", "record_id": 501, "visit_start": "2026-11-18T09:00",
    "asked_at": "2026-11-18T10:00",
}  # fmt: skip
OTHER = Frame(Intent.OTHER)


def _asked(intent: Intent, **more: Any) -> Frame:
    return Frame(intent, **more)


@pytest.mark.parametrize(
    ("frame", "answer"),
    [
        (_asked(Intent.PRICE, services=(GEL,)), "Маникюр с покрытием гель-лак: 2 000 ₽"),
        (_asked(Intent.PRICE, services=(111,)), "Окрашивание в один тон: 4 500–6 000 ₽"),
        (_asked(Intent.SERVICES, staff=14), "Моделирование бороды: 900 ₽"),
        (_asked(Intent.STAFF, services=(171,)), "Олег Гончар (массажист)"),
        (_asked(Intent.ADDRESS), "Москва, улица Садовая, 12"),
        (_asked(Intent.HOURS), "воскресенье, 22 ноября: закрыто"),
        (_asked(Intent.HOURS, when=ON_FRIDAY), "пятница, 20 ноября: 09:00–21:00"),
        (_asked(Intent.MY_VISIT), "маникюр с покрытием гель-лак, Анна Белова, пятница"),
    ],
)
async def test_a_question_is_answered_from_the_salon(frame: Frame, answer: str) -> None:
    talk = FramedTalk(client={"visits": [VISIT]})
    assert answer in await talk.all(frame)


async def test_a_question_in_the_middle_repeats_what_is_open() -> None:
    talk = FramedTalk()
    said = await talk.all(book(MENS_CUT, when=on(FRIDAY, "15:00")), Frame(Intent.ADDRESS))
    assert "Садовая" in said
    assert "15:00" in said
    await talk.all(YES)
    assert len(talk.visits) == 1


async def test_a_price_and_yes_begin_a_booking() -> None:
    talk = FramedTalk()
    await talk.all(Frame(Intent.PRICE, services=(GEL,)), YES)
    assert talk.played.talk.expecting is Expecting.CHOICE


async def test_prices_of_several_ask_nothing() -> None:
    talk = FramedTalk()
    said = await talk.all(Frame(Intent.PRICE, maybe_services=(MANICURE, GEL)))
    assert "1 000 ₽" in said
    assert "2 000 ₽" in said
    assert talk.played.talk.expecting is Expecting.NOTHING


async def test_yes_to_nothing_asks_what_is_meant() -> None:
    talk = FramedTalk()
    assert "с чем вы согласились" in await talk.all(YES)
    assert talk.played.handed_over is None


async def test_a_number_that_was_not_shown_is_asked_again() -> None:
    talk = FramedTalk()
    assert "от 1 до 3" in await talk.all(book(MENS_CUT, when=ON_FRIDAY), choice(7))
    assert len(talk.played.talk.offered) == 3


async def test_two_turns_in_a_row_that_were_not_understood_go_to_a_person() -> None:
    talk = FramedTalk()
    await talk.all(OTHER)
    assert talk.played.handed_over is None
    await talk.all(OTHER)
    assert talk.played.handed_over is HandOver.NOT_UNDERSTOOD


async def test_what_is_understood_in_between_forgives() -> None:
    talk = FramedTalk()
    await talk.all(OTHER, Frame(Intent.ADDRESS), OTHER)
    assert talk.played.handed_over is None


@pytest.mark.parametrize(
    ("frame", "why"),
    [
        (Frame(Intent.PERSON), HandOver.ASKED),
        (Frame(Intent.COMPLAINT), HandOver.COMPLAINT),
    ],
)
async def test_who_wants_a_person_gets_one(frame: Frame, why: HandOver) -> None:
    talk = FramedTalk()
    assert "администратору" in await talk.all(frame)
    assert talk.played.handed_over is why


@pytest.mark.parametrize(
    "text", ["верните деньги", "у меня аллергия на лак", "я подам в суд", "I want a refund"]
)
async def test_money_health_and_law_go_to_a_person(text: str) -> None:
    talk = FramedTalk()
    await talk.hear(Frame(Intent.OTHER), text)
    assert talk.played.handed_over is HandOver.SENSITIVE


async def test_voice_and_photos_go_to_a_person() -> None:
    talk = FramedTalk()
    said = await talk.played.heard([{"kind": "audio", "text": ""}])
    assert "администратору" in said[0]
    assert talk.played.handed_over is HandOver.MEDIA


async def test_who_puts_a_message_otherwise_is_answered_by_it() -> None:
    talk = FramedTalk()
    assert await talk.played.heard([{"kind": "edit", "text": "сколько стоит стрижка?"}]) != []
    assert talk.played.handed_over is None


async def test_a_sticker_is_not_answered() -> None:
    talk = FramedTalk()
    assert await talk.played.heard([{"kind": "sticker", "text": ""}]) == []
    assert talk.played.handed_over is None


async def test_stop_is_confirmed_once_and_start_takes_it_back() -> None:
    talk = FramedTalk()
    assert len(await talk.hear(Frame(Intent.STOP))) == 1
    assert talk.played.salon.opted_out
    await talk.all(Frame(Intent.START))
    assert not talk.played.salon.opted_out


async def test_five_stars_are_thanked_for() -> None:
    talk = FramedTalk(questions=[REVIEW])
    assert "Спасибо" in "".join(await talk.hear(Frame(Intent.OTHER, stars=5), "5"))
    assert talk.played.salon.rated == {501: Rate(501, 5)}
    assert talk.played.handed_over is None


async def test_two_stars_with_words_reach_a_person_with_these_words() -> None:
    talk = FramedTalk(questions=[REVIEW])
    said = await talk.hear(Frame(Intent.OTHER, stars=2), "2\nдолго ждала")
    assert "Простите" in said[0]
    assert talk.played.salon.rated == {501: Rate(501, 2, "2\nдолго ждала")}
    assert talk.played.handed_over is HandOver.LOW_RATING


async def test_the_first_answer_says_hello_by_name_and_only_once() -> None:
    talk = FramedTalk()
    first = await talk.all(book(MENS_CUT, when=on(FRIDAY, "15:00")))
    assert ", Ольга!" in first
    assert "15:00" in first
    assert "Ольга!" not in await talk.all(Frame(Intent.ADDRESS))


async def test_a_day_later_nothing_of_a_wish_is_left() -> None:
    talk = FramedTalk()
    await talk.all(book(MENS_CUT, when=on(FRIDAY, "15:00")))
    talk.played.salon.now = talk.played.salon.now.replace(day=19, hour=11)
    await talk.all(YES)
    assert talk.visits == []


async def test_a_client_is_answered_in_their_language() -> None:
    talk = FramedTalk()
    said = await talk.all(book(MENS_CUT, when=on(FRIDAY, "15:00"), language="uk"))
    assert "пʼятниця, 20 листопада, 15:00" in said


async def test_who_takes_over_reads_what_is_wished() -> None:
    talk = FramedTalk(client={"visits": [VISIT]})
    await talk.all(book(MENS_CUT, when=on(FRIDAY, "15:00")))
    played = talk.played
    lines = played.brain.summary(Turn(played.talk), played.scene(), "en").split("\n")
    assert lines[:3] == [
        "Client: Ольга, +79161112233",
        "Wants to book",
        "Wish: стрижка мужская, Friday, 20 November, 15:00",
    ]


async def test_yes_to_several_asks_which() -> None:
    talk = FramedTalk()
    said = await talk.all(book(MENS_CUT, when=ON_FRIDAY), YES)
    assert "Какой вариант" in said
    assert len(talk.played.talk.offered) == 3
    assert talk.played.talk.proposal is None


async def test_an_ok_after_everything_is_said_is_not_answered() -> None:
    talk = FramedTalk()
    await talk.all(Frame(Intent.ADDRESS))
    assert await talk.hear(YES, "ок") == []
    assert talk.played.handed_over is None


@pytest.mark.parametrize(
    ("text", "at"), [("любое", "11:00"), ("без разницы", "11:00"), ("any time", "11:00")]
)
async def test_whichever_is_the_first(text: str, at: str) -> None:
    talk = FramedTalk()
    await talk.all(book(MENS_CUT, when=ON_FRIDAY))
    assert at in "".join(await talk.hear(OTHER, text))


async def test_as_usual_is_what_one_usually_has() -> None:
    talk = FramedTalk(client={"usual_services": [GEL], "usual_staff": 11})
    await talk.hear(book(), "можно мне как обычно?")
    assert talk.played.talk.services == (GEL,)


async def test_who_does_it_is_remembered_for_the_wish_that_follows() -> None:
    talk = FramedTalk()
    said = await talk.all(Frame(Intent.STAFF, services=(141,)))
    assert "Анна Белова" in said
    assert "Олег" not in said
    await talk.all(book(staff=16, when=ON_FRIDAY))
    assert talk.played.talk.services == (141,)


async def test_a_day_that_is_none_is_said_to_be_none() -> None:
    talk = FramedTalk()
    assert "Такого дня нет: 30.02" in await talk.all(book(MENS_CUT, unclear=("30.02",)))


async def test_a_word_that_is_none_of_ours_is_named() -> None:
    talk = FramedTalk()
    assert "Не нахожу у нас: татуаж" in await talk.all(book(unclear=("татуаж",)))


async def test_who_takes_a_wish_back_is_not_asked_again() -> None:
    talk = FramedTalk()
    await talk.all(book(MENS_CUT, when=on(FRIDAY, "15:00")))
    said = await talk.hear(Frame(Intent.PRICE), "дорого, я передумала")
    assert "не записываю" in said[0]
    assert talk.played.talk.proposal is None


async def test_who_complains_is_not_greeted_gladly() -> None:
    talk = FramedTalk()
    assert (await talk.all(Frame(Intent.COMPLAINT))).startswith("Мне очень жаль")


async def test_a_salon_whose_services_are_unknown_gets_a_person_and_no_empty_list() -> None:
    talk = FramedTalk(Facts({**imagined_salon(), "services": []}))
    said = await talk.hear(book())
    assert said[-1].endswith("Лучше ответит человек. Передаю администратору.")
    assert talk.played.handed_over is HandOver.NOT_UNDERSTOOD


async def test_a_hello_stands_on_a_line_of_its_own_before_a_list() -> None:
    said = await FramedTalk().hear(_asked(Intent.PRICE, services=(GEL,)))
    hello, line = said[0].split("\n")[:2]
    assert hello in {"Здравствуйте, Ольга!", "Рады вас слышать, Ольга!"}
    assert line.startswith("• ")
