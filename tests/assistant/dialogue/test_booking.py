"""From a wish to a visit: gaps are asked for, nothing is booked that was not proposed."""

from __future__ import annotations

from datetime import date, time

import pytest

from kommutator.domain.assistant.frame import Expecting, Frame, Intent, When
from kommutator.domain.assistant.talk import HandOver
from tests.support.framed_talk import (
    ALEXANDER,
    ANNA,
    FRIDAY,
    GEL,
    KIDS_CUT,
    MANICURE,
    MENS_CUT,
    NO,
    ON_FRIDAY,
    PEDICURE,
    WOMENS_CUT,
    YES,
    FramedTalk,
    book,
    choice,
    on,
)


async def test_a_whole_wish_is_proposed_at_once_and_booked_after_yes() -> None:
    talk = FramedTalk()
    said = await talk.all(book(MENS_CUT, when=on(FRIDAY, "15:00")))
    assert "стрижка мужская, Александр Коваленко, пятница, 20 ноября, 15:00, 1 200 ₽" in said
    assert talk.visits == []
    assert "Москва, улица Садовая, 12" in await talk.all(YES)
    assert talk.visits == [(ALEXANDER, "11-20 15:00")]
    assert talk.played.talk.proposal is None


async def test_an_unclear_service_is_chosen_by_number() -> None:
    talk = FramedTalk()
    asked = await talk.all(Frame(Intent.BOOK, maybe_services=(MANICURE, GEL)))
    assert "1. Маникюр без покрытия, 1 000 ₽\n2. Маникюр с покрытием гель-лак, 2 000 ₽" in asked
    await talk.all(choice(2))
    assert talk.played.talk.services == (GEL,)
    assert talk.played.talk.expecting is Expecting.CHOICE


async def test_without_a_service_what_one_usually_has_is_named_first() -> None:
    talk = FramedTalk(client={"usual_services": [PEDICURE]})
    assert "1. Педикюр, 2 500 ₽" in await talk.all(book())


async def test_a_day_shows_its_morning_its_middle_and_its_end() -> None:
    talk = FramedTalk()
    await talk.all(book(MENS_CUT, when=ON_FRIDAY))
    shown = [one.starts_at.time() for one in talk.played.talk.offered]
    assert shown == [time(11), time(15, 30), time(20, 15)]


async def test_a_chosen_time_is_proposed_not_booked() -> None:
    talk = FramedTalk()
    said = await talk.all(book(MENS_CUT, when=ON_FRIDAY), choice(-1))
    assert "20:15" in said
    assert talk.visits == []
    assert talk.played.talk.expecting is Expecting.YES_OR_NO


async def test_a_time_that_was_shown_may_be_named() -> None:
    talk = FramedTalk()
    said = await talk.all(
        book(MENS_CUT, when=ON_FRIDAY), Frame(Intent.INFORM, when=When(at=time(20, 15)))
    )
    assert "пятница, 20 ноября, 20:15" in said


async def test_a_busy_time_is_answered_with_the_nearest() -> None:
    talk = FramedTalk(busy=[{"staff": ALEXANDER, "at": "2026-11-20T15:00"}])
    said = await talk.all(book(MENS_CUT, when=on(FRIDAY, "15:00")))
    assert "занято (пятница, 20 ноября, 15:00)" in said
    shown = [one.starts_at.time() for one in talk.played.talk.offered]
    assert shown == [time(14), time(14, 15), time(16)]


@pytest.mark.parametrize(
    ("when", "why"),
    [
        (on(date(2026, 11, 17)), "прошло"),
        (on(date(2027, 6, 1)), "не открыта"),
        (on(date(2026, 11, 22)), "закрыт"),
        (on(date(2026, 11, 18), "09:00"), "прошло"),
    ],
)
async def test_a_day_that_cannot_be_is_explained_and_others_are_shown(when: When, why: str) -> None:
    talk = FramedTalk()
    said = await talk.all(book(MENS_CUT, when=when))
    assert why in said
    assert len(talk.played.talk.offered) == 3


async def test_who_does_not_do_it_is_replaced_by_who_does() -> None:
    talk = FramedTalk()
    said = await talk.all(book(MENS_CUT, when=ON_FRIDAY, staff=ANNA))
    assert "Анна Белова не делает: стрижка мужская" in said
    assert {one.staff_id for one in talk.played.talk.offered} == {ALEXANDER}


async def test_the_usual_one_is_offered_first() -> None:
    talk = FramedTalk(client={"usual_staff": ANNA})
    said = await talk.all(book(GEL, when=ON_FRIDAY))
    assert "как обычно, к Анне Беловой?" in said.replace("Как", "как")
    assert {one.staff_id for one in talk.played.talk.offered} == {ANNA}


async def test_a_changed_day_keeps_the_rest() -> None:
    talk = FramedTalk()
    said = await talk.all(
        book(GEL, when=on(FRIDAY, "15:00"), staff=ANNA),
        Frame(Intent.INFORM, when=on(date(2026, 11, 24))),
    )
    assert "маникюр с покрытием гель-лак, Анна Белова, вторник, 24 ноября, 15:00" in said


