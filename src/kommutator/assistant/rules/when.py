"""Days, hours and windows of one message brought together: which time is meant."""

# ruff: noqa: E501  a pattern is read as one line
from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import NamedTuple, TypeVar

from kommutator.assistant.rules import clauses, clock_grammar, occasions
from kommutator.assistant.rules.calendar import Days
from kommutator.assistant.rules.day_grammar import DayReader
from kommutator.assistant.rules.hours import Point, clock
from kommutator.assistant.rules.line import Line, Marks
from kommutator.assistant.rules.tokens import phrase
from kommutator.domain.assistant.frame import Expecting, When

T = TypeVar("T")
_HALF_DAY = 12
_EARLIEST = 5  # no morning begins before


class Window(NamedTuple):
    """Points between which a start lies; `at` alone is an exact one."""

    at: Point | None = None
    after: Point | None = None
    before: Point | None = None


class Part(NamedTuple):
    """A part of the day: hours that bound it, as salons mean them."""

    after: int | None = None
    before: int | None = None


_PARTS: tuple[tuple[re.Pattern[str], Part], ...] = (
    (phrase(r"(?:IN |ON )?@1f? E?HALF(?: E?DAY|(?= [,.!?|] | $))|BEGIN DAY"), Part(before=13)),
    (phrase(r"(?:IN |ON )?(?:@2f?|OTHERONE) E?HALF(?: E?DAY|(?= [,.!?|] | $))"), Part(after=13)),
    (
        phrase(
            r"(?<!UNTIL )(?:ABOUT )?(?:IN |K |TO )?END (?:рабочего |робочого |WORKV )?(?:DAY|EDAY)"
        ),
        Part(after=17),
    ),
    (phrase(r"UNTIL (?:LUNCH|AFTERNOON)"), Part(before=13)),
    (phrase(r"(?:ABOUT )?AFTER (?:LUNCH|NOON)"), Part(after=13)),
    (phrase(r"AFTER WORK"), Part(after=18)),
    (phrase(r"(?:ABOUT (?:UNTIL |K |TO )?)?LUNCH"), Part(after=12, before=15)),
    (phrase(r"(?<!ABOUT )UNTIL EVENING"), Part(before=17)),
    (phrase(r"AFTERNOON|(?<!FROM )DAYTIME"), Part(after=12, before=17)),
    (phrase(r"(?:ABOUT )?(?:K |UNTIL |TO )?EVENING|TONIGHT"), Part(after=17)),
    (phrase(r"MORNING"), Part(before=12)),
)
_EXACTLY = re.compile(r"(?<= )(?:(?:IN|K|ON|ABOUT|HOUR|BYP) )*(P\d+)(?= )")
_NEAR = phrase(r"ABOUT (?:UNTIL|TO|K|BYP)(?= P\d+ )")  # "ближче до шостої" is no bound
_POINT = r"P\d+"


def _between(first: Point, last: Point) -> Window:
    if not last.known and first.hour >= last.hour and last.hour <= _HALF_DAY:
        last = Point(last.hour % _HALF_DAY + _HALF_DAY, last.minute, known=True)
    return Window(after=first, before=last)


