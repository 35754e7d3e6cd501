"""Whether an unasked message may leave now, and where to: everything that we know here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from kommutator.domain.chats import TOO_LATE
from kommutator.domain.connection import ConnectionKind
from kommutator.domain.outreach.choice import LOOK_AGAIN, Nowhere, Option, choose
from kommutator.domain.outreach.hours import placed
from kommutator.domain.outreach.settings import OutreachSettings, read_settings
from kommutator.domain.outreach.wanted import OWN_HOURS, REMINDERS, OutreachState, TryState
from kommutator.flows.outreach.owe import zone_of
from kommutator.flows.outreach.ways import options_of
from kommutator.store.outreach import OutreachRow
from kommutator.store.outreach_tries import TryRow

if TYPE_CHECKING:
    from kommutator.store.unit import Unit

SPACING: Final = "spacing"


@dataclass(frozen=True, slots=True)
class Stop:
    """Not now. `state`: what the row becomes; None: it waits until `at`."""

    state: OutreachState | None
    reason: str | None
    at: datetime


async def look_at(unit: Unit, row: OutreachRow, now: datetime) -> Option | Stop:
    """The chat it may go to, or why it may not."""
    enterprise = await unit.enterprises.get(row.enterprise)
    settings = read_settings(enterprise.settings)
    if stop := await _unwanted(unit, row, settings, now):
        return stop
    zone_name = await zone_of(unit, row.enterprise, row.salon, enterprise.time_zone)
    if stop := _quiet(row, settings, zone_name, now):
        return stop
    options = await options_of(unit, row, zone_name=zone_name, now=now)
    tries = (await unit.outreach_tries.of(row.enterprise, [row.id])).get(row.id, ())
    tried = {one.connection_id for one in tries if one.reason != TOO_LATE}
    way = choose(options, settings, tried=tried, service=row.service, now=now)
    if isinstance(way, Nowhere):
        return _nowhere(row, way, tries, now)
    if way.kind is ConnectionKind.WHATSAPP and way.busy_s > 0:
        return Stop(None, SPACING, now + timedelta(seconds=way.busy_s))
    return way


async def leaves_until(unit: Unit, row: OutreachRow, now: datetime) -> datetime:
    """Then a messenger that was away must send it no more: people sleep. It is wanted anew."""
    if row.kind in OWN_HOURS:
        return row.not_after
    enterprise = await unit.enterprises.get(row.enterprise)
    zone_name = await zone_of(unit, row.enterprise, row.salon, enterprise.time_zone)
    closes = read_settings(enterprise.settings).hours.next_close(now, zone_name)
    return row.not_after if closes is None else min(row.not_after, closes)


async def _unwanted(
    unit: Unit, row: OutreachRow, settings: OutreachSettings, now: datetime
) -> Stop | None:
    if now > row.not_after:
        return Stop(OutreachState.DROPPED, "too_late", now)
    if not settings.sends(row.kind):
        return Stop(OutreachState.DROPPED, "kind_off", now)
    if await unit.outreach_pauses.is_stopped(row.enterprise):
        return Stop(None, "paused", now)
    only = (row.only_connection, row.only_chat)
    consent = await unit.consents.of(row.enterprise, row.phone, *only)
    if consent is not None and consent.opted_out:
        return Stop(OutreachState.DROPPED, "opted_out", now)
    return None


def _quiet(
    row: OutreachRow, settings: OutreachSettings, zone_name: str, now: datetime
) -> Stop | None:
    """A reminder got its moment when it was wanted; here it is one that was late."""
    hours = settings.hours
    if row.kind in OWN_HOURS or hours.is_open(now, zone_name):
        return None
    if row.kind in REMINDERS:
        opens = placed(now, row.not_after, hours, zone_name, now=now, jitter=0.0)
    else:
        opens = hours.next_open(now, zone_name)
    if opens is None or opens > row.not_after:
        return Stop(OutreachState.DROPPED, "quiet_hours", now)
    return Stop(None, "quiet_hours", opens)


def _nowhere(row: OutreachRow, way: Nowhere, tries: Sequence[TryRow], now: datetime) -> Stop:
    """Wait for a way that may open, as long as the message is worth something."""
    at = now + LOOK_AGAIN
    if way.passing and at <= row.not_after:
        return Stop(None, way.reason, at)
    if not tries:
        return Stop(OutreachState.DROPPED, way.reason, now)
    if any(one.state == TryState.FELL_OVER for one in tries):  # it may still be delivered there
        return Stop(OutreachState.SENT, "nowhere_else", now)
    return Stop(OutreachState.FAILED, tries[-1].reason or "nowhere_else", now)
