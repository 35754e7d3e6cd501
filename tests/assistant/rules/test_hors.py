"""Another parser of Russian dates agrees where both of us say that we understand.

Left out is what `hors` reads otherwise than salons do, see `tests/assistant/corpus/README.md`:
the name of today's weekday, "в следующую пятницу", windows; "в три часа дня" it takes for 13:00.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hors import process_phrase

from tests.support.rules_salon import NOW, read

_DAYS = (
    "сегодня",
    "завтра",
    "послезавтра",
    "в пятницу",
    "в субботу",
    "в воскресенье",
    "15 декабря",
    "через 3 дня",
    "через 10 дней",
    "25 декабря",
    "через неделю",
    "31 декабря",
    "28 февраля",
)
_CLOCKS = ("", "в 14:30", "в 5 вечера", "в 9 утра", "в половине седьмого вечера", "в 18 00")
_FRAMES = ("запишите меня {}", "{} хочу на педикюр", "здравствуйте, можно {} к Ольге?")


@pytest.mark.parametrize("now", [NOW, NOW + timedelta(days=40)], ids=["november", "december"])
@pytest.mark.parametrize(("number", "day"), list(enumerate(_DAYS)))
def test_both_read_the_same_day_and_time(number: int, day: str, now: datetime) -> None:
    for clock in _CLOCKS:
        text = _FRAMES[number % len(_FRAMES)].format(f"{day} {clock}".strip())
        found = process_phrase(text, now).dates
        ours = read(text, now=now).when
        if not found or found[0].date_from.date() < now.date():
            continue  # it looks back where salons look ahead
        assert (text, ours.first) == (text, found[0].date_from.date())
        if clock and found[0].has_time:
            assert (text, ours.at) == (text, found[0].date_from.time())
