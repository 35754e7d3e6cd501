"""Which chat an unasked message goes to, and which rule forbids the others. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from kommutator.domain.connection import ConnectionKind
from kommutator.domain.message_templates import KindTemplate
from kommutator.domain.outreach.ladder import Used, caps_on, exceeded
from kommutator.domain.outreach.settings import OutreachSettings

FREE_TEXT_FOR: Final = timedelta(hours=24)
"""The Cloud API takes free text only so long after the client wrote (contract messaging §1.7)."""
LOOK_AGAIN: Final = timedelta(minutes=10)
_PASSING: Final = frozenset({"day_cap", "new_cap", "number_paused", "number_away"})
"""Rules that forbid it now and may allow it later."""


@dataclass(frozen=True, slots=True)
class Option:
    """One way to somebody.

    Attributes:
        heard_at: when they wrote there last, UTC; None: never.
        opened: the chat is known here; else it would be begun by us.
        linked_day: days since a WhatsApp number was linked, from 0.
        used: what the number wrote unasked today.
        closed: slug of why the number may not be used now.
        busy_s: until the number may write unasked again.
        template: approved for messages of this kind, where free text may not go.
    """

    connection_id: UUID
    kind: ConnectionKind
    chat_id: str
    heard_at: datetime | None = None
    opened: bool = True
    linked_day: int = 0
    used: Used = field(default_factory=Used)
    closed: str | None = None
    busy_s: float = 0.0
    template: KindTemplate | None = None

    @property
    def is_new(self) -> bool:
        """Nobody has ever written there: neither they nor we."""
        return not self.opened

    def needs_template(self, now: datetime) -> bool:
        """Free text is over: only what the vendor approved goes out."""
        if self.kind is not ConnectionKind.WHATSAPP_CLOUD:
            return False
        return self.heard_at is None or now - self.heard_at >= FREE_TEXT_FOR


@dataclass(frozen=True, slots=True)
class Nowhere:
    """No way now. `reason`: slug, of the way that was preferred; `passing`: it may open later."""

    reason: str
    passing: bool


def choose(
    options: Sequence[Option],
    settings: OutreachSettings,
    *,
    tried: Collection[UUID],
    service: bool,
    now: datetime,
) -> Option | Nowhere:
    """The first way in the tenant's order that no rule forbids.

    Of two chats of one kind the one in which they wrote last; one that they never wrote in last.

    Args:
        tried: connections that had this message already.
        service: as in `Wanted`.
    """
    known = [one for one in options if one.connection_id not in tried]
    reasons = []
    for option in sorted(known, key=lambda one: _rank(one, settings)):
        reason = forbidden(option, settings, service=service, now=now)
        if reason is None:
            return option
        reasons.append(reason)
    if not reasons:
        return Nowhere("nowhere_else" if tried else "no_chat", passing=False)
    waits = [one for one in reasons if one in _PASSING]
    return Nowhere(waits[0] if waits else reasons[0], passing=bool(waits))


def forbidden(
    option: Option, settings: OutreachSettings, *, service: bool, now: datetime
) -> str | None:
    """The rule that forbids this way, slug; None: it is free."""
    if option.kind not in settings.order:
        return "channel_not_wanted"
    wrote = option.heard_at is not None
    if option.kind is ConnectionKind.WHATSAPP_CLOUD:
        if option.needs_template(now) and option.template is None:
            return option.closed or "free_text_over"
        known = wrote or (service and settings.first_contact)
        return option.closed or (None if known else "never_wrote")
    if option.kind is not ConnectionKind.WHATSAPP:
        return option.closed or (None if wrote or option.opened else "never_wrote")
    if not wrote and not (service and settings.first_contact):
        return "never_wrote"
    caps = caps_on(option.linked_day, settings.caps)
    return option.closed or exceeded(option.used, caps, is_new=option.is_new)


def _rank(option: Option, settings: OutreachSettings) -> tuple[int, bool, float]:
    order = settings.order
    place = order.index(option.kind) if option.kind in order else len(order)
    heard = option.heard_at
    return place, heard is None, -heard.timestamp() if heard is not None else 0.0
