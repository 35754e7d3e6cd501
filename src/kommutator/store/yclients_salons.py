"""How each salon stands at YClients: installed or not, licence, rights of our user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection

_COLUMNS = (
    "s.enterprise, s.connection_id, s.company_id, s.salon_id, s.vendor_state, s.problem, "
    "s.problem_detail, s.tries, s.next_try_at, s.connected_at, s.licence_active, "
    "s.licence_until, s.phones, s.rights_missing, s.checked_at"
)
_OF_ONE = "s.enterprise = $1 AND s.connection_id = $2"
_ALIVE = "c.enterprise = s.enterprise AND c.id = s.connection_id AND c.status <> 'removed'"


@dataclass(frozen=True, slots=True)
class SalonState:
    """One connection's.

    Attributes:
        company_id: ours, as requirement 001 numbers companies.
        vendor_state: none, pending, active, freezed; None: not asked yet, or connected directly.
        problem: slug of `reason.<slug>`: why the last try did not connect it.
        phones: our user sees clients' numbers.
        rights_missing: slugs of `salon_right.<slug>`.
        checked_at: when licence and rights were read; None: never.
    """

    enterprise: EnterpriseNumber
    connection_id: UUID
    company_id: int
    salon_id: int
    vendor_state: str | None
    problem: str | None
    problem_detail: str | None
    tries: int
    next_try_at: datetime
    connected_at: datetime | None
    licence_active: bool | None
    licence_until: date | None
    phones: bool | None
    rights_missing: Sequence[str]
    checked_at: datetime | None


class YClientsSalonStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def open(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        salon_id: int,
        vendor_state: str | None,
    ) -> None:
        """A connection begins, or begins anew: what failed before is forgotten.

        Whoever opens it tries first; others after a while.
        """
        await self._connection.execute(
            """
            INSERT INTO yclients_salons (enterprise, connection_id, salon_id, vendor_state,
                                         next_try_at)
            VALUES ($1, $2, $3, $4, clock_timestamp() + interval '30 seconds')
            ON CONFLICT (enterprise, connection_id) DO UPDATE SET
                vendor_state = excluded.vendor_state, problem = NULL, problem_detail = NULL,
                tries = 0, next_try_at = excluded.next_try_at
            """,
            enterprise, connection_id, salon_id, vendor_state,
        )  # fmt: skip

    async def connected(
        self, enterprise: EnterpriseNumber, connection_id: UUID, vendor_state: str | None
    ) -> None:
        """Connected now: what the vendor was told of the salon's messenger before is forgotten."""
        await self._connection.execute(
            f"UPDATE yclients_salons s SET vendor_state = $3, problem = NULL, "
            f"problem_detail = NULL, tries = 0, next_try_at = clock_timestamp(), "
            f"channel_told = NULL, channel_tries = 0, channel_next_at = clock_timestamp(), "
            f"connected_at = coalesce(connected_at, clock_timestamp()) WHERE {_OF_ONE}",
            enterprise, connection_id, vendor_state,
        )  # fmt: skip

    async def note_state(
        self, enterprise: EnterpriseNumber, connection_id: UUID, vendor_state: str
    ) -> None:
        """What the vendor said last."""
        await self._connection.execute(
            f"UPDATE yclients_salons s SET vendor_state = $3 WHERE {_OF_ONE}",
            enterprise, connection_id, vendor_state,
        )  # fmt: skip

    async def failed(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        problem: str,
        detail: str | None,
        *,
        retry_in_s: float | None,
    ) -> None:
        """Not connected; `retry_in_s` None: only when a person says so."""
        await self._connection.execute(
            f"UPDATE yclients_salons s SET problem = $3, problem_detail = $4, tries = tries + 1, "
            f"next_try_at = CASE WHEN $5::float8 IS NULL THEN 'infinity'::timestamptz "
            f"ELSE clock_timestamp() + make_interval(secs => $5) END WHERE {_OF_ONE}",
            enterprise, connection_id, problem, detail, retry_in_s,
        )  # fmt: skip

    async def checked(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        *,
        licence_active: bool | None,
        licence_until: date | None,
        phones: bool | None,
        rights_missing: Sequence[str],
    ) -> None:
        """Licence and rights as just read."""
        await self._connection.execute(
            f"UPDATE yclients_salons s SET licence_active = $3, licence_until = $4, phones = $5, "
            f"rights_missing = $6, checked_at = clock_timestamp() WHERE {_OF_ONE}",
            enterprise, connection_id, licence_active, licence_until, phones, list(rights_missing),
        )  # fmt: skip

    async def of(self, enterprise: EnterpriseNumber, connection_id: UUID) -> SalonState | None:
        row = await self._connection.fetchrow(
            f"SELECT {_COLUMNS} FROM yclients_salons s WHERE {_OF_ONE}", enterprise, connection_id
        )
        return None if row is None else SalonState(**row)

    async def list(self, enterprise: EnterpriseNumber) -> Sequence[SalonState]:
        """Also of removed connections."""
        rows = await self._connection.fetch(
            f"SELECT {_COLUMNS} FROM yclients_salons s WHERE s.enterprise = $1 "
            f"ORDER BY s.company_id",
            enterprise,
        )
        return [SalonState(**row) for row in rows]

    async def by_company_everywhere(self, company_id: int) -> SalonState | None:
        """By requirement 001's number; whoever asks proves afterwards that it is theirs."""
        row = await self._connection.fetchrow(
            f"SELECT {_COLUMNS} FROM yclients_salons s JOIN connections c ON {_ALIVE} "
            f"WHERE s.company_id = $1",
            company_id,
        )
        return None if row is None else SalonState(**row)

    async def due_everywhere(self, limit: int) -> Sequence[tuple[EnterpriseNumber, UUID]]:
        """Those to be connected now: the vendor was not told yet, or its answer was lost."""
        rows = await self._connection.fetch(
            f"SELECT s.enterprise, s.connection_id FROM yclients_salons s JOIN connections c "
            f"ON {_ALIVE} AND c.status = 'draft' WHERE s.next_try_at <= clock_timestamp() "
            f"ORDER BY s.next_try_at LIMIT $1",
            limit,
        )
        return [(EnterpriseNumber(row["enterprise"]), row["connection_id"]) for row in rows]

    async def troubled_everywhere(self) -> Sequence[tuple[EnterpriseNumber, UUID]]:
        """Frozen by the vendor, or working with something amiss: nobody tells when it is over."""
        rows = await self._connection.fetch(
            f"SELECT s.enterprise, s.connection_id FROM yclients_salons s JOIN connections c "
            f"ON {_ALIVE} WHERE (c.status = 'paused' AND s.vendor_state = 'freezed') "
            f"OR (c.status = 'active' AND c.status_reason IS NOT NULL) ORDER BY s.company_id"
        )
        return [(EnterpriseNumber(row["enterprise"]), row["connection_id"]) for row in rows]

    async def unlooked_everywhere(self, limit: int) -> Sequence[tuple[EnterpriseNumber, UUID]]:
        """Working salons whose licence and rights were never read."""
        rows = await self._connection.fetch(
            f"SELECT s.enterprise, s.connection_id FROM yclients_salons s JOIN connections c "
            f"ON {_ALIVE} AND c.status = 'active' WHERE s.checked_at IS NULL "
            f"AND s.next_try_at <= clock_timestamp() ORDER BY s.next_try_at LIMIT $1",
            limit,
        )
        return [(EnterpriseNumber(row["enterprise"]), row["connection_id"]) for row in rows]

    async def look_again(
        self, enterprise: EnterpriseNumber, connection_id: UUID, after_s: float
    ) -> None:
        """If this look fails, or its process dies, there is another one."""
        await self._connection.execute(
            f"UPDATE yclients_salons s "
            f"SET next_try_at = clock_timestamp() + make_interval(secs => $3) WHERE {_OF_ONE}",
            enterprise, connection_id, after_s,
        )  # fmt: skip

    async def all_everywhere(self) -> Sequence[SalonState]:
        """Of all connections that are not removed."""
        rows = await self._connection.fetch(
            f"SELECT {_COLUMNS} FROM yclients_salons s JOIN connections c ON {_ALIVE} "
            f"ORDER BY s.company_id"
        )
        return [SalonState(**row) for row in rows]

    async def gone_everywhere(self, salon_id: int) -> EnterpriseNumber | None:
        """Who had this salon last, and removed it; None: nobody, or somebody has it now."""
        row = await self._connection.fetchrow(
            "SELECT s.enterprise, c.status FROM yclients_salons s JOIN connections c "
            "ON c.enterprise = s.enterprise AND c.id = s.connection_id "
            "WHERE s.salon_id = $1 ORDER BY s.company_id DESC LIMIT 1",
            salon_id,
        )
        if row is None or row["status"] != "removed":
            return None
        return EnterpriseNumber(row["enterprise"])

    async def count_everywhere(self) -> tuple[int, int]:
        """How many salons are connected in some way, and how many of them work."""
        row = await self._connection.fetchrow(
            f"SELECT count(*) AS total, count(*) FILTER (WHERE c.status = 'active') AS working "
            f"FROM yclients_salons s JOIN connections c ON {_ALIVE}"
        )
        return row["total"], row["working"]
