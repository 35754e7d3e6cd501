"""Spoken times → points: "половина седьмого", "без четверти пять", "quarter past four", "в 3".

Each rule reads tags and leaves a mark `P`. Ordinals are hours of the Ukrainian and of the Russian
half hours; a bare number is an hour only beside a word that asks for one.
"""

# ruff: noqa: E501  a pattern is read as one line
from __future__ import annotations

import re
from collections.abc import Callable

from kommutator.assistant.rules.hours import Point, with_part
from kommutator.assistant.rules.line import Line, Marks
from kommutator.assistant.rules.tokens import phrase
from kommutator.domain.assistant.frame import Expecting

_DAY_HOURS = 24
_PART = (
    r"(?: (?:EIN |IN |ON )?(?P<part>MORNING|DAYTIME|DAY|EVENING|NIGHT|AM|PM|AFTERNOON|TONIGHT))?"
)
_HOUR = r"[#@](?P<hour>\d{1,2})[fg]?(?: HOUR| H)?"
_MINUTES = r"(?:(?P<quarter>QUARTER)|#(?P<minute>\d{1,2})(?: MINUTE)?)"
_COUNTED = r"(?! (?:PEOPLE|HUMAN|DAY|EDAY|WEEK|MONTH|MINUTE|STAR|VARIANT|HALF|M\d+|DATE|YEAR|SERVICE|TIMEW|- #\d+ DAY|%))"
_ASKS = r"IN|K|AFTER|UNTIL|FROM|ABOUT|BETWEEN|ON|EARLIER|LATER|HOUR IN|HOUR K"

Made = Callable[[re.Match[str]], Point | None]


def _minutes(match: re.Match[str]) -> int:
    return 15 if match["quarter"] else int(match["minute"])


def _hour_before(match: re.Match[str], minute: int) -> Point | None:
    return _point(int(match["hour"]) - 1 or 12, minute, match["part"])


def _point(hour: int, minute: int, part: str | None) -> Point | None:
    if not (0 <= hour <= _DAY_HOURS and 0 <= minute < 60):  # noqa: PLR2004  minutes of an hour
        return None
    return with_part(Point(hour, minute), part)


def _plain(match: re.Match[str]) -> Point | None:
    groups = match.groupdict()
    return _point(int(groups["hour"]), int(groups.get("minute") or 0), groups.get("part"))


