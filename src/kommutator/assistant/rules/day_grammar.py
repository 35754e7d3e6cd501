"""Spoken days → spans of days: "в пятницу", "15-го", "через неделю", "на выходных", "23–25 ноября".

Each rule reads tags and leaves a mark `Q`; what names no day of any calendar leaves its words in
`impossible`. Conventions: `tests/assistant/corpus/README.md`.
"""

# ruff: noqa: E501  a pattern is read as one line
from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from kommutator.assistant.rules import calendar
from kommutator.assistant.rules import day_patterns as said
from kommutator.assistant.rules.calendar import Days
from kommutator.assistant.rules.line import Line, Marks
from kommutator.assistant.rules.tokens import phrase

_FROM_TO = re.compile(r" (?:-|UNTIL|BYP|TO) ")


@dataclass(slots=True)
class DayReader:
    """Reads the days of one message.

    Attributes:
        today: in the salon.
        days: what was read, by mark.
        impossible: dates that no calendar has, for `Frame.unclear`.
        soonest: "as soon as possible" was said.
    """

    today: date
    days: Marks[Days] = field(default_factory=lambda: Marks("Q"))
    impossible: list[str] = field(default_factory=list)
    soonest: bool = False

    def read(self, line: Line, *, asked: bool, moving: bool = False, closes: int = 24) -> None:
        """Mark all days; with `asked` (we asked for a day) a bare number is one.

        `moving`: "с пятницы на субботу" names where to. `closes`: the salon's last hour: "на 24" is
        no hour of a visit.
        """
        if "THIS WEEK" in line.text:
            line.rewrite(said.NEXT_ONE, lambda _: "NEXT WEEK")
        line.rewrite_by(_RULES, lambda made, match: self._mark(made(self, match), match))
        if asked and not self.days.values:
            line.rewrite(said.BARE, lambda match: self._mark(_number(self, match), match))
            line.rewrite(said.BARE_WEEK, lambda match: self._mark(_week(self, match), match))
        if not self.days.values:
            line.rewrite(said.ON_NUMBER, lambda match: self._too_late(match, closes))
        if moving:
            line.rewrite(said.FROM_TO, lambda match: match["last"])
        line.rewrite_by(_JOINS, lambda joined, match: self.days.put(joined(self, match)))
        self.soonest = line.drop(said.SOONEST, "SOON")

    def _too_late(self, match: re.Match[str], closes: int) -> str:
        return self._mark(_number(self, match), match) if int(match["day"]) >= closes else ""

    def _mark(self, days: Days | date | None, match: re.Match[str]) -> str:
        if isinstance(days, date):
            return self.days.put((days, days))
        if days is None:
            self.impossible.append(said.written(match))
            return "_"
        return self.days.put(days)

    def at(self, mark: str) -> Days:
        return self.days.of(mark)


Made = Callable[[DayReader, re.Match[str]], Days | date | None]


def _dated(reader: DayReader, match: re.Match[str]) -> date | None:
    year = match.groupdict().get("year")
    return calendar.day_and_month(
        reader.today, int(match["day"]), int(match["month"]), int(year) if year else None
    )


def _dated_range(reader: DayReader, match: re.Match[str]) -> Days | None:
    month = int(match["month"])
    last = calendar.day_and_month(reader.today, int(match["last"]), month)
    first = calendar.day_and_month(reader.today, int(match["first"]), month)
    if first and last and first > last:
        first = reader.today
    return (first, last) if first and last else None


def _number_range(reader: DayReader, match: re.Match[str]) -> Days | None:
    first = calendar.day_of_month(reader.today, int(match["first"]))
    last = calendar.day_of_month(first, int(match["last"])) if first else None
    return (first, last) if first and last else None


def _number(reader: DayReader, match: re.Match[str]) -> date | None:
    return calendar.day_of_month(reader.today, int(match["day"]))


def _weekday(reader: DayReader, match: re.Match[str]) -> date:
    groups = match.groupdict()
    which = groups.get("which") or ("NEXT" if groups.get("next") else None)
    return calendar.weekday(reader.today, int(match["weekday"]), which)


def _in_next_week(reader: DayReader, match: re.Match[str]) -> date:
    return calendar.weekday(reader.today, int(match["weekday"]), "NEXT")


def _previous_weekday(reader: DayReader, match: re.Match[str]) -> date | None:
    ago = (reader.today.weekday() - int(match["weekday"])) % 7 or 7
    return calendar.plus(reader.today, -ago)


def _ahead(match: re.Match[str]) -> int:
    return 1 if match.groupdict().get("which") == "NEXT" else 0


def _count(match: re.Match[str]) -> int:
    number = match.groupdict().get("count")
    return 2 if number == "PAIR" else int(number.lstrip("#")) if number else 1


