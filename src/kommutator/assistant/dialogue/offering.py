"""Which free times are shown for a wish: the exact one, or the three that are nearest to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from kommutator.domain.assistant.frame import When
from kommutator.domain.assistant.ports import Scene
from kommutator.domain.assistant.talk import Offer

SHOWN = 3
HORIZON = timedelta(days=60)
"""As far as journals of salons are open."""
_AHEAD = timedelta(days=13)
_APART = timedelta(hours=2)

Read = Callable[[int | None, date, date], Awaitable[Sequence[Offer]]]
"""Free starts: of this employee, or of anybody; both days inclusive; in time's order."""

Kept = Callable[[Offer], bool]
"""Which of the free starts may be shown."""


class Why(StrEnum):
    """Why the times shown are not what was wished; the value ends `assistant.why.<value>`."""

    PAST = "past"
    TOO_FAR = "too_far"
    CLOSED = "closed"
    BUSY = "busy"  # that very time
    FULL = "full"  # those days, or those hours
    STAFF = "staff"  # this employee; others may be free
    NONE = "none"  # nothing for weeks


@dataclass(frozen=True, slots=True)
class Found:
    """`exact`: the wished start is free, and one employee was wished or does not matter."""

    exact: Offer | None = None
    offers: tuple[Offer, ...] = ()
    why: Why | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """What times are looked for.

    Attributes:
        soft: nothing else is looked for if the wish cannot be had.
    """

    when: When
    staff: int | None = None
    soft: bool = False


def every(offer: Offer) -> bool:  # noqa: ARG001  whichever it is
    """No start is left out."""
    return True


async def find(scene: Scene, wish: Wish, read: Read) -> Found:
    """Never empty while anything is free before the wished days or in the two weeks after them."""
    today = scene.now.date()
    first, last, why = _days(wish.when, today)
    starts = await _starts(read, wish.staff, first, last, scene.now)
    fitting = [] if why else [one for one in starts if fits(one, wish.when)]
    if fitting:
        return Found(exact=_exact(fitting, wish.when), offers=_picked(fitting, wish.when))
    why = why or _why(scene, wish.when, starts)
    if wish.soft:
        return Found(why=why)
    if wish.staff is not None and why in {Why.FULL, Why.BUSY}:
        return await _instead_of_staff(scene, wish, read, starts, why)
    if not starts:
        starts = await _starts(read, wish.staff, first, last + _AHEAD, scene.now)
    if not starts and first > today:
        starts = await _starts(read, wish.staff, today, first, scene.now)
    offers = _picked(_like(starts, wish.when), wish.when)
    return Found(offers=offers, why=why if offers else Why.NONE)


def _days(when: When, today: date) -> tuple[date, date, Why | None]:
    """What is read first, and what is wrong with the days that were named."""
    if when.first is None:
        return today, today + _AHEAD, None
    last = when.last or when.first
    if last < today:
        return today, today + _AHEAD, Why.PAST
    if when.first > today + HORIZON:
        return today, today + _AHEAD, Why.TOO_FAR
    return max(when.first, today), min(max(last, today), today + HORIZON), None


async def _starts(
    read: Read, staff: int | None, first: date, last: date, now: datetime
) -> list[Offer]:
    return [one for one in await read(staff, first, last) if one.starts_at > now]


async def _instead_of_staff(
    scene: Scene, wish: Wish, read: Read, same_day: Sequence[Offer], why: Why
) -> Found:
    """Two times of the one who was wished, and one of somebody else on the wished days."""
    first, last, _ = _days(wish.when, scene.now.date())
    own = same_day or await _starts(read, wish.staff, first, last + _AHEAD, scene.now)
    anybody = await _starts(read, None, first, last, scene.now)
    others = [o for o in anybody if o.staff_id != wish.staff and fits(o, wish.when)]
    shown = [*_picked(_like(own, wish.when), wish.when, 2), *_picked(others, wish.when, 1)]
    offers = tuple(sorted(shown, key=lambda one: one.starts_at))
    if not offers:
        anybody = await _starts(read, None, first, last + _AHEAD, scene.now)
        offers = _picked(_like(anybody, wish.when), wish.when)
    return Found(offers=offers, why=(Why.STAFF if why is Why.FULL else why) if offers else Why.NONE)


def _why(scene: Scene, when: When, starts: Sequence[Offer]) -> Why:
    """Why nothing fits in the days that were read."""
    if when.first is not None and when.first == (when.last or when.first):
        if when.first in scene.hours and scene.hours[when.first] is None:
            return Why.CLOSED
        at = when.at or when.before
        if at is not None and datetime.combine(when.first, at) <= scene.now:
            return Why.PAST
    return Why.BUSY if when.at is not None and starts else Why.FULL


def fits(offer: Offer, when: When) -> bool:
    day, at = offer.starts_at.date(), offer.starts_at.time()
    if when.first is not None and not when.first <= day <= (when.last or when.first):
        return False
    if when.at is not None:
        return at == when.at
    return not (
        (when.after is not None and at < when.after)
        or (when.before is not None and at >= when.before)
    )


def _like(starts: Sequence[Offer], when: When) -> Sequence[Offer]:
    """On other days rather at the wished time of day."""
    hours = When(after=when.after, before=when.before)
    return [one for one in starts if fits(one, hours)] or starts


def _exact(fitting: Sequence[Offer], when: When) -> Offer | None:
    """One start and no other is meant: its day and time were said."""
    if when.at is None or when.first is None or when.first != (when.last or when.first):
        return None
    return fitting[0]


def _picked(starts: Sequence[Offer], when: When, count: int = SHOWN) -> tuple[Offer, ...]:
    """The nearest to a wished time; of one day its morning, middle and end; else the first few."""
    by_moment: dict[datetime, list[Offer]] = {}
    for one in starts:
        by_moment.setdefault(one.starts_at, []).append(one)
    moments = sorted(_chosen(sorted(by_moment), when, count))
    return tuple(_each_with_somebody(moments, by_moment))


def _chosen(moments: list[datetime], when: When, count: int) -> Iterable[datetime]:
    if len(moments) <= count:
        return moments
    if when.at is not None:
        at = when.at
        day = when.first or moments[0].date()

        def far(one: datetime) -> tuple[int, timedelta]:
            return abs((one.date() - day).days), abs(one - datetime.combine(one.date(), at))

        return sorted(moments, key=far)[:count]
    if when.soonest:
        return moments[:count]
    if when.first is not None and moments[0].date() == moments[-1].date():
        last = len(moments) - 1
        return {moments[last * place // max(count - 1, 1)] for place in range(count)}
    return _apart(moments, count)


def _apart(moments: list[datetime], count: int) -> list[datetime]:
    """The first ones that are not next to each other, then whatever there is."""
    chosen: list[datetime] = []
    for one in moments:
        if len(chosen) < count and (not chosen or one - chosen[-1] >= _APART):
            chosen.append(one)
    rest = [one for one in moments if one not in chosen]
    return chosen + rest[: count - len(chosen)]


def _each_with_somebody(
    moments: Iterable[datetime], free: dict[datetime, list[Offer]]
) -> Iterable[Offer]:
    """Rather with somebody who is not shown yet."""
    shown: set[int] = set()
    for moment in moments:
        there = free[moment]
        one = next((o for o in there if o.staff_id not in shown), there[0])
        shown.add(one.staff_id)
        yield one
