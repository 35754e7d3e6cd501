"""The copy of a salon: what is read of it in which rounds, and what its vendor tells. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from kommutator.domain.connection import ConnectionKind
from kommutator.domain.salon.changes import VisitChange, VisitNews, news_of
from kommutator.domain.salon.facts import Visit

SALONS = frozenset({ConnectionKind.YCLIENTS})
"""Booking systems of whose salons we keep a copy."""


class Part(StrEnum):
    """What a salon consists of. The value is kept in rows."""

    SALON = "salon"
    SERVICES = "services"
    STAFF = "staff"
    HOURS = "hours"
    CLIENTS = "clients"
    VISITS = "visits"


ONE_BY_ONE = frozenset({Part.CLIENTS, Part.VISITS})
"""Parts that are told of and read by id; of the others the whole list is read again."""

CHANGED_VISITS, CHANGED_CLIENTS = "changed:visits", "changed:clients"
SOON, HOOKS = "hours:soon", "salon:hooks"
TASKS = (
    Part.SALON.value,
    HOOKS,
    Part.SERVICES.value,
    Part.STAFF.value,
    Part.HOURS.value,
    Part.VISITS.value,
    Part.CLIENTS.value,
    CHANGED_VISITS,
    CHANGED_CLIENTS,
    SOON,
)
"""Every round of one salon, by name."""

NIGHTLY = frozenset({Part.SALON, Part.SERVICES, Part.STAFF, Part.HOURS, Part.CLIENTS, Part.VISITS})
_NEWS_FOR = timedelta(days=2)  # longer than from one night's reading to the next
_LOOKS_A_MINUTE = 60.0  # of the installation's 200 requests: all salons together


@dataclass(frozen=True, slots=True)
class SalonNews:
    """Somebody says that a part of a salon changed. `id`: 0 where the whole list is read."""

    part: Part
    id: int = 0


@dataclass(frozen=True, slots=True)
class CopyState:
    """How far the copy of a salon is.

    Attributes:
        began_at: when we first looked.
        copied_at: when all visits were here for the first time; None: not yet.
    """

    began_at: datetime
    copied_at: datetime | None = None


def look_again_s(*, hooks: bool, salons: int, wished: float | None = None) -> float:
    """Seconds between two looks for changes: all salons share one allowance.

    Without notices from the vendor looking is the only way to hear.
    """
    fair = salons * 60.0 / _LOOKS_A_MINUTE
    return max(wished or (300.0 if hooks else 60.0), fair)


def change_of(
    before: Visit | None, after: Visit, state: CopyState, *, at: datetime, local: datetime
) -> VisitChange | None:
    """What is to be told of two looks at a visit; None: people would see no difference.

    A visit that was there before we looked for the first time is no news when we first see it,
    be it in the first copy, or later because it is older than what the copy goes back to. Nor is
    what long ago became of one that is over: found after a pause, or forgotten by us meanwhile.

    Args:
        at: now; `local`: the same in the salon's time.
    """
    news = news_of(before, after)
    if not news:
        return None
    old = news == (VisitNews.CREATED,) and _older(after, state)
    return VisitChange(before, after, news, first_read=old or _past(before, after, at, local))


def _older(visit: Visit, state: CopyState) -> bool:
    if visit.created_at is None:
        return state.copied_at is None
    return visit.created_at < state.began_at.replace(microsecond=0)


def _past(before: Visit | None, after: Visit, at: datetime, local: datetime) -> bool:
    """Whether the visit is over, and what became of it too long ago to be told."""
    became = after.created_at if before is None else after.changed_at
    if became is None or became >= at - _NEWS_FOR:
        return False
    return all(look.starts_at < local for look in (before, after) if look is not None)
