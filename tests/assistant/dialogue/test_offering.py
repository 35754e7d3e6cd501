"""Which times are shown: the exact one, or three that make sense for the wish."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

import pytest

from kommutator.assistant.dialogue.offering import Found, Why, Wish, find
from kommutator.domain.assistant.frame import When
from kommutator.domain.assistant.talk import Offer
from tests.support.framed_talk import FRIDAY, FramedTalk, on

SCENE = FramedTalk().played.scene()  # Wednesday, 18 November 2026, 10:30


async def _found(wish: Wish, *starts: tuple[int, str]) -> Found:
    offers = [Offer(staff, datetime.fromisoformat(f"2026-11-{at}"), 3600) for staff, at in starts]

    async def read(staff: int | None, first: date, last: date) -> Sequence[Offer]:
        return [
            one
            for one in sorted(offers, key=lambda one: one.starts_at)
            if staff in {None, one.staff_id} and first <= one.starts_at.date() <= last
        ]

    return await find(SCENE, wish, read)


def _shown(found: Found) -> list[tuple[int, str]]:
    return [(one.staff_id, f"{one.starts_at:%d %H:%M}") for one in found.offers]


def _every_quarter(day: int, first: int, last: int, staff: int = 11) -> list[tuple[int, str]]:
    begin = datetime.combine(date(2026, 11, day), time(first))
    steps = [begin + timedelta(minutes=15 * n) for n in range((last - first) * 4)]
    return [(staff, f"{one:%dT%H:%M}") for one in steps]


async def test_an_exact_wish_that_is_free_is_exact() -> None:
    found = await _found(Wish(on(FRIDAY, "15:00")), (11, "20T14:00"), (11, "20T15:00"))
    assert found.exact is not None
    assert f"{found.exact.starts_at:%H:%M}" == "15:00"
    assert found.why is None


async def test_without_a_day_the_first_ones_apart_from_each_other() -> None:
    found = await _found(Wish(When()), *_every_quarter(18, 11, 18))
    assert _shown(found) == [(11, "18 11:00"), (11, "18 13:00"), (11, "18 15:00")]


async def test_as_soon_as_possible_is_simply_the_first() -> None:
    found = await _found(Wish(When(soonest=True)), *_every_quarter(18, 9, 18))
    assert _shown(found) == [(11, "18 10:45"), (11, "18 11:00"), (11, "18 11:15")]


async def test_different_people_where_there_are_some() -> None:
    both = [*_every_quarter(20, 10, 18), *_every_quarter(20, 10, 18, staff=16)]
    found = await _found(Wish(on(FRIDAY)), *both)
    assert {staff for staff, _ in _shown(found)} == {11, 16}


async def test_a_busy_time_is_answered_by_its_neighbours() -> None:
    free = [(11, "20T10:00"), (11, "20T14:00"), (11, "20T16:00"), (11, "20T18:00")]
    found = await _found(Wish(on(FRIDAY, "15:00")), *free)
    assert _shown(found) == [(11, "20 14:00"), (11, "20 16:00"), (11, "20 18:00")]
    assert found.why is Why.BUSY


async def test_a_full_day_is_answered_at_the_same_hour_of_the_next() -> None:
    found = await _found(Wish(on(FRIDAY, "15:00")), *_every_quarter(21, 10, 18))
    assert _shown(found) == [(11, "21 14:45"), (11, "21 15:00"), (11, "21 15:15")]
    assert found.why is Why.FULL


async def test_who_has_no_time_that_day_is_shown_later_beside_somebody_else() -> None:
    free = [(16, "20T12:00"), (11, "23T10:00"), (11, "24T10:00")]
    found = await _found(Wish(on(FRIDAY), staff=11), *free)
    assert _shown(found) == [(16, "20 12:00"), (11, "23 10:00"), (11, "24 10:00")]
    assert found.why is Why.STAFF


async def test_a_soft_wish_looks_no_further() -> None:
    found = await _found(Wish(on(FRIDAY), staff=11, soft=True), (11, "23T10:00"))
    assert found == Found(why=Why.FULL)


@pytest.mark.parametrize(
    ("when", "why"),
    [
        (on(date(2026, 11, 17)), Why.PAST),
        (on(date(2026, 11, 18), "10:00"), Why.PAST),
        (on(date(2027, 6, 1)), Why.TOO_FAR),
        (on(date(2026, 11, 22)), Why.CLOSED),
    ],
)
async def test_why_a_day_cannot_be(when: When, why: Why) -> None:
    found = await _found(Wish(when), (11, "18T12:00"), (11, "23T10:00"))
    assert found.why is why
    assert found.offers


async def test_nothing_at_all() -> None:
    assert await _found(Wish(When())) == Found(why=Why.NONE)


async def test_nothing_that_has_begun_is_shown() -> None:
    found = await _found(Wish(When()), (11, "18T10:30"), (11, "18T10:15"))
    assert found.offers == ()
