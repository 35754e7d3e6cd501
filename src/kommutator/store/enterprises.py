"""Tenants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.kit.errors import Conflict, NotFound
from kommutator.store.driver import Connection

_NUMBERING = 0x6B6E756D  # advisory lock, "knum"
_LONGEST_NUMBER = 10  # digits; those that have no number after them are left out
_COLUMNS = "number, name, time_zone, locale, active, settings, created_at"


@dataclass(frozen=True, slots=True)
class Enterprise:
    """A tenant. `settings` holds its limits and retention days where they differ from ours."""

    number: EnterpriseNumber
    name: str
    time_zone: str
    locale: str
    active: bool
    settings: dict[str, Any]
    created_at: datetime


class EnterpriseStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def create(
        self,
        enterprise: EnterpriseNumber,
        *,
        name: str,
        time_zone: str = "Europe/Moscow",
        locale: str = "ru",
    ) -> Enterprise:
        """Add a tenant.

        Raises:
            Conflict: `enterprise_exists`.
        """
        row = await self._connection.fetchrow(
            f"INSERT INTO enterprises (number, name, time_zone, locale) VALUES ($1, $2, $3, $4) "
            f"ON CONFLICT DO NOTHING RETURNING {_COLUMNS}",
            enterprise, name, time_zone, locale,
        )  # fmt: skip
        if row is None:
            raise Conflict("enterprise_exists", enterprise=enterprise)
        return _enterprise(row)

    async def create_next_everywhere(self, *, name: str, time_zone: str, locale: str) -> Enterprise:
        """Add a tenant under the next free number: one who registers has none to choose."""
        await self._connection.execute("SELECT pg_advisory_xact_lock($1)", _NUMBERING)
        row = await self._connection.fetchrow(
            f"""
            WITH next AS (SELECT (coalesce(max(number::bigint), 0) + 1)::text AS number
                          FROM enterprises WHERE length(number) < $4)
            INSERT INTO enterprises (number, name, time_zone, locale)
            SELECT lpad(number, greatest(4, length(number)), '0'), $1, $2, $3 FROM next
            RETURNING {_COLUMNS}
            """,
            name, time_zone, locale, _LONGEST_NUMBER,
        )  # fmt: skip
        return _enterprise(row)

    async def get(self, enterprise: EnterpriseNumber) -> Enterprise:
        """Raises NotFound: `enterprise_not_found`."""
        row = await self._connection.fetchrow(
            f"SELECT {_COLUMNS} FROM enterprises WHERE number = $1", enterprise
        )
        if row is None:
            raise NotFound("enterprise_not_found", enterprise=enterprise)
        return _enterprise(row)

    async def lock(self, enterprise: EnterpriseNumber) -> Enterprise:
        """Like `get`; nobody else changes the row until this unit of work ends."""
        await self._connection.execute(
            "SELECT FROM enterprises WHERE number = $1 FOR NO KEY UPDATE", enterprise
        )
        return await self.get(enterprise)

    async def with_numbers(self, enterprise: EnterpriseNumber) -> tuple[Enterprise, frozenset[str]]:
        """The tenant and all its internal numbers, in one round trip: clicks are waited for.

        Raises:
            NotFound: `enterprise_not_found`.
        """
        row = await self._connection.fetchrow(
            f"SELECT {_COLUMNS}, ARRAY (SELECT phone_number FROM user_internal_phones "
            f"WHERE enterprise = $1) AS numbers FROM enterprises WHERE number = $1",
            enterprise,
        )
        if row is None:
            raise NotFound("enterprise_not_found", enterprise=enterprise)
        found = dict(row)
        numbers = frozenset(found.pop("numbers"))
        return Enterprise(**found), numbers

    async def update(
        self,
        enterprise: EnterpriseNumber,
        *,
        name: str | None = None,
        time_zone: str | None = None,
        locale: str | None = None,
        active: bool | None = None,
        settings: dict[str, Any] | None = None,
    ) -> Enterprise:
        """Change what is given, keep the rest, and of `settings` the parts that are not given.

        Raises:
            NotFound: `enterprise_not_found`.
        """
        row = await self._connection.fetchrow(
            f"""
            UPDATE enterprises SET
                name = coalesce($2, name), time_zone = coalesce($3, time_zone),
                locale = coalesce($4, locale), active = coalesce($5, active),
                settings = settings || coalesce($6, '{{}}'::jsonb)
            WHERE number = $1 RETURNING {_COLUMNS}
            """,
            enterprise, name, time_zone, locale, active,
            settings,
        )  # fmt: skip
        if row is None:
            raise NotFound("enterprise_not_found", enterprise=enterprise)
        return _enterprise(row)

    async def page_everywhere(
        self, *, after: EnterpriseNumber | None = None, limit: int = 50
    ) -> Sequence[Enterprise]:
        """All tenants by number, those after one of them; for platform staff."""
        rows = await self._connection.fetch(
            f"SELECT {_COLUMNS} FROM enterprises WHERE number > $1 ORDER BY number LIMIT $2",
            after or "", limit,
        )  # fmt: skip
        return [_enterprise(row) for row in rows]


def _enterprise(row: asyncpg.Record) -> Enterprise:
    return Enterprise(**dict(row))
