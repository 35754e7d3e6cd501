"""How days look as rows of tags where no date is computed from the words themselves."""

# ruff: noqa: E501  a pattern is read as one line
from __future__ import annotations

import re

from kommutator.assistant.rules.tokens import phrase

YEAR = r"(?: #(?P<year>20\d\d)(?: YEAR)?)?"
WHICH = r"(?:(?P<which>THIS|NEXT|NEAREST|THAT) (?:THIS |NEXT |NEAREST )?)?"
LINKS = r"(?:-|/|UNTIL|BYP|TO|AND|(?:[,?] )?(?:(?:ну|может|maybe|perhaps|та) )?OR(?: (?:if|хотя|хоча|maybe|может))?(?: then)?)"
MONTH = r"M(?P<month>\d+)"
NO_HOUR = "2[5-9]|3[01]"  # too great for an hour
COUNT = r"(?:(?P<count>#\d{1,3}|PAIR) )?"


def day(name: str) -> str:
    """A day of a month, under this name of a group."""
    return rf"[#@](?P<{name}>\d{{1,2}})g?"


def written(match: re.Match[str]) -> str:
    """A date that no calendar has, as it was said: "30.02"."""
    numbers = re.findall(r"\d+", match[0])
    return ".".join(f"{int(number):02}" for number in numbers)


# "не в эту пятницу, а в следующую": the other one is not named again.
OTHER_ONE = r"(?: ,)? (?:A |BUT )?(?:IN |ON )?(?:NEXT(?: one| #1)?|(?:one|#1) AFTER|THROUGH WEEK)"
ON_NUMBER = phrase(r"(?<= ON )#(?P<day>2\d)(?! (?:HOUR|H|MINUTE|PEOPLE|HUMAN|EVENING) )(?! #)")
# "19 в 19": of two numbers the first is the day, where nothing makes it an hour.
DAY_AND_HOUR = re.compile(
    r"(?:(?<=^ )|(?<= ON )|(?<=[.,!|] )|(?<= YES )|(?<= CAN )|(?<= HELLO )|(?<= BOOKV )|(?<=[SE]\d ))#(?P<day>[1-9]|[12]\d|3[01])(?= (?:(?:IN|K|ABOUT|AFTER) )+(?:HOUR )?[#P]\d| ON P\d)"
)
# "Могу в четверг, могу в пятницу", "хоть завтра, хоть в субботу".
EITHER_OF_TWO = phrase(
    r"(?P<word>CAN|хоть|хоч|AND|SUITS|FREE)(?: DOES| BE)?(?: (?:IN|ON|I))* (?P<first>Q\d+)(?: CAN| SUITS)?(?: ,)?(?: (?:I|A|AND))* (?P=word)(?: DOES| BE)?(?: (?:IN|ON|I))* (?P<last>Q\d+)(?! NOT)"
)
# "Один на эту и один на следующую неделю".
TWO_VISITS = phrase(
    r"(?:#1|@1) (?:\S+ ){0,2}?(?P<first>Q\d+|ON THIS) (?:\S+ ){0,3}?(?:#1|OTHERONE|@2f?) (?:\S+ ){0,2}?(?P<last>Q\d+)"
)
# "В пятницу 20-го", where neither is refused.
ONE_DAY_TWICE = phrase(
    r"(?<! NOT )(?<! NOT IN )(?<! NOT ON )(?<! FROM )(?<! NOT do )(?<! NOT DOES )(?<! NOT CAN )(?<! NOT MANAGE )(?<! EXCEPT )(?<! busy )(?<! INSTEAD )(?<! INSTEAD IN )(?<! INSTEAD ON )(?P<first>Q\d+)(?: ,)? (?:(?:IN|ON) )?(?P<last>Q\d+)"
)
# "В эту субботу не могу, в следующую": refused and named again by its week alone.
NOT_THIS_BUT_NEXT = phrase(
    r"(?:THIS|NEAREST|PREVIOUS|LAST) WD(?P<weekday>\d) (?:[^\sQ]+ ){1,5}?(?:IN |ON )?(?P<which>THIS|NEXT)(?: one| #1)?(?= [,.!?|] | $)"
)
# "Friday evening next week": the week stands behind the part of the day.
PART_OF_IT_NEXT = phrase(
    r"WD(?P<weekday>\d)(?= (?:(?:IN|ON|K) )?(?:EVENING|MORNING|AFTERNOON|DAYTIME|LUNCH|P\d+) (?:(?:ON|IN) )?NEXT WEEK )"
)
NEXT_ONE = phrase(
    r"(?<= ON )NEXT(?= [,.!?|] | $)|NEXT(?= (?:ANY|CAN|YES|GOOD|SUITS|FREE|WORKING) )"
)  # "на этой неделе никак, на следующей можно"
BARE_WEEK = phrase(r"(?:ON|IN) (?P<which>THIS|NEXT)(?= [,.!?|] | $)")  # "лучше на следующей"
BARE = phrase(r"(?<! K )[#@](?P<day>\d{1,2})[fg]?(?! (?:VARIANT|PEOPLE|HUMAN))")
FROM_TO = phrase(r"(?:FROM|MY|RECORD) [Q#]\d+ (?:\S+ )?(?:ON|TO|IN|K) (?P<last>Q\d+)")
SOONEST = phrase(
    r"(?:HOW )?(?:CAN )?SOON(?: HOW CAN| AS CAN)?(?: TIMEW)?|(?:IN |ON )?NEAREST (?:TIMEW|FREE|DAY|EDAY|DAYS|HOUR|PLACE)"
    r"|ON DAYS|@1f? FREE|NEXT FREE|NEAREST|sooner (?:\S+ ){0,2}BETTER|чем EARLIER(?: ,)? \S+ BETTER|HOW CAN (?:EARLIER|SOONER)"
)
