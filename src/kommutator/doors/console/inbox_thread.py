"""One talk as it is read: bubbles by day, what was understood and done under each turn."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from kommutator.domain.tenancy import EnterpriseNumber, Permission
from kommutator.doors.console import formats
from kommutator.doors.console.talk_words import ShownTurn, Told, shown_turn
from kommutator.doors.console.visit import Visit
from kommutator.flows.converse.client_card import ClientCard
from kommutator.flows.converse.inbox import Thread
from kommutator.kit.zones import zone
from kommutator.store.views import AccessViews

_STEP, _MOST = 50, 500
_UNDER_WAY = ("owed", "sent", "delivered")
_FRESH = timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """A message; `day`: in words where it is the first of its day; `turn`: that ended with it."""

    line: Any
    day: str
    turn: ShownTurn | None


async def told_thread(
    see: Visit, enterprise: EnterpriseNumber, talk_id: int, lines: int = 0
) -> dict[str, Any]:
    """What `parts/inbox_thread.html` needs. Raises NotFound: `talk_not_found`."""
    limit = max(_STEP, min(lines, _MOST))
    thread = await see.house.inbox.thread(enterprise, talk_id, limit=limit)
    card = await see.house.client_cards(enterprise, thread.talk)
    told = Told(see.t, see.locale, card.services, card.staff)
    async with see.house.db.unit() as unit:
        tenant = await AccessViews(unit.connection).enterprise(enterprise) or {}
    fresh = see.house.clock.now() - _FRESH
    shown_card = card if see.actor.may(Permission.READ_SALON) else ClientCard(consent=card.consent)
    return {
        "talk": thread.talk,
        "messages": list(_shown(thread, told, str(tenant.get("time_zone", "")))),
        "card": shown_card,
        "lines": limit,
        "earlier": min(limit + _STEP, _MOST) if len(thread.messages) == limit < _MOST else 0,
        "last_heard": next((one.id for one in thread.messages if one.by == "client"), 0),
        "unsettled": any(one.state in _UNDER_WAY and one.at > fresh for one in thread.messages),
        "mark": _mark(thread, shown_card),
    }


def _shown(thread: Thread, told: Told, time_zone: str) -> Iterator[ShownMessage]:
    """The oldest first."""
    turns = {turn.id: shown_turn(turn, told) for turn in thread.turns}
    last: dict[int, int] = {}
    for line in thread.messages:
        if line.turn_id is not None:
            last.setdefault(line.turn_id, line.id)
    there, before = zone(time_zone), date.min
    for line in reversed(thread.messages):
        day = line.at.astimezone(there).date()
        ends = line.turn_id is not None and last[line.turn_id] == line.id
        turn = turns.get(line.turn_id) if ends and line.turn_id is not None else None
        yield ShownMessage(line, "" if day == before else formats.day(day, told.locale), turn)
        before = day


def _mark(thread: Thread, card: ClientCard) -> str:
    """Changes whenever the page would."""
    seen: Sequence[Any] = (thread, card.client, card.consent)
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]