def _in_days(reader: DayReader, match: re.Match[str]) -> date | None:
    return calendar.plus(reader.today, _count(match) * (7 if match["unit"] == "WEEK" else 1))


def _days_ago(reader: DayReader, match: re.Match[str]) -> date | None:
    return calendar.plus(reader.today, -_count(match) * (7 if match["unit"] == "WEEK" else 1))


def _weekday_ahead(reader: DayReader, match: re.Match[str]) -> date | None:
    monday = calendar.plus(reader.today, -reader.today.weekday())
    return calendar.plus(monday, 7 * _count(match) + int(match["weekday"])) if monday else None


def _from_then(reader: DayReader, match: re.Match[str]) -> date | None:
    """A week from Friday: counted from the nearest Friday."""
    start = match["start"]
    then = reader.today
    if start.startswith("WD"):
        then = calendar.weekday(then, int(start[2:]))
    elif start == "TOMORROW":
        then = calendar.plus(then, 1) or then
    if match["unit"] == "MONTH":
        return calendar.add_months(then, min(_count(match), 12))
    return calendar.plus(then, _count(match) * (7 if match["unit"] == "WEEK" else 1))


def _nth_weekday(reader: DayReader, match: re.Match[str]) -> date:
    ahead = calendar.add_months(reader.today.replace(day=1), _ahead(match)).month
    month, nth = int(match["month"] or ahead), int(match["nth"] or 0)
    return calendar.nth_weekday(reader.today, month, int(match["weekday"]), nth)


def _nth_week(reader: DayReader, match: re.Match[str]) -> Days:
    ahead = calendar.add_months(reader.today.replace(day=1), _ahead(match)).month
    return calendar.nth_week(reader.today, int(match["month"] or ahead), int(match["nth"] or 0))


def _decade(reader: DayReader, match: re.Match[str], day: int) -> Days | None:
    """Ten days from a first one, of the named month or of the nearest one that has any left."""
    month = match.groupdict().get("month")
    return calendar.decade(reader.today, day, int(month) if month else None)


def _in_months(reader: DayReader, match: re.Match[str]) -> date:
    return calendar.add_months(reader.today, min(_count(match), 12))


def _part_of_week(reader: DayReader, match: re.Match[str]) -> Days:
    return calendar.part_of_week(reader.today, match["part"], _ahead(match))


def _part_of_month(reader: DayReader, match: re.Match[str]) -> Days:
    return calendar.part_of_month(reader.today, match["part"], _ahead(match))


def _week(reader: DayReader, match: re.Match[str]) -> Days:
    return calendar.week(reader.today, _ahead(match))


def _whole_month(reader: DayReader, match: re.Match[str]) -> Days:
    that = calendar.add_months(reader.today.replace(day=1), _ahead(match))
    return calendar.month(reader.today, that.month)


def _named_month(reader: DayReader, match: re.Match[str]) -> Days:
    return calendar.month(reader.today, int(match["month"]), match.groupdict().get("part"))


def _plus(days: int) -> Made:
    return lambda reader, _: calendar.plus(reader.today, days)


