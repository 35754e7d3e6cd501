"""Configurations of connections and who has what switched on, from memory.

Requirement 002: entries live 60 to 120 s and are renewed aside after half of that; everything is
reloaded each 180 to 300 s; one load per key whatever the rush; a saver's NOTIFY drops the entry
after the commit; a lost LISTEN connection drops all. Secrets stay in memory only.
"""

from __future__ import annotations

import hmac
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from uuid import UUID

import structlog

from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus, crm_of
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.secrets import account_without_secrets, digest, open_account
from kommutator.kit.cache import Cache
from kommutator.kit.clock import Clock
from kommutator.kit.crypto import Vault, VaultError
from kommutator.kit.errors import NotFound
from kommutator.kit.ids import Ids
from kommutator.kit.redact import Redactor
from kommutator.settings import Settings
from kommutator.store.connection_rows import ConnectionRecord
from kommutator.store.database import Database

_log = structlog.get_logger()
_SOON_S = 15.0
_TRIES = 3
_ALL = "all"

Accounts = tuple[Account, ...]
Owner = tuple[EnterpriseNumber, UUID]


@dataclass(frozen=True, slots=True)
class _Loaded:
    """Everything of all tenants at one moment."""

    shelves: Mapping[EnterpriseNumber, Accounts]
    owners: Mapping[bytes, Owner]


