"""What to do with one number now: call, wait, or leave it for good. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from kommutator.domain.campaigns.plan import Plan
from kommutator.domain.campaigns.results import UNREACHED, CallOutcome
from kommutator.domain.campaigns.windows import next_day, opens

_LOOK_AGAIN: Final = timedelta(seconds=30)
_TRIES_PER_ATTEMPT: Final = 3
"""Calls that never reached the client do not count, but they do not go on for ever either."""


@dataclass(frozen=True, slots=True)
class Item:
    """One number of a campaign.

    Attributes:
        attempts: calls that count; `tries`: all of them.
        zone: the client's.
    """

    phone: str
    zone: ZoneInfo
    attempts: int = 0
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the number beyond this campaign.

    Attributes:
        unwanted: it is on the do-not-call list.
        refused: slug, why clicks may not call it (`domain.dialing`); None: they may.
        in_call: somebody of ours calls it, or talks with it, right now.
        elsewhere_at: the last call by another campaign.
        today: calls by any campaign since the client's midnight.
    """

    unwanted: bool = False
    refused: str | None = None
    in_call: bool = False
    elsewhere_at: datetime | None = None
    today: int = 0


@dataclass(frozen=True, slots=True)
class Dial:
    """Now."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Not before `until`; `why` is a slug, `campaign.wait.<why>`. `first`: then before others."""

    until: datetime
    why: str
    first: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """Never again in this campaign; `why` is a slug, `campaign.outcome.<why>`."""

    why: str


Step = Dial | Wait | Done


def next_step(item: Item, now: datetime, plan: Plan, facts: Facts) -> Step:
    """Whoever must not be called is left at once, whatever the time is."""
    if facts.unwanted:
        return Done("do_not_call")
    if facts.refused is not None:
        return Done("refused")
    if _spent(item, plan):
        return Done("exhausted")
    if facts.in_call:
        return Wait(now + _LOOK_AGAIN, "in_call")
    earliest, why = now, "window"
    if facts.today >= plan.daily_cap:
        earliest, why = next_day(item.zone, now), "daily_cap"
    if facts.elsewhere_at is not None:
        apart = facts.elsewhere_at + timedelta(hours=plan.apart_h)
        earliest, why = max((earliest, why), (apart, "elsewhere"))
    until = opens(plan, item.zone, earliest)
    if until is None:
        return Done("never_open")
    return Dial() if until <= now else Wait(until, why)


def after_call(item: Item, result: CallOutcome, at: datetime, plan: Plan) -> Wait | Done:
    """What follows from a call that ended. `item` counts this call already."""
    seconds = plan.retry_after(result)
    if seconds is None or _spent(item, plan):
        return Done(result.value)
    due = at + timedelta(seconds=seconds)
    until = opens(plan, item.zone, due)
    if until is None:
        return Done(result.value)
    return Wait(until, f"after_{result.value}", first=result is CallOutcome.ABANDONED)


def counts(result: CallOutcome) -> bool:
    """Whether the client had an attempt of it."""
    return result not in UNREACHED


def _spent(item: Item, plan: Plan) -> bool:
    tries = _TRIES_PER_ATTEMPT * plan.attempts
    return item.attempts >= plan.attempts or item.tries >= tries
