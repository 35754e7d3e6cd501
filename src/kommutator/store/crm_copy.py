"""The local copy of a CRM's cards, and what the phone book is told from it.

Whoever changes the copy of a connection holds its lock first, in the same transaction: so the
phone book is always told of a state in which all earlier changes are seen.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from kommutator.domain.crm_data import Entity, EntityKind
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.crm_copy_book import TELL, UNTELL
from kommutator.store.driver import Connection
from kommutator.store.records import as_records

OwnerRule = Literal["contact", "lead"]
"""Whose client it is: the card's responsible, or that of the newest open lead, if there is one."""

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('crm_copy:' || $1, 0))"
_TARGETS = (
    "name, responsible_id, phones, pipeline_id, status_id, price, closed, contact_ids, "
    "company_ids, updated_at, deleted, data, read_at"
)
_SAVE = f"""
INSERT INTO crm_entities AS e (enterprise, connection_id, kind, id, {_TARGETS})
SELECT $1, $2, kind, id, name, responsible_id, phones, pipeline_id, status_id, price, closed,
       contact_ids, company_ids, updated_at, deleted, data, $4
  FROM jsonb_to_recordset($3::text::jsonb) AS n (
       kind text, id bigint, name text, responsible_id bigint, phones text[], pipeline_id bigint,
       status_id bigint, price bigint, closed boolean, contact_ids bigint[], company_ids bigint[],
       updated_at timestamptz, deleted boolean, data jsonb)
ON CONFLICT (enterprise, connection_id, kind, id) DO UPDATE SET
    ({_TARGETS}, changed_at) = ROW (
        excluded.name, excluded.responsible_id, excluded.phones, excluded.pipeline_id,
        excluded.status_id, excluded.price, excluded.closed, excluded.contact_ids,
        excluded.company_ids, excluded.updated_at, excluded.deleted, excluded.data,
        excluded.read_at, CASE WHEN e.data = excluded.data AND e.deleted = excluded.deleted
                               THEN e.changed_at ELSE now() END)
 WHERE e.read_at <= excluded.read_at"""
# A tombstone without a card: the deletion is heard before the card was ever read.
_BURY = """
INSERT INTO crm_entities AS e (enterprise, connection_id, kind, id, deleted, read_at)
SELECT $1, $2, $3, id, true, $5 FROM unnest($4::bigint[]) AS gone (id)
ON CONFLICT (enterprise, connection_id, kind, id) DO UPDATE
   SET deleted = true, changed_at = now(), read_at = greatest(e.read_at, excluded.read_at)
 WHERE NOT e.deleted AND e.read_at <= excluded.read_at"""
_TOUCHED = """
SELECT kind, phones, contact_ids FROM crm_entities
 WHERE enterprise = $1 AND connection_id = $2 AND kind = $3 AND id = ANY ($4::bigint[])"""
_PHONES = """
SELECT DISTINCT unnest(phones) AS phone FROM crm_entities
 WHERE enterprise = $1 AND connection_id = $2 AND kind = 'contacts' AND id = ANY ($3::bigint[])"""
_HOLDERS = """
SELECT kind, id FROM crm_entities
 WHERE enterprise = $1 AND connection_id = $2 AND NOT deleted AND phones <> '{}'
   AND phones @> ARRAY[$3::text] AND kind IN ('contacts', 'companies')"""
_COLUMNS = f"kind, id, {_TARGETS}"
# Looked for again and again, and mostly there is nothing: by an index, connection by connection.
_WIPE = """
DELETE FROM crm_entities WHERE (enterprise, connection_id, kind, id) IN (
    SELECT c.enterprise, c.id, rest.kind, rest.id FROM connections c CROSS JOIN LATERAL (
        SELECT e.kind, e.id FROM crm_entities e
         WHERE e.enterprise = c.enterprise AND e.connection_id = c.id
         ORDER BY e.kind, e.id LIMIT $1) AS rest
     WHERE c.status = 'removed' LIMIT $1)"""
WIPE_BOOK = """
UPDATE phone_book p SET known = NULL, name = NULL, customer_id = NULL, links = '{}',
       owner_user = NULL, owner_code = NULL, crm_at = NULL
 WHERE (p.enterprise, p.phone) IN (
    SELECT c.enterprise, told.phone FROM connections c CROSS JOIN LATERAL (
        SELECT b.phone FROM phone_book b
         WHERE b.enterprise = c.enterprise AND b.connection_id = c.id AND b.known
         ORDER BY b.phone LIMIT $1) AS told
     WHERE c.status = 'removed' AND c.kind = ANY ($2::text[]) LIMIT $1)"""
_RETIRE = """
DELETE FROM crm_entities x USING (
    SELECT e.enterprise, e.connection_id, e.kind, e.id FROM crm_entities e
      JOIN enterprises n ON n.number = e.enterprise
     WHERE (e.deleted OR e.closed) AND e.changed_at < now() - make_interval(days => least(
           coalesce((n.settings -> 'retention_days' ->> 'crm_copy')::int, $2),
           CASE WHEN e.deleted THEN $3::int END))
     LIMIT $1 FOR UPDATE OF e SKIP LOCKED) old
 WHERE x.enterprise = old.enterprise AND x.connection_id = old.connection_id
   AND x.kind = old.kind AND x.id = old.id"""

CLOSED_DAYS, BURIED_DAYS = 365, 30
"""How long closed leads and tombstones stay; `retention_days.crm_copy` of the tenant shortens."""


