"""API keys: for PBXs and other machines."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from uuid import UUID

from kommutator.domain.tenancy import Actor, EnterpriseNumber, Permission, Role
from kommutator.kit.cache import Cache
from kommutator.kit.clock import Clock
from kommutator.kit.errors import Forbidden, InvalidInput, Unauthorized
from kommutator.kit.ids import Ids
from kommutator.settings import Settings
from kommutator.store.database import Database
from kommutator.store.keys import ApiKey

PREFIX = "kmt_"
_SHOWN = len(PREFIX) + 6
_BYTES = 32
_LONGEST = 200
CHANGED = "api_keys"
"""The `integration_type` under which a change of keys is told to the other processes."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """`secret` is shown now and never again."""

    key: ApiKey
    secret: str = field(repr=False)


class ApiKeys:
    """Makes, revokes and recognises. Recognising is a memory look-up once warm."""

    def __init__(self, db: Database, settings: Settings, *, clock: Clock, ids: Ids) -> None:
        self._db = db
        self._ids = ids
        self._actors: Cache[bytes, Actor | None] = Cache(
            self._load,
            ttl=(settings.cache_ttl_min_s, settings.cache_ttl_max_s),
            soft=settings.cache_soft_ratio,
            max_size=settings.cache_size,
            clock=clock,
            ids=ids,
        )

    async def create(
        self,
        by: Actor,
        enterprise: EnterpriseNumber | None,
        *,
        name: str,
        scopes: Collection[Permission],
    ) -> NewKey:
        """A key of one tenant, or of the platform for `enterprise` None.

        Raises:
            InvalidInput: `key_without_scopes`.
            Forbidden: `not_allowed`: nobody hands out more than they have.
        """
        if not scopes:
            raise InvalidInput("key_without_scopes")
        if not all(by.may(scope) for scope in scopes):
            raise Forbidden("not_allowed")
        secret = PREFIX + self._ids.token(_BYTES)
        async with self._db.unit() as unit:
            key = await unit.keys.create(
                enterprise,
                key_id=self._ids.uuid(),
                name=name,
                prefix=secret[:_SHOWN],
                key_hash=_hash(secret),
                scopes=scopes,
                created_by=by.name,
            )
            await unit.audit.add(
                enterprise,
                actor=by.name,
                action="key.create",
                target=str(key.id),
                detail={"name": name, "scopes": sorted(scope.value for scope in scopes)},
            )
        return NewKey(key, secret)

    async def revoke(self, by: Actor, enterprise: EnterpriseNumber | None, key_id: UUID) -> None:
        """At once here, within a moment in other processes. Raises NotFound."""
        async with self._db.unit() as unit:
            key = await unit.keys.revoke(enterprise, key_id)
            await unit.audit.add(
                enterprise,
                actor=by.name,
                action="key.revoke",
                target=str(key_id),
                detail={"name": key.name},
            )
            unit.config_changed(enterprise or EnterpriseNumber(""), CHANGED)
        self.clear()

    async def actor(self, secret: str) -> Actor:
        """Whoever holds this key.

        Raises:
            Unauthorized: `key_invalid`.
        """
        if not secret.startswith(PREFIX) or len(secret) > _LONGEST:
            raise Unauthorized("key_invalid")
        actor = await self._actors.get(_hash(secret))
        if actor is None:
            raise Unauthorized("key_invalid")
        return actor

    def forget(self, enterprise: EnterpriseNumber) -> None:
        """Forget one tenant's keys and all strangers; the empty number means the platform's."""
        owner = enterprise or None
        self._actors.invalidate_where(lambda _, actor: actor is None or actor.enterprise == owner)

    def clear(self) -> None:
        """Forget what was recognised."""
        self._actors.clear()

    def stats(self) -> Mapping[str, float]:
        """Counters of the cache and its size."""
        counted = {name: float(value) for name, value in asdict(self._actors.stats).items()}
        return {**counted, "size": float(len(self._actors))}

    async def _load(self, key_hash: bytes) -> Actor | None:
        async with self._db.unit() as unit:
            key = await unit.keys.by_hash_everywhere(key_hash)
        if key is None:
            return None
        role = Role.PLATFORM_ADMIN if key.enterprise is None else Role.ENTERPRISE_ADMIN
        return Actor(
            name=f"key:{key.name}", role=role, enterprise=key.enterprise, scopes=key.scopes
        )


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()
