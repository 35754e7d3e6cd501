"""A turn beside a person of the salon: which answers to our own question the bot takes."""

from __future__ import annotations

from typing import Final

from kommutator.domain.assistant.frame import Intent
from kommutator.domain.assistant.talk import ConfirmVisit, HandOver, Rate, Turn
from kommutator.flows.converse.open import Open

TO_STAFF: Final = "assistant.reminder_to_staff"
"""What the client hears: the reminder said that a number would do."""
_FOR_STAFF: Final = frozenset({Intent.MOVE, Intent.CANCEL, Intent.NO})


def taken_aside(one: Open, turn: Turn, to_staff: str) -> Turn | None:
    """Done, or put before staff by name; None: it was said to them, and they see it.

    That somebody comes is noted. A visit is moved or cancelled by whoever speaks there; where
    they have asked something since, only a number is an answer to the reminder.
    """
    if isinstance(turn.act, Rate):
        return turn
    heard = turn.understood
    if one.asked_by_staff and (heard is None or heard.choice is None):
        return None
    if isinstance(turn.act, ConfirmVisit):
        return turn
    if heard is None or not turn.answers or heard.intent not in _FOR_STAFF:
        return None
    return Turn(
        one.talk, (to_staff,), hand_over=HandOver.REMINDER, understood=heard, answers=turn.answers
    )
