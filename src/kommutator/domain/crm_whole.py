"""A lead made together with its contact and company, in one step or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from kommutator.domain.connection import Account
from kommutator.domain.crm_ports import Item


@dataclass(frozen=True, slots=True)
class WholeLead:
    """`merged`: the CRM's control of duplicates put it into a card that was there."""

    id: int
    contact_id: int | None = None
    company_id: int | None = None
    merged: bool = False


class WholeLeads(Protocol):
    """Raises `VendorError`; UNSURE if it may have been made."""

    async def create_whole(self, account: Account, item: Item) -> WholeLead:
        """`item` in the vendor's shape, with at most one contact and one company inside."""
        ...
