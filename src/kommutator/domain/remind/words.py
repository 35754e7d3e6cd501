"""The words of reminders, reviews and win-backs: templates with `{places}`. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from babel.dates import format_date

from kommutator.domain.notices.template import fill
from kommutator.domain.salon.facts import Salon, Visit
from kommutator.kit.errors import InvalidInput

PLACES: Final = ("client", "salon", "day", "time", "services", "staff", "address", "phone")
LONGEST: Final = 600
_PLACE: Final = re.compile(r"\{([^{}\n]*)\}")


def checked_text(text: str) -> str:
    """A salon's own words, from outside.

    Raises:
        InvalidInput: `remind_text_invalid` (`most`): empty, too long, or with control characters;
            `remind_place_unknown` (`place`, `places`).
    """
    clean = text.replace("\r\n", "\n").strip()
    odd = any(not (char.isprintable() or char == "\n") for char in clean)
    if not clean or len(clean) > LONGEST or odd:
        raise InvalidInput("remind_text_invalid", most=LONGEST)
    for place in _PLACE.findall(clean):
        if place not in PLACES:
            known = ", ".join(f"{{{name}}}" for name in PLACES)
            raise InvalidInput("remind_place_unknown", place=place[:40], places=known)
    return clean


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
