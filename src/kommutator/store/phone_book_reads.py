"""How far a CRM's clients were read into the phone book, and who reads on.

A read belongs to one process at a time, by a lease in database time. Whoever dies leaves the
last page noted, and the next owner goes on from there.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection


@dataclass(frozen=True, slots=True)
class BookRead:
    """One connection's read.

    Attributes:
        page: the last page of the read under way; 0: none is.
        pages: how many there are, as the CRM counted then.
        clients: read so far, or by the last whole read.
        started_at: of the read under way, else of the last one.
        finished_at: of the last whole read.
        error: the vendor's words; `error_hint` is the slug of ours.
        due_at: the next read, or try, begins then.
    """

    enterprise: EnterpriseNumber
    connection_id: UUID
    page: int
    pages: int
    clients: int
    started_at: datetime | None
    finished_at: datetime | None
    error: str | None
    error_hint: str | None
    due_at: datetime

    @property
    def under_way(self) -> bool:
        """Begun and not at its end, whether or not anybody is at it this second."""
        if self.started_at is None:
            return False
        return self.finished_at is None or self.finished_at < self.started_at


_COLUMNS = ", ".join(f"r.{column.name}" for column in fields(BookRead))
_ENROL = """
INSERT INTO phone_book_reads (enterprise, connection_id)
SELECT enterprise, id FROM connections WHERE kind = ANY ($1::text[]) AND status = 'active'
ON CONFLICT (connection_id) DO NOTHING"""
_CLAIM = f"""
UPDATE phone_book_reads r SET
    owner = $1, lease_until = clock_timestamp() + make_interval(secs => $4),
    clients = CASE WHEN page = 0 THEN 0 ELSE clients END,
    started_at = CASE WHEN page = 0 THEN clock_timestamp() ELSE started_at END
 WHERE r.connection_id IN (
    SELECT d.connection_id FROM phone_book_reads d
      JOIN connections c ON c.enterprise = d.enterprise AND c.id = d.connection_id
     WHERE d.due_at <= clock_timestamp() AND c.status = 'active'
       AND (d.lease_until IS NULL OR d.lease_until < clock_timestamp())
       AND d.connection_id <> ALL ($2::uuid[])
     ORDER BY d.due_at LIMIT $3 FOR UPDATE OF d SKIP LOCKED)
RETURNING {_COLUMNS}"""
_RENEW = """
UPDATE phone_book_reads SET lease_until = clock_timestamp() + make_interval(secs => $4)
 WHERE enterprise = $1 AND connection_id = $2 AND owner = $3
RETURNING clock_timestamp()"""
_TURN = """
UPDATE phone_book_reads
   SET page = $4, pages = $5, clients = clients + $6, error = NULL, error_hint = NULL
 WHERE enterprise = $1 AND connection_id = $2 AND owner = $3 RETURNING true"""
_FINISH = """
UPDATE phone_book_reads SET page = 0, finished_at = clock_timestamp(), due_at = $4,
       error = NULL, error_hint = NULL, owner = NULL, lease_until = NULL
 WHERE enterprise = $1 AND connection_id = $2 AND owner = $3"""
_FAIL = """
UPDATE phone_book_reads SET error = $4, error_hint = $5, owner = NULL, lease_until = NULL,
       due_at = clock_timestamp() + make_interval(secs => $6)
 WHERE enterprise = $1 AND connection_id = $2 AND owner = $3"""
_RELEASE = """
UPDATE phone_book_reads SET owner = NULL, lease_until = NULL
 WHERE enterprise = $1 AND connection_id = $2 AND owner = $3"""
_START = """
INSERT INTO phone_book_reads AS r (enterprise, connection_id)
SELECT enterprise, id FROM connections WHERE enterprise = $1 AND id = $2
ON CONFLICT (connection_id) DO UPDATE SET due_at = least(r.due_at, clock_timestamp())"""
_RESTART = """
INSERT INTO phone_book_reads AS r (enterprise, connection_id)
SELECT enterprise, id FROM connections WHERE enterprise = $1 AND id = $2
ON CONFLICT (connection_id) DO UPDATE SET
    page = 0, pages = 0, due_at = clock_timestamp(), error = NULL, error_hint = NULL,
    owner = NULL, lease_until = NULL"""
_NEWS = "SELECT pg_notify('kommutator_wanted', '')"


class PhoneBookReadStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def of(self, enterprise: EnterpriseNumber) -> Sequence[BookRead]:
        """The reads of the tenant's connections that were not removed."""
        rows = await self._connection.fetch(
            f"""SELECT {_COLUMNS} FROM phone_book_reads r
                  JOIN connections c ON c.enterprise = r.enterprise AND c.id = r.connection_id
                 WHERE r.enterprise = $1 AND c.status <> 'removed' ORDER BY r.due_at""",
            enterprise,
        )
        return [BookRead(**row) for row in rows]

    async def start(self, enterprise: EnterpriseNumber, connection_id: UUID) -> None:
        """Read all clients now; one under way goes on, without waiting for its next try."""
        await self._connection.execute(_START, enterprise, connection_id)
        await self._connection.execute(_NEWS)

    async def restart(self, enterprise: EnterpriseNumber, connection_id: UUID) -> None:
        """Read all clients from the first page; a read under way loses the right to go on.

        The news of the changed connection, which is why, wakes the readers.
        """
        await self._connection.execute(_RESTART, enterprise, connection_id)

    async def enrol_everywhere(self, kinds: Sequence[str]) -> None:
        """Make a read due for every new working connection of these kinds."""
        await self._connection.execute(_ENROL, list(kinds))

    async def claim_everywhere(
        self, owner: UUID, *, but: Collection[UUID], limit: int, lease_s: float
    ) -> Sequence[BookRead]:
        """Own reads that are due and nobody's; `but` are connections read here already."""
        rows = await self._connection.fetch(_CLAIM, owner, list(but), limit, lease_s)
        return [BookRead(**row) for row in rows]

    async def renew(self, read: BookRead, owner: UUID, lease_s: float) -> datetime | None:
        """Keep the read for so long; returns the database's time, None: it is another's now."""
        found: datetime | None = await self._connection.fetchval(
            _RENEW, read.enterprise, read.connection_id, owner, lease_s
        )
        return found

    async def turn(
        self, read: BookRead, owner: UUID, *, page: int, pages: int, clients: int
    ) -> bool:
        """Note that the page is in the book, with so many clients. False: not ours any more."""
        return bool(
            await self._connection.fetchval(
                _TURN, read.enterprise, read.connection_id, owner, page, pages, clients
            )
        )

    async def finish(self, read: BookRead, owner: UUID, due_at: datetime) -> None:
        """All pages are read; `due_at` is when the next whole read begins."""
        await self._connection.execute(_FINISH, read.enterprise, read.connection_id, owner, due_at)

    async def fail(
        self,
        read: BookRead,
        owner: UUID,
        *,
        error: str | None = None,
        hint: str | None = None,
        again_s: float,
    ) -> None:
        """Give the read back until the CRM may be asked again."""
        await self._connection.execute(
            _FAIL, read.enterprise, read.connection_id, owner, error, hint, again_s
        )

    async def release(self, read: BookRead, owner: UUID) -> None:
        """Give the read back at once, as at shutdown."""
        await self._connection.execute(_RELEASE, read.enterprise, read.connection_id, owner)
