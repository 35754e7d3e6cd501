"""Days that are spoken of by their place in the week or the month, from `today` on."""

from __future__ import annotations

import calendar
from datetime import date, timedelta

Days = tuple[date, date]
_LAST_MONTH = 12
_THIRD_DECADE = 21  # from here to the month's end
_YEARS_AHEAD = 8  # 29 February comes at least once
_LATEST_YEAR = 9998


def weekday(today: date, number: int, which: str | None = None) -> date:
    """Of "THIS" calendar week, of the "NEXT" one, or the nearest to come; today's is in a week."""
    monday = today - timedelta(days=today.weekday())
    if which == "NEXT":
        return monday + timedelta(days=7 + number)
    ahead = (number - today.weekday()) % 7
    if which == "THIS" and ahead == 0:
        return today
    return today + timedelta(days=ahead or 7)


def week(today: date, ahead: int) -> Days:
    """Monday to Sunday so many weeks ahead; of this week only what is left."""
    monday = today - timedelta(days=today.weekday()) + timedelta(weeks=ahead)
    return max(monday, today), monday + timedelta(days=6)


def weekend(today: date, ahead: int = 0) -> Days:
    saturday = today - timedelta(days=today.weekday()) + timedelta(days=5, weeks=ahead)
    return max(saturday, today), saturday + timedelta(days=1)


_PARTS_OF_WEEK = {"BEGIN": (0, 1), "MIDDLE": (2, 3), "END": (4, 6)}


def part_of_week(today: date, part: str, ahead: int) -> Days:
    """The beginning (two days), the middle (two) or the end (three) of a week."""
    monday = today - timedelta(days=today.weekday()) + timedelta(weeks=ahead)
    first, last = (monday + timedelta(days=days) for days in _PARTS_OF_WEEK[part])
    if last < today:
        return first + timedelta(weeks=1), last + timedelta(weeks=1)
    return max(first, today), last


def add_months(day: date, months: int) -> date:
    """The same day of another month, or that month's last."""
    count = day.year * 12 + day.month - 1 + months
    year, month = min(count // 12, _LATEST_YEAR), count % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def month(today: date, number: int, part: str | None = None) -> Days:
    """The nearest month of this number, from today on; `part`: ten days of it."""
    year = today.year + (number < today.month)
    days = _part_of_month(year, number, part)
    if days[1] < today:
        days = _part_of_month(year + 1, number, part)
    return max(days[0], today), days[1]


def _part_of_month(year: int, number: int, part: str | None) -> Days:
    end = calendar.monthrange(year, number)[1]
    first, last = {"BEGIN": (1, 10), "MIDDLE": (11, 20), "END": (21, end)}.get(part or "", (1, end))
    return date(year, number, first), date(year, number, last)


def part_of_month(today: date, part: str, ahead: int) -> Days:
    """Of this month (0) or a coming one; a part that is over is the next month's."""
    that = add_months(today.replace(day=1), ahead)
    days = _part_of_month(that.year, that.month, part)
    if days[1] < today:
        that = add_months(that, 1)
        days = _part_of_month(that.year, that.month, part)
    return max(days[0], today), days[1]


def nth_weekday(today: date, number: int, weekday: int, nth: int) -> date:
    """The first (1) … fourth or the last (0) such weekday of the nearest month of this number."""
    first, last = _part_of_month(today.year + (number < today.month), number, None)
    found = [one for one in _days_between(first, last) if one.weekday() == weekday]
    return found[nth - 1]


def nth_week(today: date, number: int, nth: int) -> Days:
    """Seven days of a month: the first (1) … fourth, or the last (0); from today on."""
    first, last = _part_of_month(today.year + (number < today.month), number, None)
    begins = first + timedelta(weeks=nth - 1) if nth else last - timedelta(days=6)
    return max(begins, min(today, begins + timedelta(days=6))), begins + timedelta(days=6)


def _days_between(first: date, last: date) -> list[date]:
    return [first + timedelta(days=ahead) for ahead in range((last - first).days + 1)]


def decade(today: date, first: int, number: int | None = None) -> Days:
    """Ten days from the first one, to the month's end at most: "в двадцатых числах"."""
    for ahead in range(_LAST_MONTH + 1):
        that = add_months(today.replace(day=1), ahead)
        length = calendar.monthrange(that.year, that.month)[1]
        last = that.replace(day=min(first + 9, length) if first < _THIRD_DECADE else length)
        if last >= today and number in (None, that.month):
            return max(that.replace(day=first), today), last
    return today, today


def day_of_month(today: date, day: int) -> date | None:
    """The nearest day of this number; months without it are skipped."""
    for ahead in range(_LAST_MONTH + 1):
        that = add_months(today.replace(day=1), ahead)
        if day <= calendar.monthrange(that.year, that.month)[1] and day >= 1:
            found = that.replace(day=day)
            if found >= today:
                return found
    return None


def day_and_month(today: date, day: int, number: int, year: int | None = None) -> date | None:
    """The nearest such date; of a given year as said; None where the calendar has none."""
    if not 1 <= number <= _LAST_MONTH:
        return None
    if year is not None:
        return _date(year, number, day)
    ahead = (_date(today.year + years, number, day) for years in range(_YEARS_AHEAD + 1))
    found = (that for that in ahead if that is not None and that >= today)
    return next(found, None)


def _date(year: int, number: int, day: int) -> date | None:
    try:
        return date(year, number, day)
    except ValueError:
        return None


def plus(today: date, days: int) -> date | None:
    """So many days ahead; None beyond what calendars hold."""
    try:
        return today + timedelta(days=days)
    except OverflowError:
        return None
