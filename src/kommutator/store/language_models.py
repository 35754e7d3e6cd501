"""Language models of tenants: how they are reached, and what they were asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection

_GET = """
SELECT enterprise, settings, sealed_key, version FROM language_models WHERE enterprise = $1"""
_PUT = """
INSERT INTO language_models (enterprise, settings, sealed_key) VALUES ($1, $2, $3)
ON CONFLICT (enterprise) DO UPDATE
   SET settings = excluded.settings, sealed_key = excluded.sealed_key,
       version = language_models.version + 1, changed_at = clock_timestamp()"""
_REMOVE = "DELETE FROM language_models WHERE enterprise = $1 RETURNING true"
_TODAY = "(clock_timestamp() AT TIME ZONE 'UTC')::date"
# Counted before it is asked: many at once must not share the last turn of a day.
_BEGIN = f"""
INSERT INTO language_model_days AS d (enterprise, day, turns) VALUES ($1, {_TODAY}, 1)
ON CONFLICT (enterprise, day) DO UPDATE SET turns = d.turns + 1 WHERE d.turns < $2
RETURNING true"""
_SPENT = f"""
INSERT INTO language_model_days AS d (enterprise, day, tokens_in, tokens_out)
VALUES ($1, {_TODAY}, $2, $3)
ON CONFLICT (enterprise, day) DO UPDATE
   SET tokens_in = d.tokens_in + $2, tokens_out = d.tokens_out + $3"""
_DAY = f"""
SELECT turns, tokens_in, tokens_out FROM language_model_days
 WHERE enterprise = $1 AND day = {_TODAY}"""
_PAGE = """
SELECT enterprise, settings, sealed_key, version FROM language_models
 WHERE sealed_key IS NOT NULL AND enterprise > $1 ORDER BY enterprise LIMIT $2 FOR UPDATE"""
_RESEAL = "UPDATE language_models SET sealed_key = $2 WHERE enterprise = $1"


@dataclass(frozen=True, slots=True)
class StoredModel:
    """`settings`: JSON of `ModelSettings`; `version` grows with each change."""

    enterprise: EnterpriseNumber
    settings: Mapping[str, Any]
    sealed_key: dict[str, Any] | None = field(repr=False)
    version: int


@dataclass(frozen=True, slots=True)
class ModelDay:
    """What today's turns have cost so far."""

    turns: int = 0
    tokens_in: int = 0
    tokens_out: int = 0


class LanguageModelStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(self, enterprise: EnterpriseNumber) -> StoredModel | None:
        row = await self._connection.fetchrow(_GET, enterprise)
        return None if row is None else StoredModel(**row)

    async def put(
        self,
        enterprise: EnterpriseNumber,
        settings: Mapping[str, Any],
        sealed_key: Mapping[str, Any] | None,
    ) -> None:
        await self._connection.execute(_PUT, enterprise, settings, sealed_key)

    async def remove(self, enterprise: EnterpriseNumber) -> bool:
        """With its key. False: there was none."""
        return bool(await self._connection.fetchval(_REMOVE, enterprise))

    async def begin_turn(self, enterprise: EnterpriseNumber, most: int) -> bool:
        """Count one more turn of today. False: there were so many already."""
        return bool(await self._connection.fetchval(_BEGIN, enterprise, most))

    async def spent(self, enterprise: EnterpriseNumber, tokens_in: int, tokens_out: int) -> None:
        await self._connection.execute(_SPENT, enterprise, tokens_in, tokens_out)

    async def today(self, enterprise: EnterpriseNumber) -> ModelDay:
        row = await self._connection.fetchrow(_DAY, enterprise)
        return ModelDay() if row is None else ModelDay(**row)

    async def page_everywhere(
        self, *, after: EnterpriseNumber | None = None, limit: int = 100
    ) -> Sequence[StoredModel]:
        """Those that have a key, locked: for exchanging the master key."""
        rows = await self._connection.fetch(_PAGE, after or "", limit)
        return [StoredModel(**row) for row in rows]

    async def reseal(self, enterprise: EnterpriseNumber, sealed_key: Mapping[str, Any]) -> None:
        await self._connection.execute(_RESEAL, enterprise, sealed_key)
