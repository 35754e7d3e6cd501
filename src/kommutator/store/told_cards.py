"""What a CRM told in one unit of work."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from kommutator.domain.crm_data import EntityKind


@dataclass(slots=True)
class ToldCards:
    """`notices` came at `at`; they named these cards."""

    at: datetime
    cards: set[tuple[EntityKind, int]] = field(default_factory=set)
    notices: int = 0
