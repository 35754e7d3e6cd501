"""Which of several days and times are meant: those told of the past or refused are not.

A message is a row of clauses, and "не могу", "была", "тоже" hold for their own clause only: of "в
четверг работаю, в пятницу тоже, в субботу свободна" one day is left.
"""

# ruff: noqa: E501  a pattern is read as one line
from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from kommutator.assistant.rules import morphology
from kommutator.assistant.rules.calendar import Days
from kommutator.assistant.rules.line import Line
from kommutator.assistant.rules.tokens import phrase

_BOUNDARY = re.compile(
    r"(?<= )(?:[,.;!?|…)(]|\.\.\.|BUT|A|so|поэтому|тому|then|AND(?= (?:IN |ON )?(?:[QW]\d+|YES|WANT|NEED|BOOKV|BETTER) )|(?<=\S )(?=(?:WANT|BOOKV|LET) .*[QW]\d)|(?<=[QW]\d )(?=(?:CAN|YES) )|(?<=Q\d )(?=NO (?:(?:IN|ON) )*Q\d NOT )|(?<=Q\d NOT CAN )(?=(?:(?:IN|ON|A|BETTER) )*[QW]\d)|(?<=Q\d NOT MANAGE )(?=(?:(?:IN|ON|A|BETTER) )*[QW]\d))(?= |(?<= )\S)"
)
_UNABLE = phrase(
    r"(?:NOT|NO(?! (?:YES|LET)))(?: (?:I|BE|ON|IN))* (?:CAN|WANT|MANAGE|INTIME|SUITS|YES|COME|WORKING|VARIANT|FREE|DOES|BE|GOOD|WORK|WORKV)"
    r"|(?:CAN|MANAGE|COME|SUITS)(?: I)? NOT|(?<!NOT )(?:занят\w*|зайнят\w*|busy)|NEITHER|отпадает|відпадає|мимо"
)
# Said without a comma: "суббота не вариант пятница вечер".
UNPUNCTUATED = re.compile(
    r"(?<= )(?P<refused>Q\d+ (?:(?:I )?(?:NOT|NO)(?: I)? (?:CAN|MANAGE|VARIANT|WORK|WORKV|SUITS|YES|GOOD|INTIME|FREE|WANT|DOES)|занят\w*|зайнят\w*|busy|NEITHER|тоже|теж|також|too|either)) (?=(?:(?:IN|ON|A|BETTER|YES|LET|CAN|AND) )*Q\d)"
)
_PAST = phrase(
    r"был[аио]?|бу(?:в|ла|ли)|ходи(?:л\w*|в)|при(?:ход|езж)\w*л[аи]?|прошлораз|was|were|went|came"
)
_REFUSED_DAY = re.compile(rf"(?<= )Q\d+ (?:[^\sW]\S* ){{0,3}}{_UNABLE.pattern}")
_LIKEWISE = phrase(r"тоже|теж|также|також|either|too")
_WILLING = phrase(r"CAN|SUITS|WANT|FREE|YES|BOOKV|LET|BETTER")
_WISHED = phrase(rf"{_WILLING.pattern}|NEED|бы|б|S\d+|TRADE")
_TOLD_BY = frozenset(
    {"WORKV", "BOOKED", "back", "arrive", "arriving", "land", "fly", "flying", "return"}
)
_SO = frozenset({"so", "поэтому", "тому"})
# Whose day it is: "мама может в четверг, а я в пятницу".
_MINE = phrase(r"I (?:CAN|WANT|NEED|COME|BETTER|SUITS|FREE|IN Q\d+|ON Q\d+|Q\d+)")
_THEIRS = phrase(
    r"(?:мам\S*|муж|жена|подруга|сестра|дочь|дочка|сын|он|она|чоловік|дружина|донька|син|він|вона|mum|mom|husband|wife|friend|sister|daughter|son|he|she) (?:\S+ ){0,2}(?:CAN|WANT|NEED|COME|FREE|IN Q\d+|ON Q\d+)"
)
_DAY, _TIME = re.compile(r"(?<= )Q\d+(?= )"), re.compile(r"(?<= )W\d+(?= )")


@dataclass(slots=True)
class Clause:
    """A part of the line with blanks at both ends; `left_out`: its times are not wanted."""

    text: str
    sign: str = ""
    left_out: bool = False
    unable: bool = False

    def has(self, mark: re.Pattern[str]) -> bool:
        return mark.search(self.text) is not None


