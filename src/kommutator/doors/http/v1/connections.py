"""Accounts at vendors: seen, paused, resumed, removed. Secrets are never shown, only named."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import Field

from kommutator.domain.connection import ConnectionKind, ConnectionStatus
from kommutator.domain.tenancy import Permission
from kommutator.doors.http.auth import Tenant, demand, house_of
from kommutator.doors.http.paging import Page
from kommutator.doors.http.v1.words import Shown
from kommutator.flows import connections
from kommutator.kit.redact import MASK
from kommutator.store.connection_rows import ConnectionRecord

router = APIRouter(prefix="/connections", tags=["connections"])
Admin = Annotated[Tenant, Depends(demand(Permission.CONFIGURE))]


class ConnectionShown(Shown):
    id: UUID
    kind: ConnectionKind
    name: str
    base_url: str
    status: ConnectionStatus
    status_reason: str | None
    status_detail: str | None
    status_since: datetime
    config: dict[str, Any]
    secrets: dict[str, str] = Field(description="Which secrets there are; values are masked.")
    version: int
    last_sync_at: datetime | None
    created_at: datetime
    updated_at: datetime


@router.get("", summary="List connections")
async def list_connections(request: Request, tenant: Admin) -> Page[ConnectionShown]:
    """Always complete; people's own accounts are not among them."""
    async with house_of(request).db.unit() as unit:
        rows = await unit.connections.list(tenant.enterprise)
    return Page(items=[_shown(row) for row in rows], next_cursor=None)


@router.get("/{connection_id}", summary="Show a connection")
async def show_connection(request: Request, connection_id: UUID, tenant: Admin) -> ConnectionShown:
    """Removed ones are still found, without secrets; people's own accounts are not."""
    async with house_of(request).db.unit() as unit:
        record = await unit.connections.get(tenant.enterprise, connection_id)
    return _shown(connections.unless_personal(record))


@router.post("/{connection_id}/pause", summary="Pause a connection")
async def pause_connection(request: Request, connection_id: UUID, tenant: Admin) -> ConnectionShown:
    """Work waits in the outbox."""
    house = house_of(request)
    return _shown(
        await connections.pause(house, tenant.actor.name, tenant.enterprise, connection_id)
    )


@router.post("/{connection_id}/resume", summary="Resume a paused connection")
async def resume_connection(
    request: Request, connection_id: UUID, tenant: Admin
) -> ConnectionShown:
    """Only what was paused; a broken or unfinished one must be connected again."""
    house = house_of(request)
    return _shown(
        await connections.resume(house, tenant.actor.name, tenant.enterprise, connection_id)
    )


@router.delete("/{connection_id}", summary="Remove a connection", status_code=204)
async def delete_connection(request: Request, connection_id: UUID, tenant: Admin) -> None:
    """Wipes its secrets and ends the sessions entered through it; the history stays."""
    house = house_of(request)
    await connections.remove(house, tenant.actor, tenant.enterprise, connection_id)


def _shown(record: ConnectionRecord) -> ConnectionShown:
    fields = {
        name: getattr(record, name)
        for name in ConnectionShown.model_fields
        if name not in ("secrets", "config")
    }
    return ConnectionShown(
        **fields, config=record.config, secrets=dict.fromkeys(sorted(record.sealed), MASK)
    )
