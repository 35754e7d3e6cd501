"""The words of reminders, reviews and win-backs: templates with `{places}`. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from babel.dates import format_date

from kommutator.domain.notices.template import checked_template, fill
from kommutator.domain.salon.facts import Salon, Visit

PLACES: Final = ("client", "salon", "day", "time", "services", "staff", "address", "phone")


def checked_text(text: str) -> str:
    """A salon's own words, from outside. Raises InvalidInput: as `checked_template`."""
    return checked_template(text, PLACES)


def in_words(template: str, values: Mapping[str, str]) -> str:
    """The message; a line whose places are all empty is left out."""
    return fill(template, values)


def values_of(
    visits: Sequence[Visit], salon: Salon, staff: Mapping[int, str], language: str
) -> dict[str, str]:
    """Place → text, of one visit, or of several on one day: then time is the first one's."""
    first = visits[0]
    services = [one.title for visit in visits for one in visit.services]
    people = dict.fromkeys(staff.get(visit.staff_id, "") for visit in visits)
    return {
        "client": first_name(first.client_name or ""),
        "salon": salon.title,
        "day": day_in_words(first.starts_at.date(), language),
        "time": f"{first.starts_at:%H:%M}",
        "services": ", ".join(services),
        "staff": ", ".join(name for name in people if name),
        "address": salon.address or "",
        "phone": salon.phone or "",
    }


def day_in_words(day: date, language: str) -> str:
    """As in: пятница, 20 ноября."""
    return format_date(day, "EEEE, d MMMM", locale=language)


def first_name(name: str) -> str:
    """What people are called by: the first word that is no number; "" if there is none."""
    words = [word for word in name.split() if any(char.isalpha() for char in word)]
    return words[0][:40] if words else ""
