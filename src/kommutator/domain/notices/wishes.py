"""What one receiver wants to hear, and when. Stored as JSON in `notice_receivers.wishes`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final, Literal

import msgspec

from kommutator.domain.salon.changes import VisitChange, VisitNews
from kommutator.kit.errors import InvalidInput
from kommutator.kit.zones import is_zone, zone

MOST_FILTERED: Final = 500
_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")

USUAL: Final = (VisitNews.CREATED, VisitNews.MOVED, VisitNews.CANCELLED, VisitNews.RESTORED)


class Quiet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Hours of every day without messages; `begin` may be later than `end`: over midnight."""

    begin: str = "22:00"
    end: str = "08:00"


class Wishes(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """An empty filter lets everything through.

    Attributes:
        salons: the vendor's ids of branches.
        staff, services: the vendor's ids; a visit counts by what it was before, too.
        quiet: what happens then is told in one message when they are over.
        time_zone: IANA name that quiet hours are told in; "": each salon's own.
        edits: a visit that changes again within minutes changes the message about it.
        handovers: also tell when a client's talk with the assistant needs a person.
    """

    news: tuple[VisitNews, ...] = USUAL
    salons: tuple[int, ...] = ()
    staff: tuple[int, ...] = ()
    services: tuple[int, ...] = ()
    quiet: Quiet | None = None
    time_zone: str = ""
    language: Literal["ru", "uk", "en"] = "ru"
    edits: bool = True
    handovers: bool = True

    def of(self, salon_id: int, change: VisitChange) -> VisitNews | None:
        """What of this change is to be told, the weightiest; None: nothing."""
        if change.first_read or (self.salons and salon_id not in self.salons):
            return None
        looks = [look for look in (change.before, change.after) if look is not None]
        if self.staff and not any(look.staff_id in self.staff for look in looks):
            return None
        booked = {one.service_id for look in looks for one in look.services}
        if self.services and not booked & set(self.services):
            return None
        return next((news for news in change.news if news in self.news), None)

    def quiet_until(self, now: datetime, salon_zone: str) -> datetime | None:
        """When the quiet hours end that `now` lies in, UTC; None: it does not."""
        if self.quiet is None or self.quiet.begin == self.quiet.end:
            return None
        begin, end = time.fromisoformat(self.quiet.begin), time.fromisoformat(self.quiet.end)
        local = now.astimezone(zone(self.time_zone or salon_zone))
        at = local.time()
        over_midnight = begin > end
        inside = (at >= begin or at < end) if over_midnight else begin <= at < end
        if not inside:
            return None
        day = local.date() + timedelta(days=1 if over_midnight and at >= begin else 0)
        return datetime.combine(day, end, local.tzinfo).astimezone(UTC)


def read_wishes(stored: str | bytes) -> Wishes:
    """From the table. Raises msgspec.ValidationError for what no version of ours wrote."""
    return msgspec.json.decode(stored, type=Wishes)


def dump_wishes(wishes: Wishes) -> str:
    """To the table."""
    return msgspec.json.encode(wishes).decode()


def checked_wishes(given: Mapping[str, Any]) -> Wishes:
    """Wishes from outside. Raises InvalidInput: `notice_wishes_invalid` (`field`)."""
    try:
        wishes = msgspec.convert(dict(given), Wishes, strict=True)
    except (msgspec.ValidationError, RecursionError) as error:
        found = re.search(r"`\$\.([a-z_]+)", str(error))
        raise InvalidInput("notice_wishes_invalid", field=found[1] if found else "wishes") from None
    for name in ("salons", "staff", "services"):
        if len(getattr(wishes, name)) > MOST_FILTERED:
            raise InvalidInput("notice_wishes_invalid", field=name)
    if not wishes.news:
        raise InvalidInput("notice_wishes_invalid", field="news")
    if wishes.time_zone and not is_zone(wishes.time_zone):
        raise InvalidInput("notice_wishes_invalid", field="time_zone")
    edges = (wishes.quiet.begin, wishes.quiet.end) if wishes.quiet else ()
    if any(not _TIME.fullmatch(edge) for edge in edges):
        raise InvalidInput("notice_wishes_invalid", field="quiet")
    return wishes
