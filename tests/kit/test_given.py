"""Numbers and moments as strangers write them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from kommutator.kit.given import on_calendar, whole


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), (" 42 ", 42), ("007", 7), ("", None), ("-1", None), ("1.0", None), ("²", None),
     ("٤٢", None), ("9" * 9, 999_999_999), ("9" * 10, None), ("9" * 5000, None)],
)  # fmt: skip
def test_only_plain_digits_are_a_number(text: str, number: int | None) -> None:
    assert whole(text) == number


def test_a_moment_exists_in_every_zone() -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    assert on_calendar(at) is at
    for odd in (
        datetime(2026, 3, 1),  # noqa: DTZ001  what is tested
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))),
        datetime(9999, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-14))),
    ):
        with pytest.raises(ValueError, match="calendar"):
            on_calendar(odd)
