"""When a number stops writing unasked by itself. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from kommutator.domain.connection import ConnectionKind

LOOKED_AT: Final = 20
TOO_MANY: Final = 5
DELIVERED_WITHIN: Final = timedelta(minutes=15)
"""A message that was not delivered by then goes by another messenger, if there is time."""

TELLS_DELIVERY: Final = frozenset({ConnectionKind.WHATSAPP, ConnectionKind.WHATSAPP_CLOUD})
"""Of the others what they took counts as delivered: they say nothing more."""

NOT_THE_NUMBERS: Final = frozenset(
    {
        "too_late",
        "not_on_whatsapp",
        "whatsapp_cloud_country",
        "whatsapp_cloud_marketing",
        "whatsapp_cloud_payment",
        "whatsapp_cloud_template",
        "whatsapp_cloud_undeliverable",
        "whatsapp_cloud_window",
    }
)
"""Reasons of failures that say nothing about how a number stands."""


def is_sick(failed: Sequence[bool]) -> bool:
    """Whether of its last messages, the latest first, too many were refused."""
    return sum(failed[:LOOKED_AT]) >= TOO_MANY
