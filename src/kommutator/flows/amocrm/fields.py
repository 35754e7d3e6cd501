"""Custom fields of amoCRM's cards: synchronised on demand, told from the copy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kommutator.domain.connection import Account
from kommutator.domain.crm_data import EntityKind
from kommutator.flows.crm_copy.references import FIELDS, ReadReferences


@dataclass(frozen=True, slots=True)
class HeldFields:
    """Of one kind of card, as read at `read_at`; fields as in `FieldSpec`."""

    rows: Sequence[dict[str, Any]]
    read_at: datetime


class Fields:
    """The service behind `/api/v1/amocrm/fields`."""

    def __init__(self, references: ReadReferences) -> None:
        self._references = references

    async def sync(self, account: Account) -> Mapping[EntityKind, int]:
        """Ask amoCRM for the fields of all kinds now; how many each has.

        Raises:
            VendorError: amoCRM refused or kept silent.
            TooMany: `vendor_budget_spent`.
        """
        counts = {}
        for kind, name in FIELDS.items():
            counts[kind] = len(await self._references.sync(account, name))
        return counts

    async def of(self, account: Account, kind: EntityKind) -> HeldFields:
        """As last read; amoCRM is asked only if they never were. Raises as `sync`."""
        held = await self._references.held(account, FIELDS[kind])
        if held is None:
            await self._references.sync(account, FIELDS[kind])
            held = await self._references.held(account, FIELDS[kind])
        assert held is not None
        return HeldFields(held.data, held.read_at)
