"""Accounts at vendors. Secrets come and go sealed; this room never sees one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg

from kommutator.domain.connection import ConnectionKind, ConnectionStatus, crm_of
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.kit.errors import Conflict, NotFound
from kommutator.store.connection_rows import SELECT, ConnectionRecord, record_of
from kommutator.store.driver import Connection

_KINDS = [kind.value for kind in ConnectionKind]
_CONFLICTS = {
    "connections_account": "account_already_connected",
    "connections_client_id": "client_id_taken",
    "connections_one_of_kind": "connection_of_kind_exists",
    "connections_person": "connection_of_kind_exists",
}


class ConnectionStore:
    """Whoever changes a connection also calls `unit.config_changed` in the same unit."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def create(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        *,
        kind: ConnectionKind,
        name: str,
        base_url: str,
        account_key: str | None,
        config: dict[str, Any],
        sealed: dict[str, Any],
        client_id_hash: bytes | None = None,
        user_id: UUID | None = None,
    ) -> ConnectionRecord:
        """Save a draft. With `user_id` it belongs to that person alone, one of a kind for each.

        Raises:
            Conflict: `account_already_connected` (here or at another tenant),
                `client_id_taken`, `connection_of_kind_exists`.
        """
        try:
            await self._connection.execute(
                """
                INSERT INTO connections (enterprise, id, kind, name, base_url, account_key, config,
                                         secrets, client_id_hash, user_id)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                """,
                enterprise, connection_id, kind.value, name, base_url, account_key, config,
                sealed, client_id_hash, user_id,
            )  # fmt: skip
        except asyncpg.UniqueViolationError as error:
            raise _conflict(error) from None
        return await self.get(enterprise, connection_id)

    async def get(self, enterprise: EnterpriseNumber, connection_id: UUID) -> ConnectionRecord:
        """Any state, removed too. Raises NotFound: `connection_not_found`."""
        row = await self._connection.fetchrow(
            f"{SELECT} WHERE c.enterprise = $1 AND c.id = $2", enterprise, connection_id
        )
        if row is None:
            raise NotFound("connection_not_found")
        return record_of(row)

    async def lock(self, enterprise: EnterpriseNumber, connection_id: UUID) -> ConnectionRecord:
        """Like `get`; nobody else changes the row until this unit of work ends."""
        await self._connection.execute(
            "SELECT FROM connections WHERE enterprise = $1 AND id = $2 FOR UPDATE",
            enterprise, connection_id,
        )  # fmt: skip
        return await self.get(enterprise, connection_id)

    async def list(self, enterprise: EnterpriseNumber) -> Sequence[ConnectionRecord]:
        """The enterprise's own that are not removed, oldest first."""
        rows = await self._connection.fetch(
            f"{SELECT} WHERE c.enterprise = $1 AND c.status <> 'removed' AND c.kind = ANY($2) "
            f"AND c.user_id IS NULL ORDER BY c.created_at, c.id",
            enterprise, _KINDS,
        )  # fmt: skip
        return [record_of(row) for row in rows]

    async def of_kind(
        self, enterprise: EnterpriseNumber, kind: ConnectionKind
    ) -> ConnectionRecord | None:
        """The enterprise's oldest connection of this kind that is not removed."""
        row = await self._connection.fetchrow(
            f"{SELECT} WHERE c.enterprise = $1 AND c.kind = $2 AND c.status <> 'removed' "
            f"AND c.user_id IS NULL ORDER BY c.created_at, c.id LIMIT 1",
            enterprise, kind.value,
        )  # fmt: skip
        return None if row is None else record_of(row)

    async def crm(self, enterprise: EnterpriseNumber) -> ConnectionRecord | None:
        """The enterprise's CRM, see `domain.connection.crm_of`."""
        return crm_of(await self.list(enterprise))

    async def of_person(
        self, enterprise: EnterpriseNumber, user_id: UUID, kind: ConnectionKind
    ) -> ConnectionRecord | None:
        """One person's own connection of this kind that is not removed."""
        row = await self._connection.fetchrow(
            f"{SELECT} WHERE c.enterprise = $1 AND c.user_id = $2 AND c.kind = $3 "
            f"AND c.status <> 'removed'",
            enterprise, user_id, kind.value,
        )  # fmt: skip
        return None if row is None else record_of(row)

    async def save(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        *,
        name: str | None = None,
        base_url: str | None = None,
        account_key: str | None = None,
        config: dict[str, Any] | None = None,
        sealed: dict[str, Any] | None = None,
        client_id_hash: bytes | None = None,
        expected_version: int | None = None,
    ) -> ConnectionRecord:
        """Change what is given; `config` and `sealed` are replaced whole. Grows `version`.

        Raises:
            NotFound: no such connection, or removed.
            Conflict: like `create`; `connection_changed` if `expected_version` is not the stored.
        """
        try:
            saved = await self._connection.fetchval(
                """
                UPDATE connections SET
                    name = coalesce($3, name), base_url = coalesce($4, base_url),
                    account_key = coalesce($5, account_key),
                    config = coalesce($6, config),
                    secrets = coalesce($7, secrets),
                    client_id_hash = coalesce($8, client_id_hash),
                    version = version + 1, updated_at = now()
                WHERE enterprise = $1 AND id = $2 AND status <> 'removed'
                  AND version = coalesce($9, version)
                RETURNING true
                """,
                enterprise, connection_id, name, base_url, account_key,
                config,
                sealed, client_id_hash, expected_version,
            )  # fmt: skip
        except asyncpg.UniqueViolationError as error:
            raise _conflict(error) from None
        record = await self.get(enterprise, connection_id)
        if not saved:
            raise _not_saved(record)
        return record

    async def set_status(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        status: ConnectionStatus,
        *,
        reason: str | None = None,
        detail: str | None = None,
    ) -> ConnectionRecord:
        """Another state with its reason (slug) and the vendor's words, redacted by the caller.

        Raises:
            NotFound: no such connection, or removed: what is removed stays so.
        """
        changed = await self._connection.fetchval(
            """
            UPDATE connections SET
                status = $3, status_reason = $4, status_detail = $5,
                status_since = CASE WHEN status = $3 THEN status_since ELSE now() END,
                version = version + 1, updated_at = now()
            WHERE enterprise = $1 AND id = $2 AND status <> 'removed' RETURNING true
            """,
            enterprise, connection_id, status.value, reason, detail,
        )  # fmt: skip
        if not changed:
            raise NotFound("connection_not_found")
        return await self.get(enterprise, connection_id)

    async def remove(self, enterprise: EnterpriseNumber, connection_id: UUID) -> None:
        """Wipe secrets and tokens, kill the entry links, keep the row. Raises NotFound."""
        removed = await self._connection.fetchval(
            """
            WITH wiped AS (DELETE FROM oauth_grants WHERE enterprise = $1 AND connection_id = $2)
            UPDATE connections SET
                status = 'removed', status_reason = NULL, status_detail = NULL,
                status_since = now(), secrets = '{}', client_id_hash = NULL,
                entry_epoch = entry_epoch + 1, version = version + 1, updated_at = now()
            WHERE enterprise = $1 AND id = $2 AND status <> 'removed' RETURNING true
            """,
            enterprise, connection_id,
        )  # fmt: skip
        if not removed:
            raise NotFound("connection_not_found")

    async def raise_entry_epoch(
        self, enterprise: EnterpriseNumber, connection_id: UUID, epoch: int
    ) -> None:
        """Kill every entry link of an epoch before this one. Raises NotFound."""
        raised = await self._connection.fetchval(
            "UPDATE connections SET entry_epoch = greatest(entry_epoch, $3) "
            "WHERE enterprise = $1 AND id = $2 AND status <> 'removed' RETURNING true",
            enterprise, connection_id, epoch,
        )  # fmt: skip
        if not raised:
            raise NotFound("connection_not_found")

    async def touch_sync(self, enterprise: EnterpriseNumber, connection_id: UUID) -> None:
        """Note that the vendor was synchronised just now."""
        await self._connection.execute(
            "UPDATE connections SET last_sync_at = now() WHERE enterprise = $1 AND id = $2",
            enterprise, connection_id,
        )  # fmt: skip

    async def enterprise_of(self, connection_id: UUID) -> EnterpriseNumber | None:
        """Whose connection this is; it never changes its owner."""
        found = await self._connection.fetchval(
            "SELECT enterprise FROM connections WHERE id = $1", connection_id
        )
        return None if found is None else EnterpriseNumber(found)

    async def by_client_id_everywhere(
        self, client_id_hash: bytes
    ) -> tuple[EnterpriseNumber, UUID] | None:
        """The connection that owns this SHA-256 of a clientId; for hooks that bring only that."""
        row = await self._connection.fetchrow(
            "SELECT enterprise, id FROM connections "
            "WHERE client_id_hash = $1 AND status <> 'removed'",
            client_id_hash,
        )
        return None if row is None else (EnterpriseNumber(row["enterprise"]), row["id"])

    async def by_account_everywhere(self, kind: ConnectionKind, account_key: str) -> UUID | None:
        """The enterprise's connection of this vendor account, whoever's enterprise it is."""
        found: UUID | None = await self._connection.fetchval(
            "SELECT id FROM connections WHERE kind = $1 AND account_key = $2 "
            "AND status <> 'removed' AND user_id IS NULL",
            kind.value, account_key,
        )  # fmt: skip
        return found

    async def all_everywhere(self) -> Sequence[ConnectionRecord]:
        """All enterprises' own that are not removed; for the full refresh of the directory."""
        rows = await self._connection.fetch(
            f"{SELECT} WHERE c.status <> 'removed' AND c.kind = ANY($1) AND c.user_id IS NULL "
            f"ORDER BY c.enterprise, c.created_at, c.id",
            _KINDS,
        )
        return [record_of(row) for row in rows]

    async def active_enterprises_everywhere(self) -> Sequence[EnterpriseNumber]:
        """Numbers of the active tenants that have at least one active connection."""
        rows = await self._connection.fetch(
            "SELECT DISTINCT c.enterprise FROM connections c JOIN enterprises e "
            "ON e.number = c.enterprise WHERE c.status = 'active' AND e.active ORDER BY 1"
        )
        return [EnterpriseNumber(row["enterprise"]) for row in rows]

    async def page_everywhere(
        self, *, after: UUID | None = None, limit: int = 100
    ) -> Sequence[ConnectionRecord]:
        """All that are not removed by id, locked until the unit ends; for exchanging keys."""
        rows = await self._connection.fetch(
            f"{SELECT} WHERE ($1::uuid IS NULL OR c.id > $1) AND c.status <> 'removed' "
            f"AND c.kind = ANY($3) ORDER BY c.id LIMIT $2 FOR UPDATE OF c",
            after, limit, _KINDS,
        )  # fmt: skip
        return [record_of(row) for row in rows]

    async def reseal(
        self, enterprise: EnterpriseNumber, connection_id: UUID, sealed: dict[str, Any]
    ) -> None:
        """The same secrets under another master key; no version, nothing changed for anyone."""
        await self._connection.execute(
            "UPDATE connections SET secrets = $3 WHERE enterprise = $1 AND id = $2",
            enterprise, connection_id, sealed,
        )  # fmt: skip


def _not_saved(record: ConnectionRecord) -> Exception:
    if record.status is ConnectionStatus.REMOVED:
        return NotFound("connection_not_found")
    return Conflict("connection_changed")


def _conflict(error: asyncpg.UniqueViolationError) -> Conflict:
    return Conflict(_CONFLICTS.get(str(error.constraint_name), "connection_exists"))