class Directory:
    """The read side of connections. Reads never lock and, once warm, never wait."""

    def __init__(
        self,
        db: Database,
        vault: Vault,
        settings: Settings,
        *,
        clock: Clock,
        ids: Ids,
        redactor: Redactor | None = None,
    ) -> None:
        self._db = db
        self._vault = vault
        self._settings = settings
        self._clock = clock
        self._ids = ids
        self._redactor = redactor if redactor is not None else Redactor()
        ttl = (settings.cache_ttl_min_s, settings.cache_ttl_max_s)
        soft, size = settings.cache_soft_ratio, settings.cache_size
        self._shelves: Cache[EnterpriseNumber, Accounts] = Cache(
            self._load_shelf, ttl=ttl, soft=soft, max_size=size, clock=clock, ids=ids
        )
        self._whose: Cache[UUID, EnterpriseNumber] = Cache(
            self._load_owner, ttl=ttl, soft=soft, max_size=size, clock=clock, ids=ids
        )
        self._clients: Cache[bytes, Owner | None] = Cache(
            self._load_client, ttl=ttl, soft=soft, max_size=size, clock=clock, ids=ids
        )
        self._active: Cache[str, tuple[EnterpriseNumber, ...]] = Cache(
            self._load_active, ttl=ttl, soft=soft, max_size=1, clock=clock, ids=ids
        )
        self._known: Cache[EnterpriseNumber, bool] = Cache(
            self._load_known, ttl=ttl, soft=soft, max_size=size, clock=clock, ids=ids
        )
        self._full_refreshes = 0

    async def account(self, connection_id: UUID) -> Account:
        """Raises NotFound: `connection_not_found`, also for one that was removed."""
        enterprise = await self._whose.get(connection_id)
        for account in await self._shelves.get(enterprise):
            if account.connection_id == connection_id:
                return account
        raise NotFound("connection_not_found")

    async def accounts(self, enterprise: EnterpriseNumber) -> Accounts:
        """All that belong to one tenant, not to one of its people; whatever their status."""
        return await self._shelves.get(enterprise)

    async def account_of(
        self, enterprise: EnterpriseNumber, kind: ConnectionKind
    ) -> Account | None:
        """The tenant's account of this kind, whatever its status."""
        shelf = await self._shelves.get(enterprise)
        return next((account for account in shelf if account.kind is kind), None)

    async def crm_of(self, enterprise: EnterpriseNumber) -> Account | None:
        """The tenant's CRM, see `domain.connection.crm_of`."""
        return crm_of(await self._shelves.get(enterprise))

    async def by_client_id(self, client_id: str) -> Account | None:
        """Whose hook this is. Looked up and compared by digest: timing tells nothing."""
        wanted = digest(client_id)
        owner = await self._clients.get(wanted)
        if owner is None:
            return None
        enterprise, connection_id = owner
        for account in await self._shelves.get(enterprise):
            held = digest(account.secrets.get("client_id", ""))
            if account.connection_id == connection_id and hmac.compare_digest(held, wanted):
                return account
        return None

    async def known(self, enterprise: EnterpriseNumber) -> None:
        """Whether there is such a tenant, from memory. Raises NotFound: `enterprise_not_found`."""
        await self._known.get(enterprise)

    async def matrix(self, enterprise: EnterpriseNumber) -> Mapping[str, bool]:
        """Kind → whether it is switched on and working for this tenant."""
        shelf = await self._shelves.get(enterprise)
        active = {account.kind for account in shelf if account.status is ConnectionStatus.ACTIVE}
        return {kind.value: kind in active for kind in ConnectionKind}

    async def active_enterprises(self) -> Sequence[EnterpriseNumber]:
        """Active tenants with at least one active connection, by number."""
        return await self._active.get(_ALL)

    async def refresh(self, enterprise: EnterpriseNumber) -> None:
        """Load one tenant now."""
        self._forget_derived(enterprise)
        await self._shelves.refresh(enterprise)

    async def refresh_all(self) -> None:
        """Load everything in one query and swap it in at once.

        What was invalidated meanwhile makes the loaded state doubtful, so it is loaded again.
        """
        for _ in range(_TRIES):
            before = (self._shelves.generation, self._clients.generation)
            loaded = await self._load_all()
            if before == (self._shelves.generation, self._clients.generation):
                self._swap(loaded)
                return
        self.clear()

    async def keep_fresh(self) -> None:
        """Refresh everything again and again, until cancelled."""
        while True:
            await self._clock.sleep(self._pause())
            try:
                await self.refresh_all()
            except Exception as error:  # noqa: BLE001  the entries' own life is the safety net
                _log.warning("directory.refresh_failed", error=type(error).__name__)

    def invalidate(self, enterprise: EnterpriseNumber) -> None:
        """Forget one tenant; the listener calls this after a saver's commit."""
        self._shelves.invalidate(enterprise)
        self._forget_derived(enterprise)

    def clear(self) -> None:
        """Forget all; the listener calls this when it reconnects, for it may have missed some."""
        for cache in (self._shelves, self._whose, self._clients, self._active, self._known):
            cache.clear()

    def stats(self) -> Mapping[str, float]:
        """Counters of the configurations' cache, its size and what ends soon."""
        counted = {name: float(value) for name, value in asdict(self._shelves.stats).items()}
        served = counted["hits"] + counted["stale_hits"]
        asked = served + counted["misses"]
        return {
            **counted,
            "hit_ratio": served / asked if asked else 1.0,
            "size": float(len(self._shelves)),
            "expiring": float(self._shelves.expiring(_SOON_S)),
            "full_refreshes": float(self._full_refreshes),
        }

    async def _load_shelf(self, enterprise: EnterpriseNumber) -> Accounts:
        async with self._db.unit() as unit:
            records = await unit.connections.list(enterprise)
        return self._open(records)

    async def _load_owner(self, connection_id: UUID) -> EnterpriseNumber:
        async with self._db.unit() as unit:
            enterprise = await unit.connections.enterprise_of(connection_id)
        if enterprise is None:
            raise NotFound("connection_not_found")
        return enterprise

    async def _load_known(self, enterprise: EnterpriseNumber) -> bool:
        async with self._db.unit() as unit:
            await unit.enterprises.get(enterprise)
        return True

    async def _load_client(self, client_id_hash: bytes) -> Owner | None:
        async with self._db.unit() as unit:
            return await unit.connections.by_client_id_everywhere(client_id_hash)

    async def _load_active(self, _: str) -> tuple[EnterpriseNumber, ...]:
        async with self._db.unit() as unit:
            return tuple(await unit.connections.active_enterprises_everywhere())

    async def _load_all(self) -> _Loaded:
        async with self._db.unit() as unit:
            records = await unit.connections.all_everywhere()
        shelves = {
            enterprise: self._open(group)
            for enterprise, group in itertools.groupby(records, lambda record: record.enterprise)
        }
        owners = {
            record.client_id_hash: (record.enterprise, record.id)
            for record in records
            if record.client_id_hash is not None
        }
        return _Loaded(shelves, owners)

    def _swap(self, loaded: _Loaded) -> None:
        self._shelves.replace_all(loaded.shelves.items())
        self._clients.replace_all(loaded.owners.items())
        self._whose.replace_all(
            (account.connection_id, enterprise)
            for enterprise, shelf in loaded.shelves.items()
            for account in shelf
        )
        self._active.clear()
        self._full_refreshes += 1

    def _open(self, records: Iterable[ConnectionRecord]) -> Accounts:
        return tuple(map(self._open_one, records))

    def _open_one(self, record: ConnectionRecord) -> Account:
        """One unreadable secret breaks its own connection, never the tenant's others."""
        try:
            account = open_account(self._vault, record)
        except VaultError as error:
            _log.error(
                "directory.secret_unreadable",
                enterprise=record.enterprise,
                connection_id=str(record.id),
                reason=str(error),
            )
            return replace(account_without_secrets(record), status=ConnectionStatus.BROKEN)
        self._redactor.register(*account.secrets.values())
        return account

    def _forget_derived(self, enterprise: EnterpriseNumber) -> None:
        self._clients.invalidate_where(lambda _, owner: owner is None or owner[0] == enterprise)
        self._active.clear()

    def _pause(self) -> float:
        shortest, longest = self._settings.refresh_min_s, self._settings.refresh_max_s
        pause = shortest + (longest - shortest) * self._ids.uniform()
        return pause * (1 + self._settings.refresh_jitter * (2 * self._ids.uniform() - 1))
