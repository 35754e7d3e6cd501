"""Free starts from hours and visits, without a database and without a vendor."""

from datetime import date, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from kommutator.domain.salon.facts import Service, Span, StaffMember
from kommutator.domain.salon.slots import (
    DAY_S,
    DayBook,
    for_anybody,
    free_days,
    open_day,
    pairs_of,
    seances,
    spans_of,
    step_of,
)

DAY = date(2026, 11, 24)
HOUR = 3600
NINE_TO_SIX = (9 * HOUR, 18 * HOUR)
STAFF = [
    StaffMember(1, "Анна", weight=1),
    StaffMember(2, "Борис", weight=9),
    StaffMember(3, "Вера", fired=True),
    StaffMember(4, "Глеб", bookable=False),
]
SERVICES = [
    Service(10, "Стрижка", staff_s={1: 3600, 2: 2700, 3: 60, 4: 60}),
    Service(11, "Борода", staff_s={2: 1800}),
    Service(12, "Укладка", duration_s=1200, staff_s={1: 0}),
    Service(13, "Былое", staff_s={1: 60}, active=False),
]


def hours(*books: DayBook, length: int = HOUR, step: int = 1800, **more: datetime) -> list[str]:
    lengths = {book.staff_id: length for book in books}
    free = free_days(map(open_day, books), lengths, step_s=step, **more)
    return [start.starts_at.strftime("%H:%M") for day in free for start in day.starts()]


def test_who_does_it_takes_their_own_time() -> None:
    assert seances(SERVICES, STAFF, [10]) == {2: 2700, 1: 3600}
    assert list(seances(SERVICES, STAFF, [10])) == [2, 1]  # the salon's order
    assert seances(SERVICES, STAFF, [10, 11]) == {2: 4500}
    assert seances(SERVICES, STAFF, [10, 12]) == {1: 4800}  # the service's own, where none is told
    assert seances(SERVICES, STAFF, [13]) == {}
    assert seances(SERVICES, STAFF, [99]) == {}
    assert seances(SERVICES, STAFF, []) == {2: 0, 1: 0}


def test_the_whole_visit_fits_between_the_neighbours() -> None:
    book = DayBook(1, DAY, NINE_TO_SIX, (10 * HOUR, 12 * HOUR, 13 * HOUR, 17 * HOUR))
    assert hours(book) == ["09:00", "12:00", "17:00"]
    assert hours(book, length=HOUR + 1) == []


def test_starts_are_on_the_grid_of_the_day() -> None:
    shift = (9 * HOUR + 600, 12 * HOUR)
    assert hours(DayBook(1, DAY, shift)) == ["09:30", "10:00", "10:30", "11:00"]
    late = (9 * HOUR, 9 * HOUR + 1860)
    assert hours(DayBook(1, DAY, shift, late)) == ["10:00", "10:30", "11:00"]


def test_services_begin_on_their_widest_grid() -> None:
    assert step_of(SERVICES, [10], 900) == 900
    assert step_of([Service(1, "a", step_s=600), Service(2, "b", step_s=1800)], [1, 2], 900) == 1800


def test_a_break_divides_the_day() -> None:
    book = DayBook(1, DAY, (9 * HOUR, 10 * HOUR, 14 * HOUR, 16 * HOUR))
    assert hours(book) == ["09:00", "14:00", "14:30", "15:00"]


def test_nothing_before_the_earliest_moment() -> None:
    book = DayBook(1, DAY, NINE_TO_SIX)
    noon = datetime.combine(DAY, time(15, 50))
    assert hours(book, earliest=noon) == ["16:00", "16:30", "17:00"]
    assert hours(book, earliest=noon + timedelta(days=1)) == []
    assert len(hours(book, earliest=noon - timedelta(days=1))) == 17


def test_anybody_is_each_moment_once_with_the_first_who_is_free() -> None:
    one = DayBook(1, DAY, (9 * HOUR, 11 * HOUR))
    two = DayBook(2, DAY, (10 * HOUR, 12 * HOUR))
    free = free_days(map(open_day, (one, two)), {1: HOUR, 2: HOUR}, step_s=HOUR)
    starts = for_anybody(free, [2, 1])
    assert [(s.starts_at.hour, s.staff_id) for s in starts] == [(9, 1), (10, 2), (11, 2)]


def test_the_end_of_the_day_is_its_last_second() -> None:
    assert pairs_of([Span(time(9), time(23, 59, 59))]) == [9 * HOUR, DAY_S]
    assert spans_of([9 * HOUR, DAY_S]) == [Span(time(9), time(23, 59, 59))]


MINUTES = st.integers(0, 24 * 60)


@st.composite
def pairs(draw: st.DrawFn, most: int) -> list[int]:
    found: list[int] = []
    for _ in range(draw(st.integers(0, most))):
        begin, end = sorted((draw(MINUTES), draw(MINUTES)))
        found += [begin * 60, end * 60]
    return found


@given(
    shift=pairs(most=1),
    busy=pairs(most=6),
    length=st.integers(1, 300),
    step=st.sampled_from([300, 900, 1800, 3600]),
)
def test_it_is_what_somebody_slow_would_find(
    shift: list[int], busy: list[int], length: int, step: int
) -> None:
    """Each start of the grid looked at by itself."""
    seance = length * 60
    begin, end = shift or (0, 0)
    slow = [
        at
        for at in range(0, DAY_S, step)
        if begin <= at <= end - seance
        if not any(
            taken < at + seance and at < released
            for taken, released in zip(busy[::2], busy[1::2], strict=True)
            if taken < released
        )
    ]
    free = free_days([open_day(DayBook(1, DAY, shift, busy))], {1: seance}, step_s=step)
    assert [second for day in free for second in day.seconds()] == slow
