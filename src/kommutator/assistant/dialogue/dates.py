"""Days and times in a client's words."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from babel.dates import format_date

_NEAR = {
    "ru": ("сегодня", "завтра"),
    "uk": ("сьогодні", "завтра"),
    "en": ("today", "tomorrow"),
}


def day_in_words(day: date, today: date, language: str) -> str:
    """As in "завтра, 19 ноября" and "пятница, 20 ноября"."""
    near = _NEAR.get(language, _NEAR["ru"])
    for distance, word in enumerate(near):
        if day == today + timedelta(days=distance):
            return f"{word}, {format_date(day, 'd MMMM', locale=language)}"
    return str(format_date(day, "EEEE, d MMMM", locale=language))


def moment_in_words(moment: datetime, today: date, language: str) -> str:
    """As in "пятница, 20 ноября, 15:00"."""
    return f"{day_in_words(moment.date(), today, language)}, {moment:%H:%M}"
