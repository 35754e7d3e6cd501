"""What the phone book, and whoever takes a call, is told from the copies of salons."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection

# Of several cards with one number the one that came most often has it, then the older one.
# Where the enterprise has a CRM of deals, that one's clients and owners are the book's.
_BEST = """
best AS MATERIALIZED (
    SELECT DISTINCT ON (e.phone) e.phone, e.connection_id, e.id, e.name
      FROM salon_clients e
      JOIN connections c ON c.enterprise = e.enterprise AND c.id = e.connection_id
     WHERE e.enterprise = $1 AND NOT e.deleted AND e.phone = ANY ($2::text[])
       AND e.phone ~ '^\\+[0-9]{5,15}$' AND c.status <> 'removed'
     ORDER BY e.phone, e.visits DESC, e.id)"""
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('salon_book:' || $1, 0))"
_ALONE = """
NOT EXISTS (SELECT FROM connections c WHERE c.enterprise = $1 AND c.status <> 'removed'
               AND c.user_id IS NULL AND c.kind IN ('retailcrm', 'amocrm'))"""
_TELL = f"""
WITH {_BEST}, told AS (
    INSERT INTO phone_book AS p (enterprise, phone, connection_id, known, name, customer_id,
                                 crm_at)
    SELECT $1, phone, connection_id, true, nullif(name, ''), id::text, clock_timestamp()
      FROM best WHERE {_ALONE} ORDER BY phone
    ON CONFLICT (enterprise, phone) DO UPDATE SET
        connection_id = excluded.connection_id, known = true, name = excluded.name,
        customer_id = excluded.customer_id, links = '{{}}', owner_user = NULL, owner_code = NULL,
        crm_at = excluded.crm_at, wanted_at = NULL, ask_after = NULL)
SELECT phone, name FROM best WHERE name <> ''"""
_UNTELL = f"""
WITH {_BEST}
UPDATE phone_book p SET known = false, name = NULL, customer_id = NULL, links = '{{}}',
       owner_user = NULL, owner_code = NULL, crm_at = clock_timestamp()
 WHERE p.enterprise = $1 AND p.known AND p.phone = ANY ($2::text[])
   AND p.connection_id IN (SELECT id FROM connections WHERE enterprise = $1 AND kind = 'yclients')
   AND NOT EXISTS (SELECT FROM best b WHERE b.phone = p.phone)"""
_PHONES = """
SELECT DISTINCT phone FROM salon_clients
 WHERE enterprise = $1 AND connection_id = $2 AND id = ANY ($3::bigint[]) AND phone IS NOT NULL"""
_NEXT = """
SELECT v.starts_at, v.services, p.name AS staff, s.title AS salon
  FROM salon_visits v
  JOIN connections c ON c.enterprise = v.enterprise AND c.id = v.connection_id
  JOIN salons s ON s.enterprise = v.enterprise AND s.connection_id = v.connection_id
  LEFT JOIN salon_staff p ON p.enterprise = v.enterprise AND p.connection_id = v.connection_id
                         AND p.id = v.staff_id
 WHERE v.enterprise = $1 AND v.client_phone = $2 AND NOT v.deleted AND c.status <> 'removed'
   AND v.starts_at > $3::timestamptz AT TIME ZONE s.time_zone
 ORDER BY v.starts_at, v.id LIMIT 1"""
_KNOWS = """
SELECT EXISTS (SELECT FROM salon_clients WHERE enterprise = $1 AND connection_id = $2
                  AND phone = $3 AND NOT deleted) AS known,
       EXISTS (SELECT FROM crm_reads WHERE enterprise = $1 AND connection_id = $2
                  AND task = 'clients' AND finished_at IS NOT NULL) AS complete"""


@dataclass(frozen=True, slots=True)
class NextVisit:
    """When a client comes next, at the salon's own time; `services` by name, may be none."""

    starts_at: datetime
    services: Sequence[str]
    staff: str | None
    salon: str


class SalonBookStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def phones(
        self, enterprise: EnterpriseNumber, connection_id: UUID, ids: Collection[int]
    ) -> set[str]:
        """Numbers of these clients, deleted ones too."""
        rows = await self._connection.fetch(_PHONES, enterprise, connection_id, sorted(ids))
        return {row["phone"] for row in rows}

    async def tell(
        self, enterprise: EnterpriseNumber, phones: Collection[str]
    ) -> Mapping[str, str]:
        """Let the phone book say what the copies say of these numbers; returns names by number."""
        if not phones:
            return {}
        ordered = sorted(phones)
        # Salons of one chain share clients: two that tell of them at once take turns.
        await self._connection.execute(_LOCK, enterprise)
        await self._connection.execute(_UNTELL, enterprise, ordered)
        rows = await self._connection.fetch(_TELL, enterprise, ordered)
        return {row["phone"]: row["name"] for row in rows}

    async def knows(
        self, enterprise: EnterpriseNumber, connection_id: UUID, phone: str
    ) -> bool | None:
        """Whether this salon has the client; None while its clients are still being read."""
        row = await self._connection.fetchrow(_KNOWS, enterprise, connection_id, phone)
        return True if row["known"] else False if row["complete"] else None

    async def next_visit(
        self, enterprise: EnterpriseNumber, phone: str, now: datetime
    ) -> NextVisit | None:
        """The next one of this number (E.164) in any salon of the enterprise."""
        row = await self._connection.fetchrow(_NEXT, enterprise, phone, now)
        if row is None:
            return None
        services = tuple(one["title"] for one in row["services"] if one.get("title"))
        return NextVisit(row["starts_at"], services, row["staff"], row["salon"])
