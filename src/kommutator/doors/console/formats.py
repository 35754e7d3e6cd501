"""Times, durations and numbers as people read them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import phonenumbers
from babel import Locale
from babel.dates import (
    format_date,
    format_datetime,
    format_time,
    format_timedelta,
    get_day_names,
)
from babel.numbers import format_decimal

from kommutator.kit.given import on_calendar


def moment(at: datetime, now: datetime, tz: ZoneInfo, locale: str) -> str:
    """Only the time for today, else day and time."""
    local = at.astimezone(tz)
    if local.date() == now.astimezone(tz).date():
        return format_time(local, "HH:mm:ss", tzinfo=tz, locale=locale)
    pattern = "d MMM HH:mm" if local.year == now.astimezone(tz).year else "d MMM y HH:mm"
    return format_datetime(local, pattern, tzinfo=tz, locale=locale)


def brief(at: datetime, now: datetime, tz: ZoneInfo, locale: str) -> str:
    """The time for today, else the day."""
    local, today = at.astimezone(tz), now.astimezone(tz)
    if local.date() == today.date():
        return f"{local:%H:%M}"
    pattern = "d MMM" if local.year == today.year else "d MMM y"
    return format_datetime(local, pattern, tzinfo=tz, locale=locale)


def full_moment(at: datetime, tz: ZoneInfo, locale: str) -> str:
    """Everything, for the tooltip: seconds and zone."""
    return format_datetime(at, "d MMMM y, HH:mm:ss z", tzinfo=tz, locale=locale)


def day(value: date, locale: str) -> str:
    return format_date(value, "d MMMM", locale=locale)


def whole_day(value: date, locale: str) -> str:
    """With the day of the week."""
    return format_date(value, "EEEE, d MMMM", locale=locale)


def weekdays(locale: str) -> list[str]:
    """Short names, Monday first."""
    names = get_day_names("abbreviated", "stand-alone", locale)
    return [names[number] for number in range(7)]


def countries(codes: Iterable[str], locale: str) -> list[tuple[str, str]]:
    """ISO 3166 codes with the countries' names, by name."""
    names = Locale.parse(locale).territories
    return sorted(((code, names.get(code, code)) for code in codes), key=lambda pair: pair[1])


def whole(value: int, locale: str) -> str:
    """A number with the language's own breaks between thousands."""
    return format_decimal(value, locale=locale)


def percent(share: float | None) -> str:
    """A share of 0 to 1 as whole per cents; never 100 % while something is missing."""
    if share is None:
        return "—"
    whole = round(share * 100)
    return f"{min(whole, 99) if share < 1 else whole}\u00a0%"


def ago(at: datetime, now: datetime, locale: str) -> str:
    """Like “3 minutes ago”, in the reader's language."""
    return format_timedelta(at - now, add_direction=True, locale=locale)


def span(seconds: float | None) -> str:
    """Seconds as 0:07, 12:30, 1:02:03."""
    if seconds is None:
        return "—"
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def phone(number: str | None) -> str:
    """+375 17 000-00-01 where the plan is known, else as it came."""
    if not number:
        return ""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    if not phonenumbers.is_valid_number(parsed):
        return number  # a plan we do not know may swallow leading zeros
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def start_of_day(now: datetime, tz: ZoneInfo) -> datetime:
    """Midnight of the enterprise's today, in UTC."""
    return datetime.combine(now.astimezone(tz).date(), time(), tz).astimezone(UTC)


def day_bounds(text: str, tz: ZoneInfo, *, end: bool = False) -> datetime | None:
    """A form's date (2026-01-31) as the start, or the end, of that day; None if empty or odd."""
    try:
        chosen = date.fromisoformat(text)
    except ValueError:
        return None
    try:
        start = on_calendar(datetime.combine(chosen, time(), tz))
    except ValueError:
        return None
    return (start + timedelta(days=1)).astimezone(UTC) if end else start.astimezone(UTC)
