"""When somebody is reminded of a visit, and when nobody is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kommutator.domain.outreach.wanted import OutreachKind
from kommutator.domain.remind.plan import moment_of, reminders, review, start_of, together
from kommutator.domain.remind.rules import DayBefore, HoursBefore, Review, Rules
from kommutator.domain.salon.facts import Attendance, Visit

SALON = UUID(int=7)
MINSK = "Europe/Minsk"  # three hours ahead of UTC
NOW = datetime(2026, 11, 18, 9, tzinfo=UTC)
VISIT = Visit(
    id=5,
    staff_id=1,
    starts_at=datetime.fromisoformat("2026-11-20T15:00"),
    seance_s=3600,
    client_phone="+375000000070",
    created_at=NOW - timedelta(hours=5),
)
DAY, HOURS = OutreachKind.REMINDER_DAY, OutreachKind.REMINDER_HOURS


def planned(visit: Visit = VISIT, rules: Rules | None = None, now: datetime = NOW) -> list[str]:
    found = reminders(visit, rules or Rules(), MINSK, salon=SALON, now=now)
    return [f"{one.kind.value} {one.due_at:%d %H:%M}" for one in found]


def test_the_evening_before_and_two_hours_before() -> None:
    found = reminders(VISIT, Rules(), MINSK, salon=SALON, now=NOW)
    day, hours = found
    assert (day.kind, hours.kind) == (DAY, HOURS)
    evening = datetime(2026, 11, 19, 16, tzinfo=UTC)  # 19:00 in Minsk
    assert evening <= day.due_at < evening + timedelta(hours=2)
    assert hours.due_at == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert day.not_after == hours.not_after == datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_an_evenings_messages_are_spread_and_stay_where_they_are() -> None:
    visits = [replace(VISIT, id=n) for n in range(200)]
    found = [reminders(one, Rules(), MINSK, salon=SALON, now=NOW)[0].due_at for one in visits]
    assert len({moment.replace(second=0) for moment in found}) > 80
    assert found == [
        reminders(one, Rules(), MINSK, salon=SALON, now=NOW)[0].due_at for one in visits
    ]


def test_so_many_hours_before_instead_of_the_evening() -> None:
    rules = Rules(day=DayBefore(way="hours", hours=30), hours=HoursBefore(on=False))
    assert planned(rules=rules) == ["reminder_day 19 06:00"]


@pytest.mark.parametrize(
    ("booked_ahead", "wanted"),
    [
        (timedelta(hours=25), [DAY, HOURS]),
        (timedelta(hours=23), [HOURS]),
        (timedelta(hours=5), [HOURS]),
        (timedelta(hours=4, minutes=59), []),
    ],
)
def test_whoever_booked_lately_is_not_reminded(
    booked_ahead: timedelta, wanted: list[OutreachKind]
) -> None:
    booked = start_of(VISIT, MINSK) - booked_ahead
    visit = replace(VISIT, created_at=booked)
    found = reminders(visit, Rules(), MINSK, salon=SALON, now=min(booked, NOW))
    assert [one.kind for one in found] == wanted


@pytest.mark.parametrize(
    "nobodys",
    [
        replace(VISIT, deleted=True),
        replace(VISIT, client_phone=None),
        replace(VISIT, activity_id=3),
        replace(VISIT, attendance=Attendance.CAME),
        replace(VISIT, attendance=Attendance.NO_SHOW),
        replace(VISIT, starts_at=datetime.fromisoformat("2026-11-18T11:00")),
    ],
)
def test_nobody_is_reminded_of(nobodys: Visit) -> None:
    assert planned(nobodys) == []


def test_what_is_over_is_not_planned() -> None:
    after_the_evening = datetime(2026, 11, 19, 19, tzinfo=UTC)
    assert planned(now=after_the_evening) == ["reminder_hours 20 10:00"]


def test_rules_that_are_off_plan_nothing() -> None:
    assert planned(rules=Rules(day=DayBefore(on=False), hours=HoursBefore(on=False))) == []


def test_a_clock_that_is_put_back_moves_no_visit() -> None:
    """In Kyiv the night to 25 October 2026 has one hour more."""
    visit = replace(VISIT, starts_at=datetime.fromisoformat("2026-10-25T12:00"), created_at=None)
    now = datetime(2026, 10, 20, tzinfo=UTC)
    found = reminders(visit, Rules(), "Europe/Kyiv", salon=SALON, now=now)
    assert found[1].due_at == datetime(2026, 10, 25, 8, tzinfo=UTC)


def test_a_review_is_asked_a_while_after_somebody_came() -> None:
    came = replace(VISIT, attendance=Attendance.CAME)
    asked = review(came, Rules(), now=NOW)
    assert asked is not None
    assert asked.due_at == NOW + timedelta(minutes=150)
    assert review(came, Rules(review=Review(on=False)), now=NOW) is None
    assert review(replace(came, client_phone=None), Rules(), now=NOW) is None


@given(
    start=st.datetimes(
        datetime.fromisoformat("2026-11-18T12:00"), datetime.fromisoformat("2026-12-18T00:00")
    ),
    ahead=st.timedeltas(timedelta(0), timedelta(days=20)),
    since=st.timedeltas(timedelta(0), timedelta(days=20)),
)
def test_a_reminder_always_lies_ahead_and_before_the_visit(
    start: datetime, ahead: timedelta, since: timedelta
) -> None:
    visit = replace(VISIT, starts_at=start.replace(second=0, microsecond=0))
    begins = start_of(visit, MINSK)
    now = begins - ahead
    visit = replace(visit, created_at=now - since)
    found = reminders(visit, Rules(), MINSK, salon=SALON, now=now)
    assert len({one.kind for one in found}) == len(found)
    assert all(now < one.due_at < begins == one.not_after for one in found)


def _at(record_id: int, hour: float) -> Visit:
    return replace(VISIT, id=record_id, starts_at=VISIT.starts_at + timedelta(hours=hour))


@pytest.mark.parametrize(
    ("hours", "runs"),
    [
        ([0, 1], [[0, 1]]),
        ([0, 2.9, 3], [[0, 1], [2]]),
        ([0, 2, 4, 6], [[0, 1], [2, 3]]),
        ([0, 5], [[0], [1]]),
    ],
)
def test_each_visit_of_a_day_is_named_by_exactly_one_message(
    hours: list[float], runs: list[list[int]]
) -> None:
    day = [_at(number, hour) for number, hour in enumerate(hours)]
    for run in runs:
        for number in run:
            assert [one.id for one in together(day[number], day, HOURS)] == run
    everyone = [one.id for one in together(day[-1], day[::-1], DAY)]
    assert everyone == list(range(len(day)))


@given(st.lists(st.integers(0, 14 * 60), min_size=1, max_size=8))
def test_no_visit_is_left_out_whatever_the_day(minutes: list[int]) -> None:
    day = [_at(number, minute / 60) for number, minute in enumerate(minutes)]
    named = [one.id for visit in day for one in together(visit, day, HOURS)[:1]]
    told = {one.id for first in set(named) for one in together(day[first], day, HOURS)}
    assert told == set(range(len(day)))


def test_a_kinds_moment_is_the_one_it_was_planned_for() -> None:
    for planned_one in reminders(VISIT, Rules(), MINSK, salon=SALON, now=NOW):
        moment = moment_of(planned_one.kind, VISIT, Rules(), MINSK, salon=SALON)
        assert moment == planned_one.due_at
