"""Times as YClients writes and reads them: mostly branch-local, in three spellings (§1.4, §1.5)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING, Any

from kommutator.twins.yclients.company import Company

if TYPE_CHECKING:
    from kommutator.twins.yclients.world import World

_MIDNIGHT = time()
# What any salon's visit may lie in; beyond it sums of times end.
YEARS = range(1971, 2100)
LONG = 10


def plain(local: datetime) -> str:
    """`2019-01-16 16:00:00`, branch-local: the spelling one may trust."""
    return local.strftime("%Y-%m-%d %H:%M:%S")


def stamp(company: Company, epoch: float) -> str:
    """`2019-01-16T20:35:11+0900` of epoch seconds."""
    return datetime.fromtimestamp(epoch, company.zone).strftime("%Y-%m-%dT%H:%M:%S%z")


def iso(world: World, company: Company, local: datetime) -> str:
    """`2019-01-16T16:00:00+09:00`; its offset may be wrong by the switch `datetime_offset`."""
    return f"{local:%Y-%m-%dT%H:%M:%S}{_offset(world, company, local)}"


def slot_time(world: World, company: Company, local: datetime) -> str | int:
    """A bookable time: ISO, or epoch seconds by the switch `dates`."""
    if world.switches.dates == "unix":
        return int(company.moment(local).timestamp())
    return iso(world, company, local)


def day_word(world: World, day: date) -> str | int:
    """A bookable day: `2015-09-04`, or epoch seconds of its UTC midnight as in the samples."""
    if world.switches.dates == "unix":
        return int(datetime.combine(day, _MIDNIGHT, UTC).timestamp())
    return day.isoformat()


def at_second(day: date, seconds: int) -> datetime:
    """A day's time by seconds from its midnight, naive."""
    return datetime.combine(day, _MIDNIGHT) + timedelta(seconds=seconds)


def clock_word(seconds: int) -> str:
    """Seconds from midnight as `09:30`."""
    return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}"


def read_clock(word: Any) -> int | None:
    """`09:30` or `9:30` as seconds from midnight; `24:00` is the day's end."""
    hours, _, minutes = str(word).partition(":")
    if not (word_is_number(hours) and word_is_number(minutes[:2])):
        return None
    seconds = int(hours) * 3600 + int(minutes[:2]) * 60
    return seconds if seconds <= 86_400 else None  # noqa: PLR2004  seconds of a day


def read_local(company: Company, value: Any) -> datetime | None:
    """A time a client sends: `Y-m-d H:i:s`, ISO (with or without offset) or epoch; else None."""
    if isinstance(value, bool):
        return None
    word = str(value).strip()
    try:
        if isinstance(value, int | float) or (word.isascii() and word.isdigit()):
            found = company.local(datetime.fromtimestamp(int(value), UTC))
        else:
            found = datetime.fromisoformat(word)
            found = company.local(found) if found.tzinfo else found
    except (ValueError, OverflowError, OSError):
        return None
    return found if found.year in YEARS else None


def read_moment(word: str, zone: tzinfo) -> float | None:
    """Epoch seconds of `Y-m-dTH:i:s`, in `zone` unless it says another; None for no moment."""
    # A plus that was not escaped has become a space.
    word = word.replace(" ", "+") if "T" in word else word
    try:
        found = datetime.fromisoformat(word)
        return (found if found.tzinfo else found.replace(tzinfo=zone)).timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def read_day(word: str) -> date | None:
    """`2024-01-31`, or the first ten letters of something longer."""
    try:
        found = date.fromisoformat(word[:10])
    except ValueError:
        return None
    return found if found.year in YEARS else None


def word_is_number(word: str) -> bool:
    """Whether a word is a short whole number."""
    return word.isascii() and word.isdigit() and len(word) < LONG


def _offset(world: World, company: Company, local: datetime) -> str:
    match world.switches.datetime_offset:
        case "standard":
            year = (local.replace(month=month, day=1) for month in (1, 7))
            moment = min((company.moment(day) for day in year), key=lambda d: d.utcoffset() or 0)
        case "today":
            moment = company.moment(world.local_now(company))
        case _:
            moment = company.moment(local)
    text = moment.strftime("%z")
    return f"{text[:3]}:{text[3:5]}"
