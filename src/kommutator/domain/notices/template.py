"""Templates of notices: text with `{places}`, as an administrator writes it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Final

from kommutator.kit.errors import InvalidInput

PLACES: Final = (
    "salon", "date", "time", "duration", "services", "cost", "staff", "client", "phone", "comment",
    "old_date", "old_time", "old_staff",
)  # fmt: skip
LONGEST_TEMPLATE: Final = 800
LONGEST_VALUE: Final = 300
_PLACE: Final = re.compile(r"\{([^{}\n]*)\}")


def checked_template(text: str, places: Collection[str] = PLACES) -> str:
    """A template from outside, in which these places may stand.

    Raises:
        InvalidInput: `notice_template_invalid` (`most`): empty, too long, or with control
            characters; `notice_place_unknown` (`place`, `places`).
    """
    clean = text.replace("\r\n", "\n").strip()
    odd = any(not (char.isprintable() or char == "\n") for char in clean)
    if not clean or len(clean) > LONGEST_TEMPLATE or odd:
        raise InvalidInput("notice_template_invalid", most=LONGEST_TEMPLATE)
    for place in _PLACE.findall(clean):
        if place not in places:
            known = ", ".join(f"{{{name}}}" for name in places)
            raise InvalidInput("notice_place_unknown", place=place[:40], places=known)
    return clean


def fill(template: str, values: Mapping[str, str]) -> str:
    """The message. A line that has places, all of them without a value, is left out.

    What stands in a value is never read as a place.
    """
    return "\n".join(
        _tidy(_PLACE.sub(lambda found: _value(values, found[1]), line))
        for line in template.split("\n")
        if _has_something(line, values)
    ).strip()


def _has_something(line: str, values: Mapping[str, str]) -> bool:
    places = _PLACE.findall(line)
    return not places or any(_value(values, place) for place in places)


def _value(values: Mapping[str, str], place: str) -> str:
    text = " ".join(values.get(place, "").replace("\x00", "").split())
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"


def _tidy(line: str) -> str:
    """Without what is left around an empty place: "()", two spaces, a comma at the end."""
    line = re.sub(r"\(\s*\)", "", line)
    return re.sub(r"[ \t]{2,}", " ", line).rstrip(" ,:;–—")
