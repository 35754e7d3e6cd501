"""Bulk writes to amoCRM: a file handed in, its progress live, what was refused and why."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, File, Form, UploadFile
from fastapi.responses import HTMLResponse, Response

from kommutator.domain.bulk import OPEN, BulkAction, ItemState
from kommutator.domain.bulk_sheet import read_sheet
from kommutator.domain.crm_data import EntityKind
from kommutator.domain.tenancy import EnterpriseNumber, Permission
from kommutator.doors.console.render import go, page
from kommutator.doors.console.visit import PageRoute, Visit, visit
from kommutator.flows.amocrm.bulk import Progress
from kommutator.kit.errors import UserError
from kommutator.store.connection_rows import ConnectionRecord

router = APIRouter(route_class=PageRoute, prefix="/amocrm/bulk")
Seen = Annotated[Visit, Depends(visit)]
_HERE = "/console/amocrm/bulk"
_JOBS = 30
_REFUSED = 100


@router.get("")
async def jobs_page(see: Seen) -> HTMLResponse:
    """The latest jobs of the accounts that the visitor may act by, and the form of a new one."""
    enterprise = see.demand(Permission.READ_CALLS)
    accounts = await _accounts(see, enterprise)
    jobs = await see.house.bulk.page(see.actor, enterprise, limit=_JOBS) if accounts else []
    return await page(
        see,
        "amocrm_bulk.html",
        jobs=jobs,
        accounts=accounts,
        names={record.id: record.name for record in accounts},
        kinds=[kind.value for kind in EntityKind],
        actions=[action.value for action in BulkAction],
    )


@router.post("")
async def order(
    see: Seen,
    file: Annotated[UploadFile, File()],
    kind: Annotated[EntityKind, Form()],
    action: Annotated[BulkAction, Form()],
    account: Annotated[str, Form(max_length=64)] = "",
    batch: Annotated[int, Form(ge=1, le=250)] = 50,
) -> Response:
    """A table or a JSON list, as `domain.bulk_sheet` reads them."""
    enterprise = see.demand(Permission.READ_CALLS)
    by = await see.house.amocrm_accounts.acting(see.actor, enterprise, account or None)
    items = read_sheet(await file.read())
    made = await see.house.bulk.order(see.actor, by, kind, action, items, batch)
    return go(f"{_HERE}/{made.job.id}")


@router.get("/{job_id}")
async def job_page(see: Seen, job_id: UUID) -> HTMLResponse:
    return await _job(see, job_id, "amocrm_bulk_job.html")


@router.get("/{job_id}/state")
async def state_part(see: Seen, job_id: UUID) -> HTMLResponse:
    """Asked again each second while the job lasts."""
    return await _job(see, job_id, "parts/bulk_state.html")


@router.post("/{job_id}/cancel")
async def cancel(see: Seen, job_id: UUID) -> Response:
    enterprise = see.demand(Permission.READ_CALLS)
    await see.house.bulk.cancel(see.actor, enterprise, job_id)
    return go(f"{_HERE}/{job_id}")


@router.post("/{job_id}/retry")
async def retry(see: Seen, job_id: UUID) -> Response:
    enterprise = see.demand(Permission.READ_CALLS)
    await see.house.bulk.retry(see.actor, enterprise, job_id)
    return go(f"{_HERE}/{job_id}")


async def _job(see: Visit, job_id: UUID, template: str) -> HTMLResponse:
    enterprise = see.demand(Permission.READ_CALLS)
    bulk = see.house.bulk
    seen = await bulk.get(see.actor, enterprise, job_id)
    refused = (
        await bulk.items(see.actor, enterprise, job_id, state=ItemState.REFUSED, limit=_REFUSED)
        if seen.counts[ItemState.REFUSED]
        else []
    )
    stands = await _stands(see, enterprise, seen)
    return await page(
        see,
        template,
        seen=seen,
        job=seen.job,
        counts={state.value: n for state, n in seen.counts.items()},
        lasts=seen.job.state in OPEN,
        refused=refused,
        stands=stands,
    )


async def _stands(see: Visit, enterprise: EnterpriseNumber, seen: Progress) -> str:
    """The state of a connection that keeps the job waiting; empty: it works."""
    for record in await _accounts(see, enterprise):
        if record.id == seen.job.connection_id and record.status != "active":
            return record.status.value
    return ""


async def _accounts(see: Visit, enterprise: EnterpriseNumber) -> list[ConnectionRecord]:
    try:
        return list(await see.house.amocrm_accounts.usable(see.actor, enterprise))
    except UserError:
        return []
