"""A salon's day as a table: a column per employee, a row per quarter of an hour. Pure.

Cells span rows: a policy that forbids styles of pages leaves no other way to place things in time,
and tables are read aloud well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal

from kommutator.domain.salon.booking import Start
from kommutator.domain.salon.facts import StaffMember, Visit
from kommutator.domain.salon.slots import DAY_S, DayBook
from kommutator.flows.salon.day import DayView

UNIT_S = 900
_HOUR = 3600 // UNIT_S
_USUAL = (9 * _HOUR, 18 * _HOUR)  # of a day on which nobody works
Kind = Literal["off", "free", "event", "visits"]


@dataclass(frozen=True, slots=True)
class Cell:
    """Some time of one employee.

    Attributes:
        kind: `event`: taken by a group event or something that is no visit.
        rows: how many quarters of an hour.
        visits: several where they overlap.
        starts: free ones of the services asked for.
    """

    kind: Kind
    rows: int
    visits: tuple[Visit, ...] = ()
    starts: tuple[Start, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """`cells`: by column; None where one from above goes on."""

    at: time
    cells: tuple[Cell | None, ...]

    @property
    def hour(self) -> bool:
        return self.at.minute == 0


@dataclass(frozen=True, slots=True)
class Grid:
    """`working`: columns of those who work that day."""

    staff: Sequence[StaffMember]
    working: Sequence[int]
    rows: Sequence[Row]


def grid_of(view: DayView) -> Grid:
    """Visits that were cancelled are left out; those that reach over midnight are cut."""
    books = {book.staff_id: book for book in view.books}
    begins = datetime.combine(view.day, time.min)
    standing = [visit for visit in view.visits if not visit.deleted]
    starts: dict[int, list[Start]] = {}
    for free in view.free:
        starts.setdefault(free.staff_id, []).extend(free.starts())
    first, last = _bounds(books.values(), standing, begins)
    columns = [
        _column(
            books.get(one.id),
            [visit for visit in standing if visit.staff_id == one.id],
            starts.get(one.id, ()),
            begins,
            range(first, last),
        )
        for one in view.staff
    ]
    rows = [
        Row(
            (begins + timedelta(seconds=unit * UNIT_S)).time(),
            tuple(column.get(unit) for column in columns),
        )
        for unit in range(first, last)
    ]
    working = [place for place, one in enumerate(view.staff) if one.id in books]
    return Grid(view.staff, working, rows)


def _bounds(
    books: Iterable[DayBook], visits: Sequence[Visit], midnight: datetime
) -> tuple[int, int]:
    """From the first to the last thing of the day, whole hours; units of the day."""
    spans = [span for book in books for span in _units(book.hours)]
    spans += [_span(visit, midnight) for visit in visits]
    first = min((span[0] for span in spans), default=_USUAL[0])
    last = max((span[1] for span in spans), default=_USUAL[1])
    return first // _HOUR * _HOUR, min(-(-last // _HOUR) * _HOUR, DAY_S // UNIT_S)


def _column(
    book: DayBook | None,
    visits: Sequence[Visit],
    starts: Sequence[Start],
    midnight: datetime,
    units: range,
) -> Mapping[int, Cell]:
    cells: dict[int, Cell] = {}
    taken: set[int] = set()
    for begin, end, some in _blocks(visits, midnight):
        cells[begin] = Cell("visits", end - begin, visits=some)
        taken.update(range(begin, end))
    offered: dict[int, list[Start]] = {}
    for start in starts:
        unit = int((start.starts_at - midnight).total_seconds()) // UNIT_S
        offered.setdefault(unit, []).append(start)
    worked = {unit for span in _units(book.hours if book else ()) for unit in range(*span)}
    events = {unit for span in _units(book.busy if book else ()) for unit in range(*span)} - taken
    kinds: dict[int, Kind] = {
        unit: "off" if unit not in worked else "event" if unit in events else "free"
        for unit in units
        if unit not in taken
    }
    unit = units.start
    while unit < units.stop:
        if unit in taken:
            unit += 1
            continue
        length = _run(kinds, unit, offered)
        cells[unit] = Cell(kinds[unit], length, starts=tuple(offered.get(unit, ())))
        unit += length
    return cells


def _run(kinds: Mapping[int, Kind], begin: int, offered: Mapping[int, object]) -> int:
    """How many units from here are alike; free time is cut at hours, and where one may begin."""
    if begin in offered:
        return 1
    end = begin + 1
    while kinds.get(end) == kinds[begin] and end not in offered:
        if kinds[begin] == "free" and end % _HOUR == 0:
            break
        end += 1
    return end - begin


def _blocks(
    visits: Sequence[Visit], midnight: datetime
) -> list[tuple[int, int, tuple[Visit, ...]]]:
    """Visits that share a row are one block."""
    blocks: list[tuple[int, int, tuple[Visit, ...]]] = []
    for visit in sorted(visits, key=lambda one: (one.starts_at, one.id)):
        begin, end = _span(visit, midnight)
        if blocks and begin < blocks[-1][1]:
            first, last, some = blocks[-1]
            blocks[-1] = first, max(last, end), (*some, visit)
        else:
            blocks.append((begin, end, (visit,)))
    return blocks


def _span(visit: Visit, midnight: datetime) -> tuple[int, int]:
    """Rows of a visit with its break; at least one."""
    begin = int((visit.starts_at - midnight).total_seconds())
    end = min(begin + visit.seance_s + visit.break_s, DAY_S)
    first = max(begin, 0) // UNIT_S
    return first, max(-(-end // UNIT_S), first + 1)


def _units(pairs: Sequence[int]) -> list[tuple[int, int]]:
    edges = zip(pairs[::2], pairs[1::2], strict=True)
    return [(begin // UNIT_S, -(-min(end, DAY_S) // UNIT_S)) for begin, end in edges]