@dataclass(frozen=True, slots=True)
class Copied:
    """A card as the copy has it. `read_at`: when it was asked for; fields as in `Entity`."""

    kind: EntityKind
    id: int
    name: str | None
    responsible_id: int | None
    phones: Sequence[str]
    pipeline_id: int | None
    status_id: int | None
    price: int | None
    closed: bool
    contact_ids: Sequence[int]
    company_ids: Sequence[int]
    updated_at: datetime | None
    deleted: bool
    data: dict[str, Any]
    read_at: datetime


class CrmCopyStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def lock(self, enterprise: EnterpriseNumber, connection_id: UUID) -> datetime:
        """Be the only one who changes this copy until the transaction ends; the database's time."""
        await self._connection.execute(_LOCK, f"{enterprise}:{connection_id}")
        at: datetime = await self._connection.fetchval("SELECT clock_timestamp()")
        return at

    async def save(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        kind: EntityKind,
        entities: Sequence[Entity],
        *,
        read_at: datetime,
    ) -> frozenset[str]:
        """Put cards of one kind that were asked for at `read_at`; older answers change nothing.

        Returns the numbers whose line in the phone book may be another now.
        """
        if not entities:
            return frozenset()
        unique = {entity.id: entity for entity in entities}
        ids = sorted(unique)
        before = await self._touched(enterprise, connection_id, kind, ids)
        rows = [_row(unique[one]) for one in ids]
        await self._connection.execute(_SAVE, enterprise, connection_id, as_records(rows), read_at)
        return before | await self._touched(enterprise, connection_id, kind, ids)

    async def bury(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        kind: EntityKind,
        ids: Collection[int],
        *,
        read_at: datetime,
    ) -> frozenset[str]:
        """These are gone, as of `read_at`. Returns numbers as `save` does."""
        if not ids:
            return frozenset()
        await self._connection.execute(
            _BURY, enterprise, connection_id, kind.value, sorted(ids), read_at
        )
        return await self._touched(enterprise, connection_id, kind, ids)

    async def tell_book(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        phones: Collection[str],
        *,
        base_url: str,
        owner: OwnerRule,
        read_at: datetime,
    ) -> dict[str, str]:
        """Make the phone book's lines of these numbers what the copy says now.

        A wish for a number that is younger than `read_at` stays. A number that no card has any
        more is a stranger's, if this connection had told of it. Returns number → name.
        """
        if not phones:
            return {}
        asked = sorted(phones)
        await self._connection.execute(UNTELL, enterprise, connection_id, asked, read_at)
        rows = await self._connection.fetch(
            TELL, enterprise, connection_id, asked, owner, base_url, read_at
        )
        return {row["phone"]: row["name"] for row in rows if row["name"]}

    async def holders(
        self, enterprise: EnterpriseNumber, connection_id: UUID, phone: str
    ) -> Sequence[tuple[EntityKind, int]]:
        """Contacts and companies with this number."""
        rows = await self._connection.fetch(_HOLDERS, enterprise, connection_id, phone)
        return [(EntityKind(row["kind"]), row["id"]) for row in rows]

    async def get(
        self, enterprise: EnterpriseNumber, connection_id: UUID, kind: EntityKind, entity_id: int
    ) -> Copied | None:
        """One card, a buried one too; None: never heard of."""
        row = await self._connection.fetchrow(
            f"SELECT {_COLUMNS} FROM crm_entities WHERE enterprise = $1 AND connection_id = $2 "
            f"AND kind = $3 AND id = $4",
            enterprise, connection_id, kind.value, entity_id,
        )  # fmt: skip
        return Copied(**{**row, "kind": EntityKind(row["kind"])}) if row else None

    async def wipe_removed_everywhere(self, kinds: Sequence[str], limit: int = 5000) -> int:
        """Delete copies of removed connections, and what the phone book knows by them."""
        gone = _count(await self._connection.execute(_WIPE, limit))
        return gone + _count(await self._connection.execute(WIPE_BOOK, limit, list(kinds)))

    async def retire_everywhere(self, limit: int = 1000) -> int:
        """Delete tombstones and closed leads over age; returns how many."""
        return _count(await self._connection.execute(_RETIRE, limit, CLOSED_DAYS, BURIED_DAYS))

    async def _touched(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        kind: EntityKind,
        ids: Collection[int],
    ) -> frozenset[str]:
        """Numbers that hang on these cards as they stand; of a lead those of its contacts."""
        rows = await self._connection.fetch(
            _TOUCHED, enterprise, connection_id, kind.value, list(ids)
        )
        if kind is not EntityKind.LEADS:
            return frozenset(phone for row in rows for phone in row["phones"])
        contacts = sorted({one for row in rows for one in row["contact_ids"]})
        if not contacts:
            return frozenset()
        found = await self._connection.fetch(_PHONES, enterprise, connection_id, contacts)
        return frozenset(row["phone"] for row in found)


def _row(entity: Entity) -> dict[str, Any]:
    return {
        "kind": entity.kind.value,
        "id": entity.id,
        "name": entity.name,
        "responsible_id": entity.responsible_id,
        "phones": entity.phones,
        "pipeline_id": entity.pipeline_id,
        "status_id": entity.status_id,
        "price": entity.price,
        "closed": entity.closed,
        "contact_ids": entity.contact_ids,
        "company_ids": entity.company_ids,
        "updated_at": entity.updated_at,
        "deleted": entity.deleted,
        "data": entity.raw,
    }


def _count(status: Any) -> int:
    return int(str(status).rpartition(" ")[2])
