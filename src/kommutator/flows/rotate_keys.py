"""Exchanging the master key: every stored secret comes under the active one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar
from uuid import UUID

import structlog

from kommutator.flows.converse.language_models import place_of_key
from kommutator.flows.grant_secrets import rewrap_grant, rewrap_install
from kommutator.flows.secrets import place_of_secret
from kommutator.flows.whatsapp.keys import place_of
from kommutator.kit.crypto import Vault, VaultError
from kommutator.store.connection_rows import ConnectionRecord

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from kommutator.domain.tenancy import EnterpriseNumber
    from kommutator.store.database import Database
    from kommutator.store.grant_rows import GrantRecord
    from kommutator.store.language_models import StoredModel
    from kommutator.store.oauth_installs import Install
    from kommutator.store.unit import Unit
    from kommutator.store.whatsapp_keys import SealedSession

_log = structlog.get_logger()
_BATCH = 100
Row = TypeVar("Row")
Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Rotation:
    """What exchanging the master key came to. `failed` are connections nobody can open."""

    rewrapped: int
    current: int
    failed: tuple[UUID, ...]


class _Tally:
    def __init__(self) -> None:
        self.rewrapped = 0
        self.current = 0
        self.failed: list[UUID] = []


@dataclass(frozen=True, slots=True)
class _Shelf(Generic[Row, Key]):
    """One kind of stored secrets.

    Attributes:
        page: the next after this key, locked until the unit ends.
        held: what of a row lies under a master key; `rewrapped` the same under the active one,
            raises VaultError.
        lost: told of a row that cannot be opened; the connection to name for it, if it has one.
    """

    page: Callable[[Unit, Key | None], Awaitable[Sequence[Row]]]
    key: Callable[[Row], Key]
    held: Callable[[Row], Any]
    rewrapped: Callable[[Vault, Row], Any]
    reseal: Callable[[Unit, Row, Any], Awaitable[None]]
    lost: Callable[[Row], UUID | None]


async def rotate(db: Database, vault: Vault) -> Rotation:
    """Secrets of connections, OAuth tokens with those before them, installs, sessions, models.

    Safe to repeat and to interrupt: each batch is one transaction, and what is already under the
    active key is only verified.
    """
    tally = _Tally()
    await _all_of(_CONNECTIONS, db, vault, tally)
    await _all_of(_GRANTS, db, vault, tally)
    await _all_of(_INSTALLS, db, vault, tally)
    await _all_of(_SESSIONS, db, vault, tally)
    await _all_of(_MODELS, db, vault, tally)
    return Rotation(tally.rewrapped, tally.current, tuple(dict.fromkeys(tally.failed)))


async def _all_of(shelf: _Shelf[Row, Key], db: Database, vault: Vault, tally: _Tally) -> None:
    after: Key | None = None
    while True:
        async with db.unit() as unit:
            rows = await shelf.page(unit, after)
            for row in rows:
                await _one_of(shelf, unit, vault, row, tally)
        if len(rows) < _BATCH:
            return
        after = shelf.key(rows[-1])


async def _one_of(
    shelf: _Shelf[Row, Key], unit: Unit, vault: Vault, row: Row, tally: _Tally
) -> None:
    try:
        sealed = shelf.rewrapped(vault, row)
    except VaultError:
        if connection_id := shelf.lost(row):
            tally.failed.append(connection_id)
        return
    if sealed == shelf.held(row):
        tally.current += 1
        return
    await shelf.reseal(unit, row, sealed)
    tally.rewrapped += 1


def _connection(vault: Vault, record: ConnectionRecord) -> dict[str, Any]:
    return {
        field: vault.rewrap(envelope, place_of_secret(record.enterprise, record.id, field))
        for field, envelope in record.sealed.items()
    }


_CONNECTIONS: Final[_Shelf[ConnectionRecord, UUID]] = _Shelf(
    page=lambda unit, after: unit.connections.page_everywhere(after=after, limit=_BATCH),
    key=lambda one: one.id,
    held=lambda one: one.sealed,
    rewrapped=_connection,
    reseal=lambda unit, one, sealed: unit.connections.reseal(one.enterprise, one.id, sealed),
    lost=lambda one: one.id,
)
_GRANTS: Final[_Shelf[GrantRecord, UUID]] = _Shelf(
    page=lambda unit, after: unit.grants.page_everywhere(after=after, limit=_BATCH),
    key=lambda one: one.connection_id,
    held=lambda one: (one.sealed, one.previous),
    rewrapped=rewrap_grant,
    reseal=lambda unit, one, both: unit.grants.reseal(one.enterprise, one.connection_id, *both),
    lost=lambda one: one.connection_id,
)


def _lost_install(install: Install) -> None:
    _log.error("rotate.install_unreadable", account=install.account_id)


_INSTALLS: Final[_Shelf[Install, Install]] = _Shelf(
    page=lambda unit, after: unit.oauth_installs.page_everywhere(after=after, limit=_BATCH),
    key=lambda one: one,
    held=lambda one: one.sealed,
    rewrapped=rewrap_install,
    reseal=lambda unit, one, sealed: unit.oauth_installs.reseal_everywhere(one, sealed),
    lost=_lost_install,
)


def _held_session(session: SealedSession) -> dict[str, Any]:
    """Of its keys only the one that seals the others lies under the master key."""
    return {"data_key": session.data_key, "qr": session.qr, "code": session.code}


def _session(vault: Vault, session: SealedSession) -> dict[str, Any]:
    whose = (session.enterprise, session.connection_id)
    return {
        field: envelope and vault.rewrap(envelope, place_of(*whose, field))
        for field, envelope in _held_session(session).items()
    }


_SESSIONS: Final[_Shelf[SealedSession, UUID]] = _Shelf(
    page=lambda unit, after: unit.whatsapp_keys.page_everywhere(after=after, limit=_BATCH),
    key=lambda one: one.connection_id,
    held=_held_session,
    rewrapped=_session,
    reseal=lambda unit, one, sealed: unit.whatsapp_keys.reseal(
        one.enterprise, one.connection_id, **sealed
    ),
    lost=lambda one: one.connection_id,
)


def _model(vault: Vault, model: StoredModel) -> dict[str, Any]:
    assert model.sealed_key is not None  # others are not on these pages
    return vault.rewrap(model.sealed_key, place_of_key(model.enterprise))


def _lost_model(model: StoredModel) -> None:
    _log.error("rotate.model_key_unreadable", enterprise=model.enterprise)


_MODELS: Final[_Shelf[StoredModel, EnterpriseNumber]] = _Shelf(
    page=lambda unit, after: unit.language_models.page_everywhere(after=after, limit=_BATCH),
    key=lambda one: one.enterprise,
    held=lambda one: one.sealed_key,
    rewrapped=_model,
    reseal=lambda unit, one, sealed: unit.language_models.reseal(one.enterprise, sealed),
    lost=_lost_model,
)
