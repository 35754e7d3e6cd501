"""amoCRM: its accounts and how we are let in, its fields, and what it tells us."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form
from fastapi.responses import HTMLResponse, Response

from kommutator.domain.connection import ConnectionKind, ConnectionStatus
from kommutator.domain.crm_data import EntityKind
from kommutator.domain.tenancy import Permission
from kommutator.doors.console.amocrm_cards import accounts_of
from kommutator.doors.console.render import go, page
from kommutator.doors.console.visit import PageRoute, Visit, visit
from kommutator.store.crm_hooks import HookState
from kommutator.store.crm_reads import CrmRead
from kommutator.store.unit import Unit
from kommutator.store.views import ConnectionLine, CrmViews
from kommutator.store.views.crm import GrantLine

router = APIRouter(route_class=PageRoute)
Seen = Annotated[Visit, Depends(visit)]


@dataclass(frozen=True, slots=True)
class ShownAccount:
    """One connected account with everything a page may want of it."""

    line: ConnectionLine
    account_id: str
    grant: GrantLine | None
    hook: HookState | None
    reads: Sequence[CrmRead]

    @property
    def bad(self) -> bool:
        """A person has to do something."""
        lost = self.grant is not None and self.grant.state != "active"
        return lost or self.line.status == "broken" or self.line.parked_reason is not None


@dataclass(frozen=True, slots=True)
class ShownFields:
    """The custom fields of one account, as last read."""

    name: str
    fields: Sequence[Mapping[str, Any]]
    read_at: datetime | None


@router.get("/connections/amocrm")
async def accounts_page(see: Seen) -> HTMLResponse:
    enterprise = see.demand(Permission.CONFIGURE)
    async with see.house.db.unit() as unit:
        accounts = await shown_accounts(see, unit)
        grants = await CrmViews(unit.connection).grants(enterprise)
    app = see.house.amocrm.app
    return await page(
        see,
        "amocrm.html",
        accounts=accounts,
        personal=[grant for grant in grants if grant.held_by is not None],
        ready=app.ready,
        redirect_uri=app.redirect_uri,
    )


@router.get("/amocrm/hooks")
async def hooks_page(see: Seen) -> HTMLResponse:
    see.demand(Permission.CONFIGURE)
    async with see.house.db.unit() as unit:
        accounts = await shown_accounts(see, unit)
    return await page(see, "amocrm_hooks.html", accounts=accounts)


@router.get("/amocrm/fields")
async def fields_page(see: Seen, kind: EntityKind = EntityKind.LEADS) -> HTMLResponse:
    enterprise = see.demand(Permission.CONFIGURE)
    shown: list[ShownFields] = []
    async with see.house.db.unit() as unit:
        for line in (await accounts_of(unit.connection, enterprise)).values():
            held = await unit.crm_references.get(enterprise, line.id, f"fields:{kind.value}")
            shown.append(
                ShownFields(line.name, held.data if held else (), held.read_at if held else None)
            )
    return await page(see, "amocrm_fields.html", accounts=shown, kind=kind.value)


@router.post("/amocrm/fields/sync")
async def sync_fields(see: Seen, kind: Annotated[EntityKind, Form()]) -> Response:
    """Of every account that works; one that refuses says so."""
    enterprise = see.demand(Permission.CONFIGURE)
    for account in await see.house.directory.accounts(enterprise):
        working = account.status is ConnectionStatus.ACTIVE
        if working and account.kind is ConnectionKind.AMOCRM:
            await see.house.amocrm_fields.sync(account)
    return go(f"/console/amocrm/fields?kind={kind.value}", done="amocrm_fields_read")


async def shown_accounts(see: Visit, unit: Unit) -> list[ShownAccount]:
    """The enterprise's accounts, the oldest first."""
    enterprise = see.demand(Permission.CONFIGURE)
    views = CrmViews(unit.connection)
    lines = await accounts_of(unit.connection, enterprise)
    grants = {grant.connection_id: grant for grant in await views.grants(enterprise)}
    return [
        ShownAccount(
            line=line,
            account_id=str(line.config.get("account_id") or ""),
            grant=grants.get(line.id),
            hook=await unit.crm_hooks.get(enterprise, line.id),
            reads=await unit.crm_reads.of(enterprise, line.id),
        )
        for line in lines.values()
    ]