_RULES: tuple[tuple[re.Pattern[str], Made], ...] = (
    (phrase(rf"NOT (?:IN |ON )?(?:THIS |NEAREST )?WD(?P<weekday>\d){said.OTHER_ONE}(?! WD)"), _in_next_week),
    (phrase(r"(?P<next>NEXT)(?: ,)? (?:A )?NOT (?:IN |ON )?THIS WD(?P<weekday>\d)"), _weekday),
    (phrase(r"NOT (?:IN |ON )?THIS WEEK(?: ,)? (?:A |BUT )?(?:IN |ON )?(?P<which>NEXT)(?: WEEK)?(?! WEEK| WD)"), _week),
    (phrase(r"WD(?P<weekday>\d) AFTER (?P<next>NEXT)"), _weekday),
    (said.NOT_THIS_BUT_NEXT, _weekday),
    (said.PART_OF_IT_NEXT, _in_next_week),
    (phrase(r"(?:(?P<count>#\d{1,2}|PAIR) )?(?P<unit>DAY|EDAY|WEEK) (?:назад|тому|ago)"), _days_ago),
    (phrase(rf"{said.day('first')} (?:-|UNTIL|BYP|TO|AND|OR) {said.day('last')} {said.MONTH}"), _dated_range),
    (phrase(rf"{said.MONTH} {said.day('first')} (?:-|UNTIL|BYP|TO|AND|OR) {said.day('last')}"), _dated_range),
    (phrase(rf"{said.day('day')}(?: DATE)? {said.MONTH}{said.YEAR}"), _dated),
    (phrase(rf"{said.MONTH} {said.day('day')}(?: ,)?{said.YEAR}"), _dated),
    (phrase(r"[DX](?P<day>\d+)\.(?P<month>\d+)(?:\.(?P<year>\d+))?(?: YEAR)?"), _dated),
    (phrase(r"(?<= FROM )#(?P<first>\d{1,2}) BYP #(?P<last>\d{1,2})(?: DATE)?"), _number_range),
    (phrase(r"@(?P<first>\d{1,2})g (?:-|UNTIL|BYP|TO|AND|OR)(?: IN| ON)? [#@](?P<last>\d{1,2})g?(?: DATE)?"), _number_range),
    (phrase(rf"#(?P<first>\d{{1,2}}) (?:-|UNTIL|BYP|TO|AND|OR) {said.day('last')} DATE"), _number_range),
    (phrase(rf"(?:@(?P<nth>[1-4])[fg]?|LAST) WD(?P<weekday>\d) (?:E?IN )?(?:{said.MONTH}|(?:(?P<which>NEXT|THIS) )?MONTH)"), _nth_weekday),
    (phrase(rf"(?:@(?P<nth>[1-4])[fg]?|LAST) WEEK (?:E?IN )?(?:{said.MONTH}|(?:(?P<which>NEXT|THIS) )?MONTH)"), _nth_week),
    (phrase(rf"@1f? DATES(?: {said.MONTH})?"), lambda reader, match: _decade(reader, match, 1)),
    (phrase(rf"@(?P<day>[12]0) DATES(?: {said.MONTH})?"), lambda reader, match: _decade(reader, match, int(match["day"]))),
    (phrase(rf"LAST DATES(?: {said.MONTH})?"), lambda reader, match: _decade(reader, match, 21)),
    (phrase(rf"{said.day('day')} DATE"), _number),
    (phrase(rf"(?:(?<= ON )|(?<= WD\d )|(?<= WD\d , ))#(?P<day>{said.NO_HOUR})(?! (?:HOUR|MINUTE|PEOPLE|HUMAN))"), _number),
    (phrase(rf"#(?P<day>{said.NO_HOUR})(?= (?:IN|K|ON|P\d+|WD\d) )"), _number),
    (said.DAY_AND_HOUR, _number),
    (phrase(r"@(?P<day>\d{1,2})g(?! (?:HOUR|HALF|TIMEW))"), _number),
    (phrase(r"@(?P<day>[123]\d)(?! (?:HOUR|HALF|TIMEW|VARIANT))"), _number),
    (phrase(rf"(?<! THROUGH )(?<! EIN )(?<! ZA ){said.COUNT}(?P<unit>WEEK|EDAY|MONTH) (?:FROM|AFTER) (?P<start>TODAY|TOMORROW|now|WD\d)"), _from_then),
    (phrase(r"(?<! NEXT )(?<! THIS )(?<! EIN )(?<!\d )(?<! PAIR )(?P<unit>WEEK) ON (?P<start>WD\d)"), _from_then),
    (phrase(r"(?P<start>WD\d|TODAY|TOMORROW) (?P<unit>WEEK)"), _from_then),
    (phrase(r"(?<! NEXT )(?<! THIS )(?<! ON )(?:(?P<count>#\d{1,2}|PAIR) )?(?P<unit>WEEK) (?P<start>TODAY|TOMORROW)"), _from_then),
    (phrase(r"WEEK AFTER NEXT"), lambda reader, _: calendar.week(reader.today, 2)),
    (phrase(r"WEEKEND AFTER NEXT"), lambda reader, _: calendar.weekend(reader.today, 2)),
    (phrase(r"(?P<unit>WEEK|DAY|EDAY) (?:THROUGH|ZA) (?P<count>#\d{1,3}|PAIR)"), _in_days),
    (phrase(r"(?:THROUGH|ZA) (?P<unit>DAY) (?P<count>#\d{1,3}|PAIR)(?! M\d)"), _in_days),
    (phrase(rf"(?:IN |ON )?(?:THROUGH|EIN|ZA) {said.COUNT}WEEK(?: ,)? (?:IN |ON )?WD(?P<weekday>\d)"),
     _weekday_ahead),
    (phrase(rf"WD(?P<weekday>\d) (?:THROUGH|EIN) {said.COUNT}WEEK"),
     _weekday_ahead),
    (phrase(r"(?:(?:ON|IN) )?(?P<next>NEXT) WEEK(?: ,)? (?:IN |ON )?WD(?P<weekday>\d)"), _weekday),
    (phrase(r"WD(?P<weekday>\d) (?:(?:ON|IN) )?(?P<next>NEXT) WEEK"), _weekday),
    (phrase(r"(?:(?:ON|IN) )?(?P<which>THIS) WEEK (?:IN |ON )?WD(?P<weekday>\d)"), _weekday),
    (phrase(r"WD(?P<weekday>\d) (?:(?:ON|IN) )?(?P<which>THIS) WEEK"), _weekday),
    (phrase(r"LAST (?:DAY|EDAY) (?:THIS )?MONTH"), lambda reader, _: calendar.part_of_month(reader.today, "END", 0)[1]),
    (phrase(rf"LAST (?:DAY|EDAY) (?:E?IN )?{said.MONTH}"), lambda reader, match: calendar.month(reader.today, int(match["month"]), "END")[1]),
    (phrase(rf"(?P<part>BEGIN|MIDDLE|END)(?: ON)? {said.WHICH}WEEK"), _part_of_week),
    (phrase(rf"(?P<part>BEGIN|MIDDLE|END)(?: ON)? {said.WHICH}MONTH"), _part_of_month),
    (phrase(rf"(?P<part>BEGIN|MIDDLE|END) {said.MONTH}"), _named_month),
    (phrase(rf"{said.WHICH}WEEKEND"), lambda reader, match: calendar.weekend(reader.today, _ahead(match))),
    (phrase(r"(?:IN |ON )?(?:THROUGH|EIN|ZA) (?:(?P<count>#\d{1,3}|PAIR) )?(?P<unit>WEEK|DAY|DAYS|EDAY)(?: TIMEW)?"), _in_days),
    (phrase(r"(?:THROUGH|EIN|ZA) (?:(?P<count>#\d{1,3}|PAIR) )?MONTH"), _in_months),
    (phrase(r"(?P<count>#\d{1,3}) (?P<unit>WEEK|DAY|EDAY) (?:LATER|FROM TODAY)"), _in_days),
    (phrase(r"(?P<which>THIS|NEXT) WEEK"), _week),
    (phrase(r"THAT WEEK"), lambda reader, _: calendar.week(reader.today, 1)),
    (phrase(r"(?P<which>THIS|NEXT) MONTH"), _whole_month),
    (phrase(r"(?:PREVIOUS|LAST) WD(?P<weekday>\d)"), _previous_weekday),
    (phrase(rf"{said.WHICH}WD(?P<weekday>\d)"), _weekday),
    (phrase(rf"(?:(?<= IN )|(?<= EIN )|(?<= ON )|(?<= THIS )|(?<= NEXT )|(?<= UNTIL )){said.MONTH}"), _named_month),
    (phrase(r"TODAY|TONIGHT"), _plus(0)),
    (phrase(r"THIS(?= (?:MORNING|AFTERNOON|EVENING) )"), _plus(0)),
    (phrase(r"AFTERTOMORROW"), _plus(2)),
    (phrase(r"TOMORROW"), _plus(1)),
    (phrase(r"YESTERDAY"), _plus(-1)),
    (phrase(r"NEW YEAR"), lambda reader, _: calendar.day_and_month(reader.today, 31, 12)),
)  # fmt: skip


