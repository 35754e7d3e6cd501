"""How a client calls a visit to move; a day or a name may as well be where it goes. Pure."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import Final

from babel.dates import format_date

from kommutator.domain.assistant.frame import When

_NEAR: Final = (
    "сегодня|сьогодні|today",
    "завтра|(?<!after )tomorrow",
    "послезавтра|післязавтра|day after tomorrow",
)
_WEEKDAYS: Final = (
    r"понедельник\w?|понеділ(ок|ка)|monday",
    r"вторник\w?|вівтор(ок|ка)|tuesday",
    r"сред[аыу]|серед[аиу]|wednesday",
    r"четверга?|thursday",
    r"пятниц[аыу]|п.ятниц[яюі]|friday",
    r"суббот[аыу]|субот[аиу]|saturday",
    r"воскресень[ея]|неділ[яюі]|sunday",
)
_NEAR_ADJECTIVES: Final = (
    "сегодняшн|сьогоднішн",
    "завтрашн",
    "послезавтрашн|післязавтрашн",
)
_WEEKDAY_ADJECTIVES: Final = (
    "понедельничн|понеділков",
    "вторничн|вівторков",
    "средов|середов",
    "четвергов",
    "пятничн|п.ятничн",
    "субботн|суботн",
    "воскресн|недільн",
)
# "На завтрашний вечер" is where it goes, and so is "на пятницу".
_NOT_TO: Final = r"(?<!\bна )(?<!\bк )(?<!\bв )(?<!\bу )(?<!\bto )(?<!\bfor )"
# "Завтрашнее окошко" is a time that is looked for.
_NO_TIME: Final = (
    r"(?!\w* (дн|ден|день|вечер|вечір|веч|утр|ран|час|врем|окн|окош|morning|evening|afternoon"
    r"|time|slot))"
)
_WHICH_IS: Final = r"(записан\w*|котор\w+|яка|який|booked)( (на|в|во|у|on|for))?"
_TO_WHOM: Final = re.compile(
    r"\b(перен\w+|перез\w+|move|resched\w+)( (меня|мене|me|е[её]|его|її|його|it))? (к|ко|до|to)\b"
    r"|\b(меня|мене) (к|ко|до)\b|\bна\b.* (к|ко|до)\b"
    r"|\bto (?!move|change|resched|shift|postpone).* with\b",
    re.IGNORECASE,
)


def by_its_day(text: str, day: date, today: date, to: When) -> bool:
    """Whether a visit of this day is plainly called by it: "завтрашнюю", "с пятницы на субботу".

    Args:
        to: which time is understood to be wished.
    """
    name, adjective = _patterns(day, today)
    if re.search(adjective, text, re.IGNORECASE):
        return True
    said_so = rf"\b({name}) я записан\w*|\b{_WHICH_IS} ({name})\b"
    if re.search(said_so, text, re.IGNORECASE):
        return True
    left = rf"\b(с|со|от|з|із|зі|від|from) ({name})\b"
    return _goes_elsewhere(day, to) and re.search(left, text, re.IGNORECASE) is not None


def beside_its_goal(text: str, day: date, today: date, to: When) -> bool:
    """Whether the day is named beside another one that it goes to: "в пятницу на вторник"."""
    name, _ = _patterns(day, today)
    named = rf"(?<!\bна )(?<!\bк )(?<!\bto )(?<!\bfor )\b({name})\b(?! (или|або|чи|or)\b)"
    return _goes_elsewhere(day, to) and re.search(named, text, re.IGNORECASE) is not None


def by_whom(text: str) -> bool:
    """Whether a name says whose visit it is: "запись к Анне", and not "перенесите к Анне"."""
    return _TO_WHOM.search(text) is None


def _goes_elsewhere(day: date, to: When) -> bool:
    return to.first is not None and not to.first <= day <= (to.last or to.first)


@lru_cache(maxsize=256)
def _patterns(day: date, today: date) -> tuple[str, str]:
    """The day's names, and it as an adjective."""
    weekday, distance = day.weekday(), (day - today).days
    names, adjectives = [_WEEKDAYS[weekday]], [_WEEKDAY_ADJECTIVES[weekday]]
    if 0 <= distance < len(_NEAR):
        names.append(_NEAR[distance])
        adjectives.append(_NEAR_ADJECTIVES[distance])
    dates = [format_date(day, "d MMMM", locale=one) for one in ("ru", "uk", "en")]
    dates += [format_date(day, "MMMM d", locale="en"), f"{day:%d.%m}"]
    called = "|".join(names)
    possessive = rf"\b({called})['’ʼ]s\b|\bmy ({called})\b"
    adjective = (
        rf"{_NOT_TO}\b({'|'.join(adjectives)})\w+{_NO_TIME}|{_NOT_TO}({possessive}){_NO_TIME}"
    )
    return "|".join([*names, *map(re.escape, dates)]), adjective
