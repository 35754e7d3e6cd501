"""The vendor's types, one value at a time."""

from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from kommutator.connectors.crm.yclients import values as v


@pytest.mark.parametrize(
    ("given", "read"),
    [(5, 5), ("16", 16), (1.0, 1), ("-1", -1), (True, None), ("x", None), ("9" * 30, None),
     (None, None), ([], None), (1.5, None), (1e300, None), ("", None)],
)  # fmt: skip
def test_numbers(given: Any, read: int | None) -> None:
    assert v.as_int(given) == read


def test_ids_are_above_zero() -> None:
    assert [v.as_id(value) for value in (0, "0", "7", -3, None)] == [None, None, 7, None, None]


@pytest.mark.parametrize("given", [True, 1, "1", "true"])
def test_yes(given: Any) -> None:
    assert v.as_flag(given)


@pytest.mark.parametrize("given", [False, 0, "0", "", None, [], "no"])
def test_no(given: Any) -> None:
    assert not v.as_flag(given)


@pytest.mark.parametrize(
    ("given", "read"),
    [("1000.00", 1000), (1700, 1700), (99.99, 99), ("", 0), (None, 0), ("x", 0), ("-5.5", -5)],
)
def test_money(given: Any, read: int) -> None:
    assert v.as_money(given) == read


@pytest.mark.parametrize(
    "given",
    ["2019-01-16 16:00:00", "2019-01-16T16:00:00+09:00", "2019-01-16T16:00:00+0900",
     "2019-01-16T16:00:00"],
)  # fmt: skip
def test_walls(given: str) -> None:
    assert v.as_wall(given) == datetime(2019, 1, 16, 16)  # noqa: DTZ001  the salon's own time


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("2019-01-16T20:35:15+0900", datetime(2019, 1, 16, 11, 35, 15, tzinfo=UTC)),
        ("2022-06-27 12:20:02", datetime(2022, 6, 27, 9, 20, 2, tzinfo=UTC)),
        (1443513600, datetime(2015, 9, 29, 8, tzinfo=UTC)),
        ("-0001-11-30T00:00:00+0230", None),
        ("0000-00-00 00:00:00", None),
        (0, None),
        (10**15, None),
        ("soon", None),
        (None, None),
        ("9999-12-31T23:59:59-1000", None),
    ],
)
def test_moments(given: Any, read: datetime | None) -> None:
    assert v.as_utc(given) == read


@pytest.mark.parametrize(
    ("given", "read"),
    [("2010-01-01", date(2010, 1, 1)), ("08.11.2019", date(2019, 11, 8)), (0, None), ("", None),
     ("2026-12-31 00:00:00", date(2026, 12, 31)), ("31.02.2020", None), ("0000-00-00", None)],
)  # fmt: skip
def test_days(given: Any, read: date | None) -> None:
    assert v.as_day(given) == read


@pytest.mark.parametrize(
    ("given", "read"),
    [("10:00", time(10)), ("9:30", time(9, 30)), ("23:15:10", time(23, 15, 10)), ("25:00", None),
     ("24:00", time(23, 59, 59)), ("", None), (900, None)],
)  # fmt: skip
def test_hours(given: Any, read: time | None) -> None:
    assert v.as_hour(given) == read


@pytest.mark.parametrize(
    ("given", "read"),
    [(79112345679, "+79112345679"), ("+79160000033", "+79160000033"), ("", None),
     ("79160000033", "+79160000033"), ("89160000033", "+79160000033"),
     ("+7916***0033", None), ("7916xxx0033", None),
     (None, None), (0, None), ("375291234567", "+375291234567"), ("абв", None), ([], None)],
)  # fmt: skip
def test_phones(given: Any, read: str | None) -> None:
    assert v.as_phone(given) == read


def test_on_the_wire() -> None:
    at = datetime(2026, 11, 21, 9, 5, tzinfo=UTC)
    assert v.moment(at) == "2026-11-21 09:05:00"
    assert v.vendor_moment(at) == "2026-11-21 12:05:00"
    assert v.wire_phone("+79160000033") == "79160000033"