_EXACT: tuple[tuple[re.Pattern[str], Made], ...] = (
    # без четверти пять, без 10 шесть, за чверть п'ята
    (phrase(rf"MINUS {_MINUTES} {_HOUR}{_PART}"), lambda m: _hour_before(m, 60 - _minutes(m))),
    (phrase(rf"ZA {_MINUTES} @(?P<hour>\d{{1,2}})f?(?: HOUR)?{_PART}"),
     lambda m: _hour_before(m, 60 - _minutes(m))),
    (phrase(rf"ZA (?:(?P<quarter>QUARTER)|#(?P<minute>5|10|15|20|25)) #(?P<hour>\d{{1,2}}){_PART}"),
     lambda m: _hour_before(m, 60 - _minutes(m))),
    # quarter to five, ten past four
    (phrase(rf"(?:(?P<quarter>QUARTER)|(?<! FROM )#(?P<minute>5|10|20|25)(?: MINUTE)?) (?:TO|UNTIL) #(?P<hour>\d{{1,2}}){_PART}"),
     lambda m: _hour_before(m, 60 - _minutes(m))),
    (phrase(rf"{_MINUTES} PAST #(?P<hour>\d{{1,2}}){_PART}"),
     lambda m: _point(int(m["hour"]), _minutes(m), m["part"])),
    (phrase(rf"QUARTER AFTER #(?P<hour>\d{{1,2}}){_PART}"),
     lambda m: _point(int(m["hour"]), 15, m["part"])),
    (phrase(rf"EHALF (?:PAST )?#(?P<hour>\d{{1,2}}){_PART}"),
     lambda m: _point(int(m["hour"]), 30, m["part"])),
    # чверть по п'ятій; четверть шестого, десять минут шестого, чверть на шосту
    (phrase(rf"{_MINUTES} (?:BYP|AFTER) @(?P<hour>\d{{1,2}})f{_PART}"),
     lambda m: _point(int(m["hour"]), _minutes(m), m["part"])),
    (phrase(rf"(?:(?P<quarter>QUARTER)|#(?P<minute>\d{{1,2}}) MINUTE) (?:ON |IN )?@(?P<hour>\d{{1,2}})[fg]?{_PART}"),
     lambda m: _hour_before(m, _minutes(m))),
    # в начале шестого
    (phrase(rf"(?:IN )?BEGIN @(?P<hour>[1-9]|1[0-2])[gf](?! (?:M\d|DATE|MONTH)){_PART}"), lambda m: _hour_before(m, 0)),
    # минут двадцать шестого
    (phrase(rf"MINUTE #(?P<minute>\d{{1,2}}) @(?P<hour>\d{{1,2}})[fg]?(?P<quarter>){_PART}"),
     lambda m: _hour_before(m, _minutes(m))),
    # половина седьмого, о пів на сьому
    (phrase(rf"HALF (?:ON |IN |K )?{_HOUR}{_PART}"), lambda m: _hour_before(m, 30)),
    (phrase(rf"T(?P<hour>\d+):(?P<minute>\d\d)(?: HOUR)?{_PART}"), _plain),
    (phrase(rf"(?:(?<= IN )|(?<= K )|(?<= AFTER )|(?<= UNTIL )|(?<= FROM )|(?<= ABOUT ))X(?P<hour>\d+)\.(?P<minute>\d[05]){_PART}"),
     _plain),
    (phrase(rf"#(?P<hour>\d{{1,2}}) HOUR (?:AND )?#(?P<minute>\d{{1,2}})(?: MINUTE)?{_PART}"), _plain),
    (phrase(rf"(?<! M\d )(?<! M\d\d )#(?P<hour>\d{{1,2}}) #(?P<minute>00|05|[1-5][05])(?! (?:MINUTE|PEOPLE|HUMAN|DATE|M\d+)){_PART}"), _plain),
    (phrase(rf"@(?P<hour>\d{{1,2}})f #(?P<minute>[1-5][05])(?! MINUTE){_PART}"), _plain),
    (phrase(rf"#(?P<hour>\d{{1,2}}) #0 #0{_PART}"), _plain),
    (phrase(r"(?:(?<= IN )|(?<= ON )|(?<= K ))#(?P<hour>[01]\d|2[0-3])(?P<minute>[0-5][05])"), _plain),
    (phrase(rf"(?<! LONG )#(?P<hour>\d{{1,2}}) (?:HOUR|H){_PART}"), _plain),
    (phrase(r"(?<! M\d )(?<! M\d\d )#(?P<hour>9|1\d|2[0-4]) YEAR"), _plain),
    (phrase(r"#(?P<hour>\d{1,2}) (?:EIN |IN |ON )?(?P<part>MORNING|DAYTIME|EVENING|NIGHT|AM|PM|AFTERNOON|TONIGHT)"), _plain),
    (phrase(r"(?<! THROUGH )(?<! EIN )(?<! ZA )#(?P<hour>12|[1-6]) (?P<part>DAY)(?! (?:назад|тому))"), _plain),
    (phrase(r"@(?P<hour>\d{1,2})f (?P<part>MORNING|DAY|EVENING|NIGHT)"), _plain),
    (phrase(r"@(?P<hour>\d{1,2})f HOUR(?: (?P<part>MORNING|DAY|EVENING|NIGHT))?"), _plain),
    (phrase(r"(?<= IN )@(?P<hour>[89]|1\d|2[0-3])(?! (?:VARIANT|DATE|M\d+|RECORD))"), _plain),
    (phrase(r"(?<= IN )HOUR #(?P<minute>15|[1-5]0)"), lambda m: Point(1, int(m["minute"]))),
    (phrase(r"HOUR (?P<part>DAY|NIGHT)"), lambda m: _point(1, 0, m["part"])),
    (phrase(r"(?:(?<= IN )|(?<= K )|(?<= AFTER )|(?<= UNTIL )|(?<= ABOUT )|(?<= BETWEEN )|(?<= FROM ))HOUR(?! (?:IN|K|ON|EARLIER|LATER|LONGER|PIK) )"),
     lambda _: Point(1)),
    (phrase(r"NOON"), lambda _: Point(12, known=True)),
    (phrase(r"MIDNIGHT"), lambda _: Point(0, known=True)),
)  # fmt: skip

