"""Which sentences of the assistant a tenant may put in their own words, and how. Pure.

Own words are kept by slug, or by slug and language ("assistant.hello.uk"). Several wordings of one
thought are divided by " | "; places are written `{so}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter
from typing import Final

from kommutator.kit.errors import InvalidInput

LONGEST: Final = 1000
BETWEEN: Final = " | "
LANGUAGES: Final = ("ru", "uk", "en")

GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "hello": ("hello", "hello_name", "menu", "welcome", "as_you_wish"),
    "ask": (
        "ask.service", "ask.day", "ask.time", "ask.name", "ask.phone", "ask.book_it",
        "ask.move_which", "ask.cancel_which", "ask.either", "either.list", "either.reminder",
        "either.review",
        "as_usual", "which_one", "yes_to_what", "next_one",
        "one_by_one", "different_staff",
    ),
    "propose": (
        "propose.book", "propose.move", "propose.cancel", "propose.cancel_all", "move_from",
        "not_booked", "not_booked_at_all", "visit_stays", "visits_stay",
    ),
    "done": (
        "done.book", "done.move", "done.cancel", "done.cancel_all", "done.confirm",
        "done.confirm_any", "done.opt_out", "done.opt_in", "done.rated_high", "done.rated_low",
        "done.rated_low_words", "already", "gone",
    ),
    "tell": (
        "services", "prices", "price_unknown", "staff", "who_does", "your_visits", "no_visits",
        "visits_unseen", "hours", "hours_usual", "address", "our_address", "address_unknown",
        "phone",
    ),
    "why": (
        "why.busy", "why.closed", "why.full", "why.none", "why.past", "why.staff", "why.too_far",
        "staff_cannot", "nobody_does", "no_staff", "no_services", "no_such_day", "bad_phone",
        "service_gone",
    ),
    "unclear": (
        "not_understood", "unknown_words", "out_of_range", "reminder_again", "reminder_no",
        "reminder_to_staff", "late",
    ),
    "hand_over": (
        "hand_over.asked", "hand_over.complaint", "hand_over.media", "hand_over.not_understood",
        "hand_over.sensitive", "hand_over.several", "told.failed", "told.refused", "told.taken",
        "told.unclear",
    ),
}  # fmt: skip
"""By what they are about; names within `assistant.`."""

SLUGS: Final = frozenset(f"assistant.{name}" for names in GROUPS.values() for name in names)


def slug_of(key: str) -> tuple[str, str]:
    """Slug and language of a kept text; "" where it holds in every language."""
    slug, _, language = key.rpartition(".")
    return (slug, language) if language in LANGUAGES else (key, "")


def places_of(text: str) -> tuple[str, ...]:
    """Names of its places, each once. Raises ValueError: a brace without its other."""
    found = [name for _, name, _, _ in Formatter().parse(text) if name is not None]
    return tuple(dict.fromkeys(found))


def checked_text(text: str, default: str) -> str:
    """A tenant's own words instead of these.

    Raises:
        InvalidInput: `assistant_text_invalid` (`most`): empty, too long, with control characters
            or a lonely brace; `assistant_place_unknown` (`place`, `places`).
    """
    clean = text.replace("\r\n", "\n").strip()
    odd = any(not (char.isprintable() or char == "\n") for char in clean)
    if not clean or len(clean) > LONGEST or odd:
        raise InvalidInput("assistant_text_invalid", most=LONGEST)
    known = places_of(default)
    try:
        parts = list(Formatter().parse(clean))
    except ValueError:
        raise InvalidInput("assistant_text_invalid", most=LONGEST) from None
    for _, name, spec, conversion in parts:
        if name is not None and (name not in known or spec or conversion):
            shown = ", ".join(f"{{{one}}}" for one in known) or "—"
            raise InvalidInput("assistant_place_unknown", place=f"{{{name[:40]}}}", places=shown)
    return clean
