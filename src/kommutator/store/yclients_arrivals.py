"""Who came from YClients' consent screen, and the one-time tokens on their way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection

_COLUMNS = "proof, installer, salon_ids, salons, enterprise, created_at, used_at"


@dataclass(frozen=True, slots=True)
class StoredArrival:
    """One way here.

    Attributes:
        proof: SHA-256 of the vendor's signature; None: an administrator of ours.
        installer: id, name, email, phone, salon_name, as signed.
        salons: `{"id", "title", "time_zone"}` of each.
        enterprise: whose they became; None: nobody's yet.
    """

    proof: bytes | None
    installer: Mapping[str, str]
    salon_ids: Sequence[int]
    salons: Sequence[Mapping[str, Any]]
    enterprise: EnterpriseNumber | None
    created_at: datetime
    used_at: datetime | None


class YClientsArrivalStore:
    """Tokens are known by their SHA-256 only; times are the database's own."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def create_everywhere(
        self,
        token_hash: bytes,
        *,
        proof: bytes | None,
        installer: Mapping[str, str],
        salons: Sequence[Mapping[str, Any]],
        life: timedelta,
    ) -> None:
        await self._connection.execute(
            "INSERT INTO yclients_arrivals (token_hash, proof, installer, salon_ids, salons, "
            "expires_at) VALUES ($1, $2, $3, $4, $5, clock_timestamp() + $6)",
            token_hash, proof, installer, sorted(salon["id"] for salon in salons), list(salons),
            life,
        )  # fmt: skip

    async def look_everywhere(self, token_hash: bytes) -> StoredArrival | None:
        """One that is not over; None: unknown, or over."""
        row = await self._connection.fetchrow(
            f"SELECT {_COLUMNS} FROM yclients_arrivals "
            f"WHERE token_hash = $1 AND expires_at > clock_timestamp()",
            token_hash,
        )
        return None if row is None else StoredArrival(**row)

    async def use_everywhere(self, token_hash: bytes, enterprise: EnterpriseNumber) -> bool:
        """It is this enterprise's now; False: it was used for another one, or is over."""
        used = await self._connection.fetchval(
            "UPDATE yclients_arrivals SET used_at = coalesce(used_at, clock_timestamp()), "
            "enterprise = $2 WHERE token_hash = $1 AND expires_at > clock_timestamp() "
            "AND (used_at IS NULL OR enterprise = $2) RETURNING true",
            token_hash, enterprise,
        )  # fmt: skip
        return bool(used)

    async def was_used_everywhere(
        self, proof: bytes, salon_ids: Sequence[int], within: timedelta
    ) -> bool:
        """Whether this signature has connected these very salons lately."""
        found = await self._connection.fetchval(
            "SELECT EXISTS (SELECT FROM yclients_arrivals WHERE proof = $1 AND salon_ids = $2 "
            "AND used_at > clock_timestamp() - $3::interval)",
            proof, sorted(salon_ids), within,
        )  # fmt: skip
        return bool(found)

    async def was_taken_everywhere(
        self, proof: bytes, salon_ids: Sequence[int], within: timedelta
    ) -> bool:
        """Whether somebody else's signature, or an administrator, got one of these lately."""
        found = await self._connection.fetchval(
            "SELECT EXISTS (SELECT FROM yclients_arrivals WHERE salon_ids && $2::bigint[] "
            "AND proof IS DISTINCT FROM $1 AND used_at > clock_timestamp() - $3::interval)",
            proof, list(salon_ids), within,
        )  # fmt: skip
        return bool(found)

    async def claim_everywhere(self, salon_id: int, installer: str, life: timedelta) -> bool:
        """Keep a salon for this person; False: it is kept for another one."""
        kept = await self._connection.fetchval(
            """
            INSERT INTO yclients_claims AS c (salon_id, installer, expires_at)
            VALUES ($1, $2, clock_timestamp() + $3)
            ON CONFLICT (salon_id) DO UPDATE
                SET installer = excluded.installer, expires_at = excluded.expires_at
                WHERE c.installer = excluded.installer OR c.expires_at < clock_timestamp()
            RETURNING true
            """,
            salon_id, installer, life,
        )  # fmt: skip
        return bool(kept)

    async def release_everywhere(self, salon_id: int) -> None:
        """It has its enterprise, or was removed: nobody else's claim stands any more."""
        await self._connection.execute("DELETE FROM yclients_claims WHERE salon_id = $1", salon_id)

    async def use_ticket_everywhere(self, digest: bytes, life: timedelta) -> bool:
        """Whether this token is used for the first time; `life`: as long as it is valid at all."""
        first = await self._connection.fetchval(
            "INSERT INTO yclients_tickets (digest, expires_at) "
            "VALUES ($1, clock_timestamp() + $2) ON CONFLICT DO NOTHING RETURNING true",
            digest, life,
        )  # fmt: skip
        return bool(first)

    async def claim_round_everywhere(self, name: str, every: timedelta) -> bool:
        """Whether this process does what is done once in so long; the next one is due after it."""
        mine = await self._connection.fetchval(
            """
            INSERT INTO yclients_rounds AS r (name, due_at) VALUES ($1, clock_timestamp() + $2)
            ON CONFLICT (name) DO UPDATE SET due_at = excluded.due_at
                WHERE r.due_at <= clock_timestamp()
            RETURNING true
            """,
            name, every,
        )  # fmt: skip
        return bool(mine)

    async def retry_round_everywhere(self, name: str, after: timedelta) -> None:
        """It failed: do it again sooner."""
        await self._connection.execute(
            "UPDATE yclients_rounds SET due_at = clock_timestamp() + $2 WHERE name = $1",
            name, after,
        )  # fmt: skip

    async def retire_everywhere(self, kept: timedelta) -> int:
        """Delete what is over; arrivals stay so much longer, so that they are not repeated."""
        gone = 0
        for table, days in (
            ("yclients_arrivals", kept),
            ("yclients_claims", timedelta(0)),
            ("yclients_tickets", timedelta(0)),
            ("password_links", timedelta(0)),
        ):
            done: str = await self._connection.execute(
                f"DELETE FROM {table} WHERE expires_at < clock_timestamp() - $1::interval",
                days,
            )
            gone += int(done.rpartition(" ")[2])
        return gone