# Lengths of time are no times: "на 15 минут позже", "через 2 часа", "на час дольше".
_LENGTHS = phrase(
    r"(?:ON |THROUGH |ZA |EIN |AND )*(?:(?:#\d+|HALF|EHALF|PAIR) )?(?:HOUR|MINUTE|#\d+ HOUR) (?:EARLIER|LATER|LONGER|SOONER)"
    r"|(?:EARLIER|LATER|SOONER) (?:ON|ZA) (?:(?:#\d+|HALF|EHALF|PAIR) )?(?:HOUR|MINUTE)"
    r"|(?:THROUGH|EIN|ZA) (?:(?:#\d+|HALF|EHALF|PAIR) )?(?:HOUR|MINUTE)(?: IN)?"
    r"|(?<!\d )MINUTE (?:THROUGH |ON |IN )#\d+"
    r"|LONG (?:#\d+ )?(?:HOUR|MINUTE)|(?:ON )?(?<! MINUS )(?<! ZA )(?<! HOUR )(?<! HOUR AND )#\d+ MINUTE(?! (?:@|ON @|TO |PAST|BYP|AFTER @))(?: (?:EARLIER|LATER))?"
)  # fmt: skip
_LATER = re.compile("EARLIER|LATER|SOONER")
_AFTER_ASKING = phrase(rf"(?:(?<= IN )|(?<= K )|(?<= AFTER )|(?<= UNTIL )|(?<= FROM )|(?<= ABOUT )|(?<= BETWEEN )|(?<= DOES )|(?<= ON )|(?<= EARLIER )|(?<= LATER )|(?<= PAST )|(?<= INSTEAD )|(?<= INSTEAD IN )|(?<= would )|(?<= it )|(?<= say )|(?<= do )|(?<= it TO )|(?<= MOVEV TO )|(?<= RECORD TO )|(?<= I TO ))"
                       rf"(?:#(?P<hour>\d{{1,2}})|@(?P<uk>\d{{1,2}})f){_COUNTED}")  # fmt: skip
_BESIDE_POINT = phrase(
    rf"(?P<lead>(?:P\d+) (?:OR|-|AND|TO|UNTIL|BYP)(?: IN| ON)?) (?:#(?P<hour>\d{{1,2}})|@(?P<uk>\d{{1,2}})f){_COUNTED}"
)
_RANGE = phrase(rf"#(?P<first>\d{{1,2}}) (?P<link>-|UNTIL|TO) #(?P<last>\d{{1,2}}){_COUNTED}")
_BESIDE_DAY = phrase(rf"(?P<lead>Q\d+(?: ,| \|)?) #(?P<hour>\d{{1,2}}){_COUNTED}")
_BEFORE_DAY = phrase(r"#(?P<hour>[2-9]|1\d|2[0-4]) (?P<tail>(?:ON |IN )?Q\d+)")
_BEFORE_POINT = phrase(r"#(?P<hour>\d{1,2}) (?P<tail>(?:-|TO|UNTIL|OR) P\d+)")
_INSTEAD = phrase(r"#(?P<hour>\d{1,2}) INSTEAD(?: IN| ON)? [#P]\d+")
_INSTEAD_OF_IT = phrase(
    rf"(?:(?<= OY )|(?<= PRECISELY )|(?<= PRECISELY , )|(?<= NO )|(?<= NO , )|(?<= BETTER )|(?<= NOT #\d A )|(?<= NOT #\d BUT )|(?<= NOT #\d\d BUT )|(?<= NOT #\d , )|(?<= NOT #\d\d , )|(?<= NOT #\d\d A ))(?:#(?P<hour>\d{{1,2}})|@(?P<uk>\d{{1,2}})f){_COUNTED}"
)  # fmt: skip
_THAT_SUITS = phrase(
    r"#(?P<hour>\d{1,2})(?P<uk>)(?= (?:WORKING|WORK|WORKV|CAN|SUITS|YES|GOOD|FREE) )"
)
_OF_A_TIME = (Expecting.NOTHING, Expecting.TIME, Expecting.YES_OR_NO)
_ON_HOUR = phrase(r"(?<= ON )HOUR(?! (?:IN|K|ON|EARLIER|LATER|LONGER) )")
_GLUED = phrase(r"#(?P<hour>[01]\d|2[0-3]|[1-9])(?P<minute>[0-5][05])")
_ONE = re.compile(r"(?<=^ )one(?=(?: (?:PLEASE|YES|[.!]))* $)")
_ABOVE_POSITIONS = phrase(r"#(?P<hour>1\d|2[0-4])(?P<uk>)")
_BARE = phrase(rf"(?<! NOT )(?:#(?P<hour>\d{{1,2}})|@(?P<uk>\d{{1,2}})f){_COUNTED}")


