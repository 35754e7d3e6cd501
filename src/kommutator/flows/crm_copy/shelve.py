"""Putting cards into the copy, and telling the phone book what follows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from kommutator.domain.connection import Account
from kommutator.domain.crm_data import Entity, EntityKind
from kommutator.domain.crm_news import read_pace

if TYPE_CHECKING:
    from kommutator.store.unit import Unit


async def shelve(
    unit: Unit,
    account: Account,
    kind: EntityKind,
    cards: Sequence[Entity],
    *,
    gone: Collection[int] = (),
    read_at: datetime,
) -> dict[str, str]:
    """Inside the caller's transaction: keep what was asked for at `read_at`, bury what is gone.

    Returns number → name as the phone book has them now.
    """
    enterprise, connection_id = account.enterprise, account.connection_id
    await unit.crm_copy.lock(enterprise, connection_id)
    phones = await unit.crm_copy.save(enterprise, connection_id, kind, cards, read_at=read_at)
    phones |= await unit.crm_copy.bury(enterprise, connection_id, kind, gone, read_at=read_at)
    owner: Literal["contact", "lead"] = (
        "lead" if read_pace(account.config).owner == "lead" else "contact"
    )
    return await unit.crm_copy.tell_book(
        enterprise,
        connection_id,
        phones,
        base_url=account.base_url,
        owner=owner,
        read_at=read_at,
    )