def _span(reader: DayReader, match: re.Match[str]) -> Days:
    last = reader.at(match["last"])
    first = (
        reader.at(match["first"]) if match["first"][0] == "Q" else calendar.week(reader.today, 0)
    )
    if last[1] < first[0] and _FROM_TO.search(match[0]):
        return first[0], calendar.weekday(first[0], last[1].weekday())
    return min(first[0], last[0]), max(first[1], last[1])


def _until(reader: DayReader, match: re.Match[str]) -> Days:
    last = reader.at(match["last"])[1]
    return min(reader.today, last), last


def _the_date(reader: DayReader, match: re.Match[str]) -> Days:
    """Of "в пятницу 20-го", "завтра, в четверг": the more exact name of one day."""
    first, last = reader.at(match["first"]), reader.at(match["last"])
    if first[0] == first[1] and last[0] == last[1] and first[0].weekday() == last[0].weekday():
        return max(first, last)  # "30 ноября, понедельник": the name alone means the nearest
    inside = max(first[0], last[0]), min(first[1], last[1])
    if inside[0] <= inside[1]:
        return inside
    follows = calendar.plus(first[1], 1) == last[0]
    return (first[0], last[1]) if follows else last


_JOINS: tuple[tuple[re.Pattern[str], Callable[[DayReader, re.Match[str]], Days]], ...] = (
    (said.TWO_VISITS, _span),
    (said.EITHER_OF_TWO, _span),
    (phrase(rf"(?:FROM )?(?P<first>Q\d+) {said.LINKS} (?:IN |ON )?(?P<last>Q\d+)"), _span),
    (phrase(r"(?:UNTIL|BYP|(?:NOT|NO) (?:LATER|AFTER))(?: END| IN)? (?P<last>Q\d+)"), _until),
    (said.ONE_DAY_TWICE, _the_date),
)
