"""A day as a table: every quarter of an hour of every column is covered once."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from kommutator.domain.salon.copy import CopyState
from kommutator.domain.salon.facts import Salon, StaffMember, Visit
from kommutator.domain.salon.slots import DAY_S, DayBook, FreeDay
from kommutator.doors.console.salon_grid import Cell, Grid, grid_of
from kommutator.flows.salon.day import DayView, starts_of_move
from kommutator.store.salons import KeptSalon

DAY = date(2026, 11, 25)
MARIA, OLGA = StaffMember(1, "Мария"), StaffMember(2, "Ольга")
HOUR = 3600
KEPT = KeptSalon(
    UUID(int=1), Salon(1, "Салон", "Europe/Moscow"), (), datetime(2026, 1, 1, tzinfo=UTC),
    CopyState(datetime(2026, 1, 1, tzinfo=UTC), None), 0, None, None,
)  # fmt: skip


def at(hour: float) -> datetime:
    return datetime.combine(DAY, time(int(hour), int(hour % 1 * 60)))


def view(*visits: Visit, hours: tuple[int, ...] = (9 * HOUR, 18 * HOUR), **more: object) -> DayView:
    books = [DayBook(1, DAY, hours)] if hours else []
    plain = DayView(KEPT, DAY, [MARIA, OLGA], books, visits, ())
    return replace(plain, **more)  # type: ignore[arg-type]  # fields by name


def column(grid: Grid, place: int) -> dict[str, Cell]:
    return {
        row.at.strftime("%H:%M"): cell
        for row in grid.rows
        if (cell := row.cells[place]) is not None
    }


def test_visits_stand_where_they_are() -> None:
    one = Visit(7, 1, at(10), HOUR, break_s=900)
    grid = grid_of(view(one))
    assert (grid.rows[0].at, len(grid.rows)) == (time(9), 36)
    cells = column(grid, 0)
    assert (cells["10:00"].kind, cells["10:00"].rows, cells["10:00"].visits) == (
        "visits",
        5,
        (one,),
    )
    assert (cells["11:15"].kind, cells["11:15"].rows) == ("free", 3)  # to the full hour
    assert [cell.kind for cell in column(grid, 1).values()] == ["off"]
    assert grid.working == [0]


def test_overlapping_visits_share_a_cell() -> None:
    first, second = Visit(7, 1, at(10), HOUR), Visit(8, 1, at(10.5), HOUR)
    cells = column(grid_of(view(first, second)), 0)
    assert (cells["10:00"].rows, cells["10:00"].visits) == (6, (first, second))


def test_what_was_cancelled_is_gone_and_what_is_no_visit_is_grey() -> None:
    gone = Visit(7, 1, at(10), HOUR, deleted=True)
    book = DayBook(1, DAY, (9 * HOUR, 18 * HOUR), (12 * HOUR, 13 * HOUR))
    cells = column(grid_of(view(gone, books=[book])), 0)
    assert cells["10:00"].kind == "free"
    assert (cells["12:00"].kind, cells["12:00"].rows) == ("event", 4)


def test_free_starts_are_buttons_of_their_quarter() -> None:
    free = FreeDay(1, DAY, HOUR, [range(10 * HOUR, 10 * HOUR + 1800, 300)])
    cells = column(grid_of(view(free=[free])), 0)
    assert [len(cells[at].starts) for at in ("10:00", "10:15")] == [3, 3]
    assert cells["10:30"].starts == ()


def test_outside_of_hours_and_over_midnight() -> None:
    early, late = Visit(7, 1, at(7.5), HOUR), Visit(8, 2, at(23), 2 * HOUR)
    grid = grid_of(view(early, late))
    assert (grid.rows[0].at, grid.rows[-1].at) == (time(7), time(23, 45))
    assert column(grid, 1)["23:00"].rows == 4


def test_a_day_on_which_nobody_works() -> None:
    grid = grid_of(view(hours=()))
    assert (grid.rows[0].at, grid.rows[-1].at) == (time(9), time(17, 45))


visits = st.builds(
    Visit,
    id=st.integers(1, 99),
    staff_id=st.sampled_from([1, 2]),
    starts_at=st.integers(-200, 1439).map(lambda minute: at(0) + timedelta(minutes=minute)),
    seance_s=st.integers(0, 5 * HOUR),
    break_s=st.sampled_from([0, 300, 900]),
)
pairs = st.lists(st.integers(0, DAY_S), max_size=8).map(
    lambda edges: tuple(sorted(edges)[: len(edges) // 2 * 2])
)


@given(st.lists(visits, max_size=8), pairs, pairs)
def test_each_row_is_covered_once(
    some: list[Visit], hours: tuple[int, ...], busy: tuple[int, ...]
) -> None:
    grid = grid_of(view(*some, books=[DayBook(1, DAY, hours, busy)]))
    for place in (0, 1):
        due = 0
        for number, row in enumerate(grid.rows):
            cell = row.cells[place]
            assert (cell is not None) == (number == due)
            if cell is not None:
                due = number + cell.rows
        assert due == len(grid.rows)
    shown = [v for row in grid.rows for cell in row.cells if cell for v in cell.visits]
    assert sorted(v.id for v in shown) == sorted(v.id for v in some)


def test_a_visit_may_go_a_quarter_later_and_keeps_its_length() -> None:
    """Its own time is free for it; the next one's is not."""
    mine = Visit(7, 1, at(10), HOUR + 900)
    book = DayBook(
        1, DAY, (9 * HOUR, 13 * HOUR), (10 * HOUR, 11 * HOUR + 900, 12 * HOUR, 13 * HOUR)
    )
    starts = starts_of_move(mine, KEPT.salon, [book], [MARIA, OLGA], [], at(0))
    assert [start.starts_at for start in starts] == [at(h / 4) for h in range(36, 44)]
    assert {start.seance_s for start in starts} == {HOUR + 900}