# "До двух не могу" leaves what is after two.
_CANNOT = r"(?:, )?(?:I )?(?:NOT (?:CAN|MANAGE|INTIME|SUITS|YES|COME|BE)|занят\w*|зайнят\w*|NEITHER|NOT(?= (?:[.,!?|] |$)))"
_FROM_TO = phrase(r"(?:FROM|MY|RECORD) P\d+(?: RECORD)? (?:ON|TO|IN|K) (?P<last>P\d+)")
_FROM_PART_TO = phrase(r"FROM W\d+ (?:ON|TO|IN|K) (?P<last>W\d+)")
_WINDOWS: tuple[tuple[re.Pattern[str], Callable[[list[Point]], Window]], ...] = (
    (phrase(rf"(?:IN )?(?P<first>{_POINT}) (?:OR|AND) (?:LATER|AFTER)(?! [PTQ]\d)"), lambda points: Window(after=points[0])),
    (phrase(rf"(?:IN )?(?P<first>{_POINT}) (?:(?:IN )?latest|tops|максимум)"), lambda points: Window(before=points[0])),
    (phrase(rf"(?:IN )?(?P<first>{_POINT}) (?:OR|AND) EARLIER(?! P\d)"), lambda points: Window(before=points[0])),
    (phrase(rf"(?:FROM |BETWEEN )?(?:IN )?(?P<first>{_POINT}) (?:-|UNTIL|TO|BYP|K) (?P<last>{_POINT})"),
     lambda points: _between(*points)),
    (phrase(rf"BETWEEN (?P<first>{_POINT}) AND (?P<last>{_POINT})"), lambda points: _between(*points)),
    (phrase(rf"AFTER (?P<first>{_POINT}) (?:AND |BUT )?(?:UNTIL|EARLIER) (?P<last>{_POINT})"),
     lambda points: _between(*points)),
    (phrase(rf"(?:EARLIER|UNTIL) (?:IN )?(?P<first>{_POINT}) {_CANNOT}"), lambda points: Window(after=points[0])),
    (phrase(rf"(?:AFTER|LATER) (?:IN )?(?P<first>{_POINT}) {_CANNOT}"), lambda points: Window(before=points[0])),
    (phrase(rf"(?:(?:NOT|NO)(?: (?:do|I|COME|CAN|MANAGE|INTIME))* (?:EARLIER|UNTIL|sooner) |FROM |(?<!NOT )(?<!NO )AFTER |(?<!NOT )(?<!NO )LATER |PAST )(?:IN )?(?P<first>{_POINT})(?: AND LATER)?"),
     lambda points: Window(after=points[0])),
    (phrase(rf"(?:(?:NOT|NO)(?: (?:do|I|COME|CAN|MANAGE|INTIME))* (?:LATER|AFTER) |UNTIL |(?<!NOT )(?<!NO )EARLIER )(?:IN )?(?P<first>{_POINT})"),
     lambda points: Window(before=points[0])),
)  # fmt: skip
_DROPPED = re.compile(
    r"(?<= )(?:(?:EXCEPT|INSTEAD|NOT)(?: (?:IN|EIN|ON|K|FROM|UNTIL|do|DOES|SUITS|WANT))* (?P<one>[QW]\d+)|(?:(?<=NOT CAN )|(?<=NOT MANAGE ))(?:(?:IN|ON|I|COME) )*(?P<when>[QW]\d+)"
    r"|(?P<other>[QW]\d+)(?: ,)?(?: I)? (?:NOT (?:CAN(?! COME)|WANT|SUITS|YES|INTIME(?!(?: \S+)* (?:BE|COME) ))|(?:занят|зайнят)\w*(?! \?))"
    r"|[QW]\d+(?: ,)? (?:NEITHER(?= (?:,|BUT|A) )|отпадает|мимо|відпадає)(?:(?: ,)? [QW]\d+ (?:тоже|теж))?"
    r"|(?P<early>[QW]\d+)(?: too| слишком| занадто| уже)? (?:рано|рановато|поздно|поздновато|пізно|зарано|запізно|неудобно|незручно|early|LATE))(?= )"
)
_REPAIRS = re.compile(
    r"(?<= )(?:(?:A|OY|BUT|,|\.|\.\.\.|…|\|) (?:OY )?(?:NO|NOT)(?= )|BUT(?= (?:(?:IN|ON) )*[QW]\d+ (?:W\d+ )?(?:BETTER|SUITS))|OY|PRECISELY|BETTER|(?<!если )(?<!якщо )(?<!if )NO)(?= )"
)
_BEFORE_THAT = phrase(r"(?P<when>W\d+) (?:\S+ )*UNTIL (?:THIS|THAT|THEY|then)")
_AFTER_THAT = phrase(r"(?P<when>W\d+) (?:\S+ )*AFTER (?:THIS|THAT|THEY|then)")
# "Злізло через два дні" tells how long it held.
_SPOILT = phrase(r"COMPLAIN|HURTS|BADLY|(?:came|fell|popped) (?:off|out)|faded")
_SINCE = phrase(r"(?:THROUGH|ZA|EIN) (?:(?:#\d+|PAIR) )?(?:DAY|EDAY|WEEK|MONTH)")
_SENTENCE = re.compile(r"(?<= )[.!?|…](?= )")