def strike_out(line: Line, day: Callable[[str], Days], today: date) -> bool:
    """Strike refused and past days and times out, where others stand for them.

    Args:
        line: marked.
        day: the days of a mark.
        today: days before it are past.

    Returns:
        Whether something was refused.
    """
    _strike_past(line, lambda mark: day(mark)[1] < today)
    clauses = _clauses(line.text)
    before: Clause | None = None
    for one in clauses:
        _judge(one, before)
        before = one
    _judge_told(clauses)
    _judge_reasons(clauses)
    never = {day(mark) for one in clauses if one.unable for mark in _DAY.findall(one.text)}
    for one in clauses:
        named = {day(mark) for mark in _DAY.findall(one.text)}
        one.left_out = one.left_out or (bool(named) and named <= never)
    wanted = [one for one in clauses if not one.left_out]
    days, times = (any(one.has(mark) for one in wanted) for mark in (_DAY, _TIME))
    refused = False
    for one in clauses:
        if one.left_out and ((days and one.has(_DAY)) or (times and one.has(_TIME))):
            refused = refused or one.unable
            _strike(one, days=days, times=times)
        elif one.unable and _REFUSED_DAY.search(one.text) and one.sign != "?":
            refused = True
            one.text = _DAY.sub("UNWANTED", one.text)
    line.text = _joined(clauses)
    return refused


def _strike_past(line: Line, is_past: Callable[[str], bool]) -> None:
    """Of "вчера не дозвонилась, можно на завтра?" the day to come."""
    marks = _DAY.findall(line.text)
    over = {mark for mark in marks if is_past(mark)}
    if over and len(over) < len(set(marks)):
        line.rewrite(_DAY, lambda match: "TOLD" if match[0] in over else "")


def _clauses(text: str) -> list[Clause]:
    clauses: list[Clause] = []
    start = 0
    for sign in _BOUNDARY.finditer(text):
        part = Clause(_padded(text[start : sign.start()]), sign[0])
        if not (part.sign or part.has(_DAY) or part.has(_TIME)):
            continue  # "мама хочет": who wants it belongs to what is wanted
        clauses.append(part)
        start = sign.end()
    clauses.append(Clause(_padded(text[start:])))
    return clauses


def _padded(text: str) -> str:
    return f" {text.strip()} "


def _joined(clauses: list[Clause]) -> str:
    parts = (part for one in clauses for part in (one.text.strip(), one.sign))
    return _padded(" ".join(part for part in parts if part))


def _judge(one: Clause, before: Clause | None) -> None:
    """What the clause says of its times; one without any of its own speaks of those before it."""
    timed = one.has(_DAY) or one.has(_TIME)
    one.unable = one.has(_UNABLE) and len(_DAY.findall(one.text)) <= 1
    one.left_out = one.unable or (one.has(_PAST) and not one.has(_WILLING))
    if before and not timed and one.unable and before.sign == "," and not before.has(_WILLING):
        before.left_out = before.unable = True
    if before and timed and one.has(_LIKEWISE) and not one.has(_WILLING):
        one.left_out, one.unable = before.left_out, before.unable


def _judge_told(clauses: list[Clause]) -> None:
    """Of "приезжаю 25-го, хочу на 26-е" the day that is asked for; the other is only told."""
    if not any(_asks_for_day(one) for one in clauses):
        return
    mine = any(one.has(_MINE) and one.has(_DAY) for one in clauses)
    for one in clauses:
        if mine and one.has(_THEIRS) and not one.has(_MINE):
            one.left_out = True
        told = one.has(_DAY) and one.sign != "?" and not one.has(_WISHED)
        one.left_out = one.left_out or (told and _tells(one.text))


def _judge_reasons(clauses: list[Clause]) -> None:
    """Of "в пятницу зарплата, поэтому в субботу" the day that follows."""
    for place, reason in enumerate(clauses):
        follow = clauses[place + 1 :]
        if reason.sign in _SO and any(one.has(_DAY) and not one.left_out for one in follow):
            reason.left_out = True


def _asks_for_day(one: Clause) -> bool:
    return not one.left_out and one.has(_DAY) and one.has(_WILLING)


def _tells(text: str) -> bool:
    return any(tag in _TOLD_BY or morphology.is_verb(tag) for tag in text.split())


def _strike(one: Clause, *, days: bool, times: bool) -> None:
    if days:
        one.text = _DAY.sub("UNWANTED" if one.unable else "TOLD", one.text)
    if times or not one.unable:
        one.text = _TIME.sub("UNWANTED" if one.unable else "TOLD", one.text)
    one.text = _UNABLE.sub("UNWANTED", one.text)
