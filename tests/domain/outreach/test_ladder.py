"""A fresh number writes little and grows; tenants may ask for less, and later for more."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kommutator.domain.outreach.health import is_sick
from kommutator.domain.outreach.ladder import Caps, Used, caps_on, day_of, exceeded, spacing_s

GENEROUS = Caps(per_day=500, new_per_day=40)


@pytest.mark.parametrize(
    ("day", "per_day", "new"),
    [(-1, 20, 3), (0, 20, 3), (1, 25, 4), (2, 30, 5), (4, 40, 6), (7, 75, 8), (13, 150, 12),
     (14, 500, 40), (400, 500, 40)],
)  # fmt: skip
def test_the_ladder(day: int, per_day: int, new: int) -> None:
    assert caps_on(day, GENEROUS) == Caps(per_day, new)


@given(st.integers(0, 60), st.integers(0, 1000), st.integers(0, 40))
def test_it_only_grows_and_never_passes_the_tenants_cap(day: int, per_day: int, new: int) -> None:
    caps = Caps(per_day, new)
    today, tomorrow = caps_on(day, caps), caps_on(day + 1, caps)
    assert today.per_day <= tomorrow.per_day <= per_day
    assert today.new_per_day <= tomorrow.new_per_day <= new


@pytest.mark.parametrize(
    ("used", "is_new", "why"),
    [(Used(19, 0), False, None), (Used(20, 0), False, "day_cap"), (Used(5, 2), True, None),
     (Used(5, 3), True, "new_cap"), (Used(5, 3), False, None), (Used(20, 3), True, "day_cap")],
)  # fmt: skip
def test_what_is_too_many(used: Used, *, is_new: bool, why: str | None) -> None:
    assert exceeded(used, Caps(20, 3), is_new=is_new) == why


def test_days_are_the_salons() -> None:
    linked = datetime(2026, 11, 20, 20, 30, tzinfo=UTC)
    assert day_of(linked, datetime(2026, 11, 20, 20, 59, tzinfo=UTC), "Europe/Moscow") == 0
    assert day_of(linked, datetime(2026, 11, 20, 21, 1, tzinfo=UTC), "Europe/Moscow") == 1
    assert day_of(linked, datetime(2026, 11, 20, 21, 1, tzinfo=UTC), "Europe/London") == 0


def test_spacing_lies_between_half_a_minute_and_a_minute() -> None:
    assert (spacing_s(0.0), spacing_s(0.5), spacing_s(0.999)) == (30.0, 45.0, 59.97)


def test_five_refusals_of_twenty_are_too_many() -> None:
    assert not is_sick([True] * 4)
    assert is_sick([True] * 5)
    assert is_sick([False] * 15 + [True] * 5)
    assert not is_sick([False] * 16 + [True] * 5)
