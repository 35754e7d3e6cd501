"""Which phone speaks for which salon."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from kommutator.domain.connection import ConnectionKind
from kommutator.domain.salon.copy import SALONS
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.domain.whatsapp.states import TALKS
from kommutator.store.connection_rows import ConnectionRecord

if TYPE_CHECKING:
    from kommutator.store.unit import Unit


def salon_of(phone: ConnectionRecord, of_enterprise: Sequence[ConnectionRecord]) -> UUID | None:
    """The salon that its config names, else the enterprise's only one; None: nobody can say."""
    salons = [one.id for one in of_enterprise if one.kind in SALONS]
    named = phone.config.get("salon")
    if named is not None:
        return next((one for one in salons if str(one) == named), None)
    return salons[0] if len(salons) == 1 else None


async def phone_of(unit: Unit, enterprise: EnterpriseNumber, salon: UUID) -> UUID | None:
    """The phone that speaks for this salon: one that works, else a linked one, else the newest."""
    records = await unit.connections.list(enterprise)
    rows = await unit.whatsapp.of(enterprise)
    mine = [
        one.id
        for one in records
        if one.kind is ConnectionKind.WHATSAPP
        and salon_of(one, records) == salon
        and one.id in rows
    ]
    newest_last = [rows[one] for one in mine]
    best = max(
        enumerate(newest_last),
        key=lambda at: (at[1].state in TALKS, at[1].linked_at is not None, at[0]),
        default=None,
    )
    return None if best is None else best[1].connection_id
