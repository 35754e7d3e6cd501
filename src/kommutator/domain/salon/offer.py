"""After a missed call: the nearest free starts, offered in the client's chat. Pure.

The rule of an enterprise is kept with the salon whose time is offered.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from babel.dates import format_date

from kommutator.domain.notices.wishes import Quiet, Wishes
from kommutator.domain.salon.booking import Start
from kommutator.kit.errors import InvalidInput

KEY: Final = "missed_offer"
"""In the salon's config."""
STARTS, DAYS = 3, 7
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


class OfferRule(msgspec.Struct, frozen=True, omit_defaults=True):
    """Off by default. `service_id`: None: what the client came for last."""

    on: bool = False
    service_id: int | None = None
    begin: str = "21:00"
    end: str = "09:00"

    def is_quiet(self, now: datetime, salon_zone: str) -> bool:
        """Whether nobody may be written to at this moment, by the salon's clock."""
        wishes = Wishes(quiet=Quiet(self.begin, self.end))
        return wishes.quiet_until(now, salon_zone) is not None


def read_rule(config: Mapping[str, Any]) -> OfferRule:
    """Of a salon; what no version of ours wrote counts as off."""
    try:
        return msgspec.convert(config.get(KEY) or {}, OfferRule)
    except msgspec.ValidationError:
        return OfferRule()


def checked_rule(*, on: bool, service_id: int | None, begin: str, end: str) -> OfferRule:
    """From a form. Raises InvalidInput: `missed_offer_hours_invalid`."""
    if not (_TIME.fullmatch(begin) and _TIME.fullmatch(end)):
        raise InvalidInput("missed_offer_hours_invalid")
    return OfferRule(on=on, service_id=service_id, begin=begin, end=end)


def nearest(starts: Sequence[Start], count: int = STARTS) -> list[datetime]:
    """The first moments at which somebody is free, each once."""
    return sorted({start.starts_at for start in starts})[:count]


def moments_in_words(moments: Sequence[datetime], language: str) -> str:
    """A line for each, as in: сб, 22 ноября, 14:00."""
    return "\n".join(
        f"• {format_date(at.date(), 'EEE, d MMMM', locale=language)}, {at:%H:%M}" for at in moments
    )
