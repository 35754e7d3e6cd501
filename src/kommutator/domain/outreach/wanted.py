"""A message that somebody is to get unasked, and what becomes of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber


class OutreachKind(StrEnum):
    REMINDER_DAY = "reminder_day"  # the day before a visit
    REMINDER_HOURS = "reminder_hours"  # hours before it
    REVIEW = "review"  # after a visit that took place
    WIN_BACK = "win_back"  # to whoever has not come for long
    MISSED_CALL = "missed_call"  # free times after a call that nobody answered
    FOLLOW_UP = "follow_up"  # what the salon still owes in a talk


REMINDERS: Final = frozenset({OutreachKind.REMINDER_DAY, OutreachKind.REMINDER_HOURS})
"""Worth something only before the visit; in quiet hours they may move to an earlier moment."""

OWN_HOURS: Final = frozenset({OutreachKind.MISSED_CALL})
"""The client has just rung: hours are the rule's own (`domain/salon/offer.py`), asked there."""


class OutreachState(StrEnum):
    QUEUED = "queued"  # not before `due_at`; `reason` says why it still waits
    SENDING = "sending"  # owed to a messenger
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"  # no messenger took it
    DROPPED = "dropped"  # not sent, on purpose


class TryState(StrEnum):
    """Of one message at one messenger."""

    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    FELL_OVER = "fell_over"  # sent and not delivered in time: another messenger took over


@dataclass(frozen=True, slots=True)
class Wanted:
    """One message.

    Attributes:
        salon: connection of the salon that speaks.
        phone: E.164; "" only together with a chat.
        about: what it tells of, such as "visit:123".
        once: unique in the enterprise for ever; wanted again under it is the same message.
        not_after: UTC; then it is worthless. Of a reminder: the start of the visit.
        service: about the client's own visit or wish; else it is advertising.
        connection_id, chat_id: the chat it goes to, where it may go to no other.
    """

    enterprise: EnterpriseNumber
    salon: UUID
    phone: str
    client_name: str
    kind: OutreachKind
    text: str
    about: str
    once: str
    due_at: datetime
    not_after: datetime
    service: bool
    connection_id: UUID | None = None
    chat_id: str | None = None