@dataclass(slots=True)
class TimeReader:
    """Reads when of one message; the marks stay on the line for the other grammars.

    Attributes:
        now: the salon's time.
        opens, closes: of the salon.
    """

    now: datetime
    opens: time
    closes: time
    points: Marks[Point] = field(default_factory=lambda: Marks("P"))
    windows: Marks[Window | Part] = field(default_factory=lambda: Marks("W"))
    days: DayReader = field(init=False)

    def __post_init__(self) -> None:
        self.days = DayReader(self.now.date())

    def mark(self, line: Line, expecting: Expecting, *, moving: bool = False) -> None:
        """Rewrite days as `Q` and times as `W`."""
        if line.has(_SPOILT):
            line.drop(_SINCE, "TOLD")
        clock_grammar.read_exact(line, self.points)
        closes = self.closes.hour if expecting is not Expecting.TIME else 24
        self.days.read(line, asked=expecting is Expecting.DAY, moving=moving, closes=closes)
        named = bool(self.days.days.values)
        clock_grammar.read_bare(line, self.points, expecting, day_named=named)
        if moving:
            line.rewrite(_FROM_TO, lambda match: match["last"])
        line.drop(_NEAR, "ABOUT")
        line.rewrite_by(_WINDOWS, self._window)
        line.rewrite(_EXACTLY, lambda match: self.windows.put(Window(at=self.points.of(match[1]))))
        line.rewrite_by(_PARTS, lambda part, _: self.windows.put(part))
        if moving:
            line.rewrite(_FROM_PART_TO, lambda match: match["last"])
        line.rewrite(clauses.UNPUNCTUATED, lambda match: f"{match['refused']} , ")

    def _window(self, made: Callable[[list[Point]], Window], match: re.Match[str]) -> str:
        marks = [mark for mark in match.groupdict().values() if mark]
        return self.windows.put(made([self.points.of(mark) for mark in marks]))

    def read(self, line: Line, *, last_wins: bool = False, told: bool = False) -> tuple[When, bool]:
        """What is meant after all, and whether something was taken back.

        Args:
            line: marked.
            last_wins: of two days the later said is where to ("с пятницы на субботу").
            told: a complaint says when it was: past days are meant.
        """
        self._before_and_after(line)
        occasions.strike_out(line)
        refused = not told and clauses.strike_out(line, self.days.at, self.now.date())
        dropped = line.drop(_DROPPED, "UNWANTED") or refused
        repairs = [match.start() for match in _REPAIRS.finditer(line.text)]
        ends = [match.start() for match in _SENTENCE.finditer(line.text)]
        days = self.days.days.in_order(line.text)
        day, day_repaired = _last_word(days, repairs, ends, last_wins=last_wins)
        windows, time_repaired = self._last_windows(line, repairs, ends, last_wins=last_wins)
        repaired = day_repaired or time_repaired or (dropped and bool(days or windows))
        return self._when(day, windows), repaired

    def _before_and_after(self, line: Line) -> None:
        """Of "в 3 поезд, до этого успею?" the hour is a bound, not a visit's."""
        for bound, pattern in (("before", _BEFORE_THAT), ("after", _AFTER_THAT)):
            match = pattern.search(line.text)
            window = self.windows.of(match["when"]) if match else None
            if match and isinstance(window, Window) and window.at:
                made = self.windows.put(Window(**{bound: window.at}))
                line.text = f"{line.text[: match.start()]}{made}{line.text[match.end('when') :]}"

    def _last_windows(
        self, line: Line, repairs: list[int], ends: list[int], *, last_wins: bool
    ) -> tuple[list[Window | Part], bool]:
        found = self.windows.in_order(line.text)
        exact = [(at, one) for at, one in found if isinstance(one, Window)]
        parts = [(at, one) for at, one in found if isinstance(one, Part)]
        last, repaired = _last_word(found, repairs, ends, last_wins=last_wins)
        if repaired and last is not None:
            return [last], True
        part = _narrowest([one for _, one in parts])
        if not exact:
            return [part] if part else [], False
        window, repaired = _last_word(exact, repairs, ends, last_wins=last_wins)
        halves = self._possible(_two_bounds([one for _, one in exact]))
        chosen = halves or _exact_inside(window, [one for _, one in exact])
        return [one for one in (chosen, part) if one], repaired

    def _possible(self, window: Window | None) -> Window | None:
        """None for the two bounds of "до двух или после шести", between which nothing lies."""
        if window is None or not (window.after and window.before):
            return window
        after = clock(window.after, self.opens, self.closes)
        before = clock(window.before, self.opens, self.closes)
        return window if after < before else None

    def _when(self, day: Days | None, windows: list[Window | Part]) -> When:
        first, last = day or (None, None)
        today = self.now.time() if first == last == self.now.date() else None
        if not windows:
            return When(first=first, last=last, soonest=self.days.soonest)
        if isinstance(windows[0], Part):
            part = windows[0]
            return When(first=first, last=last, after=_hour(part.after), before=_hour(part.before))
        window, beside = windows[0], windows[1] if len(windows) > 1 else None
        at, after, before = (
            clock(_in_part(point, beside), self.opens, self.closes, today) if point else None
            for point in window
        )
        if isinstance(beside, Part) and at is None:
            after, before = _within(after, before, beside)
        return When(first=first, last=last, at=at, after=after, before=before)


