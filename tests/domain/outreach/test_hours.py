"""Nobody is woken, wherever the salon is and whatever the clocks do; no reminder vanishes."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kommutator.domain.outreach.hours import LEAST_AHEAD, Hours, day_began, placed
from kommutator.kit.zones import zone

USUAL = Hours()
ZONES = ("Europe/Moscow", "Europe/Kyiv", "Asia/Vladivostok", "America/New_York", "Asia/Kathmandu")


def at(text: str, zone_name: str = "Europe/Moscow") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone(zone_name)).astimezone(UTC)


def local(moment: datetime, zone_name: str = "Europe/Moscow") -> str:
    return f"{moment.astimezone(zone(zone_name)):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [("2026-11-21 08:59", False), ("2026-11-21 09:00", True), ("2026-11-21 20:59", True),
     ("2026-11-21 21:00", False), ("2026-11-21 00:00", False)],
)  # fmt: skip
def test_the_usual_hours(moment: str, *, is_open: bool) -> None:
    assert USUAL.is_open(at(moment), "Europe/Moscow") is is_open


def test_hours_over_midnight_and_around_the_clock() -> None:
    night = Hours("18:00", "02:00")
    assert night.is_open(at("2026-11-21 01:59"), "Europe/Moscow")
    assert not night.is_open(at("2026-11-21 02:00"), "Europe/Moscow")
    assert night.is_open(at("2026-11-21 18:00"), "Europe/Moscow")
    assert Hours("00:00", "00:00").is_open(at("2026-11-21 03:00"), "Europe/Moscow")


@pytest.mark.parametrize(
    ("due", "visit", "now", "sent"),
    [
        # due by day: as it was wanted
        ("2026-11-21 14:00", "2026-11-22 14:00", "2026-11-20 10:00", "2026-11-21 14:00"),
        # two hours before ten is too early: at nine, still an hour ahead
        ("2026-11-21 08:00", "2026-11-21 10:00", "2026-11-20 10:00", "2026-11-21 09:00"),
        # two hours before half past nine: the evening before
        ("2026-11-21 07:30", "2026-11-21 09:30", "2026-11-20 10:00", "2026-11-20 20:22"),
        # a day before a visit late at night: in the morning of its day
        ("2026-11-20 22:00", "2026-11-21 22:00", "2026-11-20 10:00", "2026-11-21 09:00"),
        # the evening before has begun already: at once
        ("2026-11-21 07:30", "2026-11-21 09:30", "2026-11-20 20:40", "2026-11-20 20:40"),
        # it is night already: there is no moment for it
        ("2026-11-21 07:30", "2026-11-21 09:30", "2026-11-20 23:00", None),
        # due in the past: now
        ("2026-11-20 09:00", "2026-11-21 09:30", "2026-11-20 12:00", "2026-11-20 12:00"),
        # the visit is over
        ("2026-11-20 09:00", "2026-11-20 11:00", "2026-11-20 12:00", None),
    ],
)
def test_reminders_find_another_moment(due: str, visit: str, now: str, sent: str | None) -> None:
    found = placed(at(due), at(visit), USUAL, "Europe/Moscow", now=at(now), jitter=0.5)
    assert (None if found is None else local(found)) == sent


def test_an_evening_is_spread() -> None:
    def evening(jitter: float) -> str:
        args = at("2026-11-21 07:30"), at("2026-11-21 09:30"), USUAL, "Europe/Moscow"
        found = placed(*args, now=at("2026-11-20 10:00"), jitter=jitter)
        assert found is not None
        return local(found)

    assert [evening(0.0), evening(0.999)] == ["2026-11-20 20:00", "2026-11-20 20:44"]


def test_the_hours_are_the_salons_own_when_clocks_change() -> None:
    kyiv = "Europe/Kyiv"
    before = USUAL.next_open(at("2026-10-24 23:00", kyiv), kyiv)
    after = USUAL.next_open(at("2026-10-25 23:00", kyiv), kyiv)
    assert (local(before, kyiv), before.hour) == ("2026-10-25 09:00", 7)  # clocks went back
    assert (local(after, kyiv), after.hour) == ("2026-10-26 09:00", 7)
    summer = USUAL.next_open(at("2026-10-23 23:00", kyiv), kyiv)
    assert (local(summer, kyiv), summer.hour) == ("2026-10-24 09:00", 6)
    spring = Hours("02:30", "21:00")  # there is no half past two that night
    opens = spring.next_open(at("2026-03-29 01:00", kyiv), kyiv)
    assert spring.is_open(opens, kyiv)


def test_a_day_begins_at_the_salons_midnight() -> None:
    found = day_began(datetime(2026, 11, 21, 22, 30, tzinfo=UTC), "Europe/Moscow")
    assert found == datetime(2026, 11, 21, 21, tzinfo=UTC)


@given(
    due=st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)),  # noqa: DTZ001  UTC is added
    ahead=st.timedeltas(timedelta(minutes=-30), timedelta(days=2)),
    early=st.timedeltas(timedelta(0), timedelta(days=3)),
    zone_name=st.sampled_from(ZONES),
    jitter=st.floats(0, 0.999),
    begin=st.integers(5, 12),
    end=st.integers(15, 23),
)
def test_a_reminder_never_leaves_in_quiet_hours_nor_too_late(
    due: datetime, ahead: timedelta, early: timedelta, zone_name: str, jitter: float,
    begin: int, end: int,
) -> None:  # fmt: skip
    hours, due_at = Hours(f"{begin:02}:00", f"{end:02}:00"), due.replace(tzinfo=UTC)
    visit, now = due_at + ahead, due_at - early
    found = placed(due_at, visit, hours, zone_name, now=now, jitter=jitter)
    if found is None:
        if early > timedelta(days=1) and ahead > LEAST_AHEAD:
            pytest.fail("a reminder known a day ahead has a moment")
        return
    assert hours.is_open(found, zone_name)
    assert now <= found <= max(visit, now)
    if hours.is_open(due_at, zone_name) and due_at <= visit:
        assert found == due_at
