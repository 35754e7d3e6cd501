"""Exchanging the master key: every stored secret comes under the active one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog

from kommutator.flows.converse.language_models import place_of_key
from kommutator.flows.grant_secrets import rewrap_grant, rewrap_install
from kommutator.flows.secrets import place_of_secret
from kommutator.flows.whatsapp.keys import place_of
from kommutator.kit.crypto import Vault, VaultError
from kommutator.store.connection_rows import ConnectionRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kommutator.store.database import Database
    from kommutator.store.grant_rows import GrantRecord
    from kommutator.store.language_models import StoredModel
    from kommutator.store.oauth_installs import Install
    from kommutator.store.unit import Unit
    from kommutator.store.whatsapp_keys import SealedSession

_log = structlog.get_logger()
_BATCH = 100


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


async def rotate(db: Database, vault: Vault) -> Rotation:
    """Secrets of connections, OAuth tokens with those before them, installs, sessions, models.

    Safe to repeat and to interrupt: each batch is one transaction, and what is already under the
    active key is only verified.
    """
    tally = _Tally()
    after: UUID | None = None
    while True:
        async with db.unit() as unit:
            connections = await unit.connections.page_everywhere(after=after, limit=_BATCH)
            for record in connections:
                await _connection(unit, vault, record, tally)
        if len(connections) < _BATCH:
            break
        after = connections[-1].id
    after = None
    while True:
        async with db.unit() as unit:
            grants: Sequence[GrantRecord] = await unit.grants.page_everywhere(
                after=after, limit=_BATCH
            )
            for grant in grants:
                await _grant(unit, vault, grant, tally)
        if len(grants) < _BATCH:
            break
        after = grants[-1].connection_id
    last: Install | None = None
    while True:
        async with db.unit() as unit:
            installs = await unit.oauth_installs.page_everywhere(after=last, limit=_BATCH)
            for install in installs:
                await _install(unit, vault, install, tally)
        if len(installs) < _BATCH:
            break
        last = installs[-1]
    await _sessions(db, vault, tally)
    await _models(db, vault, tally)
    return Rotation(tally.rewrapped, tally.current, tuple(dict.fromkeys(tally.failed)))


async def _connection(unit: Unit, vault: Vault, record: ConnectionRecord, tally: _Tally) -> None:
    try:
        sealed = _rewrap(vault, record)
    except VaultError:
        tally.failed.append(record.id)
        return
    if sealed == record.sealed:
        tally.current += 1
        return
    await unit.connections.reseal(record.enterprise, record.id, sealed)
    tally.rewrapped += 1


async def _grant(unit: Unit, vault: Vault, grant: GrantRecord, tally: _Tally) -> None:
    try:
        sealed, previous = rewrap_grant(vault, grant)
    except VaultError:
        tally.failed.append(grant.connection_id)
        return
    if (sealed, previous) == (grant.sealed, grant.previous):
        tally.current += 1
        return
    await unit.grants.reseal(grant.enterprise, grant.connection_id, sealed, previous)
    tally.rewrapped += 1


async def _sessions(db: Database, vault: Vault, tally: _Tally) -> None:
    after: UUID | None = None
    while True:
        async with db.unit() as unit:
            sessions = await unit.whatsapp_keys.page_everywhere(after=after, limit=_BATCH)
            for session in sessions:
                await _session(unit, vault, session, tally)
        if len(sessions) < _BATCH:
            return
        after = sessions[-1].connection_id


async def _session(unit: Unit, vault: Vault, session: SealedSession, tally: _Tally) -> None:
    """Of its keys only the one that seals the others lies under the master key."""
    whose = (session.enterprise, session.connection_id)
    held = {"data_key": session.data_key, "qr": session.qr, "code": session.code}
    try:
        sealed = {
            field: envelope and vault.rewrap(envelope, place_of(*whose, field))
            for field, envelope in held.items()
        }
    except VaultError:
        tally.failed.append(session.connection_id)
        return
    if sealed == held:
        tally.current += 1
        return
    await unit.whatsapp_keys.reseal(
        *whose, data_key=sealed["data_key"] or {}, qr=sealed["qr"], code=sealed["code"]
    )
    tally.rewrapped += 1


async def _models(db: Database, vault: Vault, tally: _Tally) -> None:
    after = None
    while True:
        async with db.unit() as unit:
            models = await unit.language_models.page_everywhere(after=after, limit=_BATCH)
            for model in models:
                await _model(unit, vault, model, tally)
        if len(models) < _BATCH:
            return
        after = models[-1].enterprise


async def _model(unit: Unit, vault: Vault, model: StoredModel, tally: _Tally) -> None:
    assert model.sealed_key is not None  # others are not on these pages
    try:
        sealed = vault.rewrap(model.sealed_key, place_of_key(model.enterprise))
    except VaultError:
        _log.error("rotate.model_key_unreadable", enterprise=model.enterprise)
        return
    if sealed == model.sealed_key:
        tally.current += 1
        return
    await unit.language_models.reseal(model.enterprise, sealed)
    tally.rewrapped += 1


async def _install(unit: Unit, vault: Vault, install: Install, tally: _Tally) -> None:
    try:
        sealed = rewrap_install(vault, install)
    except VaultError:
        _log.error("rotate.install_unreadable", account=install.account_id)
        return
    if sealed == install.sealed:
        tally.current += 1
        return
    await unit.oauth_installs.reseal_everywhere(install, sealed)
    tally.rewrapped += 1


def _rewrap(vault: Vault, record: ConnectionRecord) -> dict[str, Any]:
    return {
        field: vault.rewrap(envelope, place_of_secret(record.enterprise, record.id, field))
        for field, envelope in record.sealed.items()
    }
