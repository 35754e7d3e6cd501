"""Windows by the client's own wall clock, across zones and changes of the clock."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from kommutator.domain.campaigns.plan import Plan
from kommutator.domain.campaigns.windows import day_began, is_open, next_day, opens
from kommutator.kit.phones import zone_of

WORKDAY = (("09:00", "18:00"),)
PLAN = Plan(
    agents=("150",),
    windows=dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), WORKDAY),
    holidays=(date(2026, 5, 1),),
)
MINSK, KYIV, VLADIVOSTOK = (
    ZoneInfo("Europe/Minsk"), ZoneInfo("Europe/Kyiv"), ZoneInfo("Asia/Vladivostok"),
)  # fmt: skip


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "at", "expected"),
    [
        (MINSK, "2026-03-02T05:59:59", False),  # Monday, 08:59:59 in Minsk
        (MINSK, "2026-03-02T06:00:00", True),
        (MINSK, "2026-03-02T14:59:59", True),
        (MINSK, "2026-03-02T15:00:00", False),
        (MINSK, "2026-03-01T10:00:00", False),  # Sunday
        (MINSK, "2026-05-01T10:00:00", False),  # a holiday
        (VLADIVOSTOK, "2026-03-01T23:00:00", True),  # there it is Monday, 09:00
        (VLADIVOSTOK, "2026-03-02T08:00:00", False),  # and now 18:00
    ],
)
def test_open_or_not(zone: ZoneInfo, at: str, expected: bool) -> None:
    assert is_open(PLAN, zone, utc(at)) is expected


@pytest.mark.parametrize(
    ("zone", "at", "expected"),
    [
        (MINSK, "2026-03-02T10:00:00", "2026-03-02T10:00:00"),  # now
        (MINSK, "2026-03-02T03:00:00", "2026-03-02T06:00:00"),
        (MINSK, "2026-03-06T16:00:00", "2026-03-09T06:00:00"),  # Friday evening: Monday
        (MINSK, "2026-04-30T16:00:00", "2026-05-04T06:00:00"),  # holiday and weekend
        # Kyiv sets its clock forward on the 29th of March and back on the 25th of October.
        (KYIV, "2026-03-27T18:00:00", "2026-03-30T06:00:00"),
        (KYIV, "2026-03-26T18:00:00", "2026-03-27T07:00:00"),
        (KYIV, "2026-10-23T18:00:00", "2026-10-26T07:00:00"),
        (VLADIVOSTOK, "2026-03-02T10:00:00", "2026-03-02T23:00:00"),
    ],
)
def test_the_next_opening(zone: ZoneInfo, at: str, expected: str) -> None:
    assert opens(PLAN, zone, utc(at)) == utc(expected)


def test_an_hour_that_the_clock_skips_opens_later() -> None:
    plan = Plan(agents=("150",), windows={"sun": (("03:30", "05:00"),)})
    assert opens(plan, KYIV, utc("2026-03-28T12:00:00")) == utc("2026-03-29T01:30:00")
    assert utc("2026-03-29T01:30:00").astimezone(KYIV).strftime("%H:%M") == "04:30"


def test_an_hour_that_the_clock_repeats_is_open_twice() -> None:
    plan = Plan(agents=("150",), windows={"sun": (("03:00", "04:00"),)})
    assert [is_open(plan, KYIV, utc(f"2026-10-25T0{h}:30:00")) for h in range(3)] == [
        True, True, False,
    ]  # fmt: skip


def test_never_open() -> None:
    nobody = Plan(agents=("150",), windows={"mon": (("24:00", "24:00"),)})
    assert opens(nobody, MINSK, utc("2026-03-02T10:00:00")) is None


def test_the_clients_midnights() -> None:
    at = utc("2026-03-02T16:00:00")  # already the 3rd in Vladivostok
    assert day_began(VLADIVOSTOK, at) == utc("2026-03-02T14:00:00")
    assert next_day(VLADIVOSTOK, at) == utc("2026-03-03T14:00:00")


@pytest.mark.parametrize(
    ("phone", "expected"),
    [
        ("+74951234567", "Europe/Moscow"),
        ("+73832000000", "Asia/Novosibirsk"),
        ("+380671234567", "Europe/Kyiv"),
        ("+79161234567", None),  # a Russian mobile may be anywhere
        ("+375000000070", None),  # no such number
    ],
)
def test_what_a_number_tells_of_its_zone(phone: str, expected: str | None) -> None:
    assert zone_of(phone) == expected