async def test_yes_with_another_time_is_another_proposal() -> None:
    talk = FramedTalk()
    said = await talk.all(
        book(MENS_CUT, when=on(FRIDAY, "15:00")), Frame(Intent.YES, when=When(at=time(16)))
    )
    assert "16:00" in said
    assert talk.visits == []


async def test_no_books_nothing() -> None:
    talk = FramedTalk()
    await talk.all(book(MENS_CUT, when=on(FRIDAY, "15:00")), NO)
    assert talk.visits == []
    assert talk.played.talk.proposal is None


async def test_name_and_phone_are_asked_only_where_unknown() -> None:
    talk = FramedTalk(client={"name": None, "phone": None})
    asked = []
    for frame in (
        book(MENS_CUT, when=on(FRIDAY, "15:00")),
        Frame(Intent.INFORM, name="Олег"),
        Frame(Intent.INFORM, phone="+79990001122"),
    ):
        await talk.all(frame)
        asked.append(talk.played.talk.expecting)
    assert asked == [Expecting.NAME, Expecting.PHONE, Expecting.YES_OR_NO]
    await talk.all(YES)
    assert talk.visits == [(ALEXANDER, "11-20 15:00")]


async def test_an_old_proposal_is_read_again() -> None:
    talk = FramedTalk()
    await talk.all(book(MENS_CUT, when=on(FRIDAY, "15:00")))
    talk.played.salon.now = talk.played.salon.now.replace(hour=12)
    talk.played.salon.take({"staff": ALEXANDER, "at": "2026-11-20T15:00"})
    assert "занято" in await talk.all(YES)
    assert talk.visits == []
    assert len(talk.played.talk.offered) == 3


async def test_a_proposal_whose_time_is_over_is_not_booked() -> None:
    talk = FramedTalk()
    await talk.all(book(MENS_CUT, when=on(date(2026, 11, 18), "11:00")))
    talk.played.salon.now = talk.played.salon.now.replace(hour=11, minute=1)
    assert "прошло" in await talk.all(YES)
    assert talk.visits == []


async def test_somebody_was_faster() -> None:
    talk = FramedTalk()
    await talk.all(book(MENS_CUT, when=on(FRIDAY, "15:00")))
    talk.played.salon.take({"staff": ALEXANDER, "at": "2026-11-20T15:00"})
    assert "занято" in await talk.all(YES)
    assert "15:00" not in [f"{one.starts_at:%H:%M}" for one in talk.played.talk.offered]
    await talk.all(choice(1), YES)
    assert len(talk.visits) == 1


async def test_two_people_are_booked_one_after_the_other() -> None:
    talk = FramedTalk()
    await talk.hear(book(WOMENS_CUT, KIDS_CUT, when=ON_FRIDAY), "меня и дочку на стрижку")
    await talk.all(choice(1), YES)
    assert len(talk.visits) == 1
    assert talk.played.talk.services == (KIDS_CUT,)
    await talk.all(choice(1), YES)
    assert len(talk.visits) == 2


async def test_services_of_different_people_become_two_visits() -> None:
    talk = FramedTalk()
    said = await talk.all(book(MENS_CUT, GEL, when=ON_FRIDAY))
    assert "разные мастера" in said
    await talk.all(choice(1), YES, choice(1), YES)
    assert {staff for staff, _ in talk.visits} == {ALEXANDER, ANNA}


async def test_later_and_earlier_look_from_what_was_shown() -> None:
    talk = FramedTalk()
    await talk.all(book(MENS_CUT, when=When(first=FRIDAY, last=FRIDAY, before=time(14))))
    last = talk.played.talk.offered[-1].starts_at
    await talk.hear(Frame(Intent.OTHER), "а попозже?")
    assert min(one.starts_at for one in talk.played.talk.offered) > last


async def test_the_salon_being_away_goes_to_a_person() -> None:
    talk = FramedTalk()
    await talk.all(book(MENS_CUT, when=on(FRIDAY, "15:00")))
    talk.played.salon.down = True
    assert "администратору" in await talk.all(YES)
    assert talk.played.handed_over is HandOver.FAILED


async def test_a_time_out_of_an_old_list_is_looked_at_again() -> None:
    talk = FramedTalk()
    await talk.all(book(MENS_CUT, when=ON_FRIDAY))
    talk.played.salon.now = talk.played.salon.now.replace(hour=13)
    talk.played.salon.take({"staff": ALEXANDER, "at": "2026-11-20T15:30"})
    assert "занято" in await talk.all(choice(2))
    assert talk.played.talk.proposal is None


async def test_a_time_of_today_that_is_over_is_not_proposed() -> None:
    talk = FramedTalk()
    await talk.all(book(MENS_CUT, when=on(date(2026, 11, 18))))
    talk.played.salon.now = talk.played.salon.now.replace(hour=10, minute=50)
    await talk.all(choice(1))
    assert talk.played.talk.proposal is None


async def test_yes_with_words_that_are_not_understood_is_asked_again() -> None:
    talk = FramedTalk()
    await talk.all(book(MENS_CUT, when=on(FRIDAY, "15:00")))
    assert "снежане" in await talk.all(Frame(Intent.YES, unclear=("снежане",)))
    assert talk.visits == []