def read_exact(line: Line, points: Marks[Point]) -> None:
    """Times that cannot be anything else; to be read before the days."""
    line.rewrite(_LENGTHS, lambda m: "SHIFT" if _LATER.search(m[0]) else "_")
    line.rewrite_by(_EXACT, lambda made, match: _marked(points, made(match)))


def read_bare(line: Line, points: Marks[Point], expecting: Expecting, *, day_named: bool) -> None:
    """Numbers that days left over and that the words around make hours.

    Args:
        line: after the days were read.
        points: where they go.
        expecting: where a time was asked for, any number is one; where one of several was to be
            chosen, a number too great for a position.
        day_named: a day was said: "на час" beside it is one o'clock.
    """
    asked = expecting is Expecting.TIME
    line.rewrite(_INSTEAD, lambda m: _marked(points, _plain(m)))
    line.rewrite(_RANGE, lambda m: _range(points, m))
    line.rewrite(_BEFORE_POINT, lambda m: _joined(points, m, "tail"))
    line.rewrite(_AFTER_ASKING, lambda m: _bare(points, m))
    line.rewrite(_BESIDE_POINT, lambda m: _joined(points, m, "lead"))
    line.rewrite(_BESIDE_DAY, lambda m: _joined(points, m, "lead"))
    line.rewrite(_BEFORE_DAY, lambda m: _joined(points, m, "tail"))
    if points.values or (not day_named and expecting in _OF_A_TIME):
        line.rewrite(_INSTEAD_OF_IT, lambda m: _bare(points, m))
    if asked or day_named or expecting is Expecting.CHOICE:
        line.rewrite(_ON_HOUR, lambda _: points.put(Point(1)))
    if expecting is Expecting.CHOICE and not points.values:
        line.rewrite(_ABOVE_POSITIONS, lambda m: _bare(points, m))
    if expecting in _OF_A_TIME:
        line.rewrite(_THAT_SUITS, lambda m: _bare(points, m))
    if asked and not points.values:
        line.rewrite(_ONE, lambda _: points.put(Point(1)))
        line.rewrite(_GLUED, lambda m: _marked(points, _plain(m)))
        line.rewrite(_BARE, lambda m: _bare(points, m))


def _marked(points: Marks[Point], point: Point | None) -> str:
    return points.put(point) if point else ""


def _bare(points: Marks[Point], match: re.Match[str]) -> str:
    return _marked(points, _point(int(match["hour"] or match.groupdict()["uk"]), 0, None))


def _joined(points: Marks[Point], match: re.Match[str], other: str) -> str:
    mark = _bare(points, match)
    if not mark:
        return ""
    return f"{match['lead']} {mark}" if other == "lead" else f"{mark} {match['tail']}"


def _range(points: Marks[Point], match: re.Match[str]) -> str:
    first, last = (_point(int(match[name]), 0, None) for name in ("first", "last"))
    if not first or not last:
        return ""
    return f"{points.put(first)} {match['link']} {points.put(last)}"
