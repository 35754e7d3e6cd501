"""What a bare answer means, by what was asked last: "2", "да", "на пятёрочку", "Олег"."""

# ruff: noqa: E501  a pattern is read as one line
from __future__ import annotations

import re
from dataclasses import dataclass

from kommutator.assistant.rules import intent_patterns as says
from kommutator.assistant.rules.line import Line
from kommutator.assistant.rules.tokens import phrase
from kommutator.domain.assistant.frame import Expecting, Intent

_POSITIONS = 9  # no list that we show is longer; a greater number is an hour
_MOST_STARS = 5
_STARS = ("ONES", "TWOS", "THREES", "FOURS", "FIVES")

_CHOICE = phrase(
    r"(?:VARIANT )?(?:@(?P<nth>\d)[fg]?|VARIANT(?: #(?P<number>\d{1,2}))|#(?P<bare>\d{1,2}))(?: VARIANT)?(?! (?:HOUR|PEOPLE|HUMAN|MINUTE|-|DATE|M\d))"
)
# "2 или 3", "и первое, и третье" choose nothing, and name no day.
_ONE = r"(?:(?:VARIANT )?(?:@\d[fg]?|#\d)(?: VARIANT)?)"
_SEVERAL = phrase(
    rf"(?<!IN )(?<!K )(?<!ABOUT )(?<!AFTER )(?<!UNTIL ){_ONE}(?: ,)? (?:OR|AND) {_ONE}(?! (?:HOUR|MINUTE|DATE|M\d|DAY|EVENING|MORNING|#))"
)
_EARLIEST = phrase(
    r"ранн\S*|найраніш\S*|найперш\S*|earliest|(?<=^ )SOON(?=(?: (?:one|#1|VARIANT|PLEASE|[.!]))* $)"
)
_LAST = phrase(
    r"(?:крайн|поздн)(?:ий|яя|ее|его|ему|ей|ем|юю|ие)|найпізн\S*|latest|самое LATER|LAST(?! (?:HOUR|TIMEW|WEEK|MONTH|RECORD))"
)
_ALONE = re.compile(r"^ (?:(?:YES|ON|IN|A|LET|PLEASE|THANKS|HELLO|[.,!)]|VARIANT|I|WANT) )*$")
_SCALE = phrase(
    r"#(?P<stars>[1-5])(?: STAR)* (?:/|FROM|из|EIN|out|-) #(?:5|10)|D(?P<day>[1-5])\.5|#(?P<alone>[1-5])(?: (?:STAR|\+))*"
)
_TEN_OF_TEN = phrase(r"D10\.10|#10 (?:/|FROM|из|EIN|out|-) #10")
_SIGNS = re.compile(r"STAR(?: STAR)+|STAR")
_AGREES = frozenset(
    {"YES", "BOOKV", "PLEASE", "THANKS", "CONFIRMV", "BE", "CANCELV", "MOVEV", "I", "COME"}
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered; None in `intent`: the turn's other words decide."""

    intent: Intent | None = None
    choice: int | None = None
    stars: int | None = None


def numbered(line: Line, expecting: Expecting) -> Answer:
    """Numbers that answer a question; struck out, so that no clock reads them again."""
    if expecting is Expecting.STARS:
        return _stars(line)
    if expecting in (Expecting.CHOICE, Expecting.SERVICE, Expecting.STAFF):
        return _choice(line)
    if expecting is Expecting.REMINDER:
        return _reminder(line)
    if expecting is Expecting.NOTHING:
        return _unasked(line)
    return Answer()


def _stars(line: Line) -> Answer:
    if _TEN_OF_TEN.search(line.text):
        line.text = _TEN_OF_TEN.sub("STARRED", line.text)
        return Answer(Intent.INFORM, stars=_MOST_STARS)
    line.text = line.text.replace(" FROM #10 ", " ") if not _SCALE.search(line.text) else line.text
    if match := _SCALE.search(line.text):
        stars = int(match["stars"] or match["day"] or match["alone"])
        line.text = f"{line.text[: match.start()]}STARRED{line.text[match.end() :]}"
        return Answer(Intent.INFORM, stars=stars)
    for stars, tag in enumerate(_STARS, start=1):
        if f" {tag} " in line.text:
            line.text = line.text.replace(f" {tag} ", " STARRED ")
            return Answer(Intent.INFORM, stars=stars)
    return _signs(line)


def _signs(line: Line) -> Answer:
    count = line.text.split().count("STAR")
    if not 1 <= count <= _MOST_STARS:
        return Answer()
    line.text = _SIGNS.sub("STARRED", line.text)
    return Answer(Intent.INFORM, stars=count)


def _choice(line: Line) -> Answer:
    if _LAST.search(line.text):
        return Answer(Intent.CHOICE, choice=-1)
    if line.drop(_EARLIEST, "CHOSEN"):
        return Answer(Intent.CHOICE, choice=1)
    if line.drop(_SEVERAL, "SEVERAL"):
        return Answer(Intent.INFORM)
    found = (one for one in _CHOICE.finditer(line.text) if _is_position(line, one))
    match = next(found, None)
    if match is None:
        return Answer()
    number = int(match["nth"] or match["number"] or match["bare"])
    if not 1 <= number <= _POSITIONS:
        return Answer()
    line.text = f"{line.text[: match.start()]}CHOSEN{line.text[match.end() :]}"
    line.text = line.text.replace(" MAILING ", " LISTED ")
    return Answer(Intent.CHOICE, choice=number)


def _is_position(line: Line, match: re.Match[str]) -> bool:
    """Whether it is one: "второй вариант" always, "2" unless a word before or after makes it an hour or a day."""
    before = line.text[: match.start()]
    if before.endswith((" NOT ", " все ", " FREE ")):
        return False
    if (
        re.search(
            r" (?:AFTER|UNTIL|FROM|ABOUT|BETWEEN|(?:E?HALF|QUARTER|PAST)(?: ON| IN| PAST| TO)?) $",
            before,
        )
        and "VARIANT" not in match[0]
    ):
        return False  # "я працюю до сьомої"
    if "VARIANT" in match[0] or match["nth"]:
        return True
    after = Line(f" {line.text[match.end() :].strip()} ")
    hour = re.search(r" (?:IN|K|AFTER|UNTIL|FROM|ABOUT|BETWEEN|CAN (?:\S+ )?DOES) $", before)
    return not hour and not after.has(phrase(r"#\d+|MORNING|EVENING|DAY|PM|AM"))


def _reminder(line: Line) -> Answer:
    match = _CHOICE.search(line.text)
    number = int(match["nth"] or match["number"] or match["bare"]) if match else 0
    if match is None or not _is_position(line, match):
        return Answer()
    intent = {1: Intent.CONFIRM, 2: Intent.MOVE, 3: Intent.CANCEL}.get(number)
    if intent is None:
        return Answer()
    line.text = f"{line.text[: match.start()]}CHOSEN{line.text[match.end() :]}"
    return Answer(intent, choice=number)


def _unasked(line: Line) -> Answer:
    """Of "2" and "5 звёзд" out of the blue."""
    if re.search(r"#[1-5] STAR|STAR STAR", line.text):
        return _stars(line)
    match = _CHOICE.search(line.text)
    if match and (
        _ALONE.match(line.text.replace(match[0], "", 1).replace("  ", " ")) or "VARIANT" in match[0]
    ):
        return _choice(line)
    return Answer()


def agreement(line: Line) -> Intent | None:
    """YES or NO to what we proposed, CONFIRM never; an agreement with a change is INFORM."""
    tags = set(line.text.split())
    changed = line.has(says.CHANGES)
    agrees = bool(tags & {"YES", "👍", "+"}) or bool(
        tags & {"BOOKV", "CONFIRMV", "COME", "BE", "WAITING"}
    )
    agrees = agrees or line.has(says.BARELY_YES)
    refuses = (line.has(says.NO) and not line.has(says.NO_AND_YES)) or line.has(says.NOT_CANCELLED)
    if changed:
        return Intent.INFORM if agrees or refuses else None
    if refuses:
        return Intent.NO
    if (
        agrees
        and (line.has(says.NO_AND_YES) or not line.has(says.BUT))
        and not (tags & {"?", "CHANGE"})
    ):
        return Intent.YES
    return None


def agrees_to_change(line: Line) -> bool:
    """As "да, отменяйте": yes to a proposal to cancel or move, no new wish."""
    tags = line.text.split()
    words = {tag for tag in tags if tag.isupper() or tag in ("👍", "+")}
    return "YES" in words and words <= _AGREES | {"RECORD", "MY"} and "?" not in tags