def _within(after: time | None, before: time | None, part: Part) -> tuple[time | None, time | None]:
    """As in "с утра, но не раньше 10": the other end is the part's, where both can hold."""
    first, last = after or _hour(part.after), before or _hour(part.before)
    return (after, before) if first and last and first >= last else (first, last)


def _hour(hour: int | None) -> time | None:
    return None if hour is None else time(hour)


def _in_part(point: Point, part: Window | Part | None) -> Point:
    """As in "вечером в 7": the part of the day that was said elsewhere decides."""
    if not isinstance(part, Part) or point.known or point.hour > _HALF_DAY:
        return point
    afternoon = part.after is not None
    hour = point.hour % _HALF_DAY + (_HALF_DAY if afternoon else 0)
    fits = (part.after or _EARLIEST) <= hour < (part.before or 24)
    return Point(hour, point.minute, known=True) if fits else point


def _narrowest(parts: Sequence[Part]) -> Part | None:
    """Of "вечером, после работы" both hold."""
    if not parts:
        return None
    afters = [part.after for part in parts if part.after is not None]
    befores = [part.before for part in parts if part.before is not None]
    both = Part(max(afters, default=None), min(befores, default=None))
    return (
        both if both.after is None or both.before is None or both.after < both.before else parts[0]
    )


def _two_bounds(windows: list[Window]) -> Window | None:
    """One window of "после 3 … до 6", said apart; of "после 5, лучше после 6" the later one."""
    afters = [one.after for one in windows if one.after and not one.before]
    befores = [one.before for one in windows if one.before and not one.after]
    if afters and befores:
        return _between(afters[-1], befores[-1])
    if len(afters) == len(windows):
        return Window(after=max(afters, key=_minutes))
    return None


def _exact_inside(window: Window | None, windows: list[Window]) -> Window | None:
    """Of "после шести, в 18:30" the hour that was said after a bound."""
    if window is None or window.at:
        return window
    later = windows[windows.index(window) + 1 :]
    return next((one for one in later if one.at), window)


def _minutes(point: Point) -> int:
    return point.hour * 60 + point.minute


def _last_word(
    found: Sequence[tuple[int, T]], repairs: list[int], ends: list[int], *, last_wins: bool
) -> tuple[T | None, bool]:
    """Of several of one kind: the one that stands, and whether another was taken back.

    The first stands, until somebody takes it back or begins a new sentence.
    """
    if not found:
        return None, False
    position, chosen = found[0]
    repaired = False
    for place, one in found[1:]:
        if any(position < at < place for at in repairs):
            repaired, position, chosen = True, place, one
        elif last_wins or any(position < at < place for at in ends):
            position, chosen = place, one
    return chosen, repaired
