"""Bulk writes: ordered, followed item by item, cancelled, tried again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import NAMESPACE_OID, UUID, uuid5

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from kommutator.domain.bulk import MOST_ITEMS, BulkAction, ItemState, JobState
from kommutator.domain.crm_data import EntityKind
from kommutator.doors.http import sheets
from kommutator.doors.http.amocrm.acting import ByAccount, Repeatable, Signed
from kommutator.doors.http.auth import Tenant, house_of
from kommutator.doors.http.paging import Cursor, Limit, Page, page_of, read_cursor
from kommutator.doors.http.v1.words import Body, Shown
from kommutator.flows.amocrm.bulk import Progress
from kommutator.flows.house import House
from kommutator.flows.once import Plan
from kommutator.store.answered import Asked
from kommutator.store.bulk import ShownItem

router = APIRouter(prefix="/api/v1/amocrm", tags=["amoCRM: cards"])
_PAGE = 1000
_HEAD = ("position", "id", "state", "error", "note", "attempts", "ended_at")


class BulkOrder(Body):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"action": "update", "items": [{"id": 123456, "price": 100000}], "batch": 50}
            ]
        }
    )
    action: BulkAction
    items: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=MOST_ITEMS)] = Field(
        description="As amoCRM takes them; an update has `id` and the keys to change."
    )
    batch: Annotated[int, Field(ge=1, le=250)] | None = Field(
        None, description="Items a request; 50 unless the connection says otherwise."
    )


class BulkShown(BaseModel):
    """A job. `waiting` + `sent` + `done` + `refused` + `cancelled` = `total`."""

    id: UUID
    entity: EntityKind
    action: BulkAction
    state: JobState
    batch: int
    total: int
    waiting: int
    sent: int = Field(description="Left for amoCRM; what became of them is not stored yet.")
    done: int
    refused: int
    cancelled: int
    created_by: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    error: str | None = Field(description="Why it waits, in amoCRM's words.")
    error_hint: str | None = Field(description="What we know about it, slug.")
    next_try_at: datetime | None


class BulkItemShown(Shown):
    position: int = Field(description="From 1, in the order given.")
    entity_id: int | None
    state: ItemState
    error: str | None = Field(description="Why it was refused, in amoCRM's words.")
    note: str | None
    attempts: int
    ended_at: datetime | None


@router.post("/{kind}/bulk", summary="Create or update many cards", status_code=202)
async def order_bulk(
    request: Request,
    by: ByAccount,
    kind: Annotated[EntityKind, Path(description="What the cards are.")],
    body: BulkOrder,
    asked: Repeatable,
) -> BulkShown:
    """Stored at once, written aside, at most at two fifths of what the account allows.

    Two items of one card keep their order. An answer that got lost is looked up before anything
    is written again. With an `Idempotency-Key` a repetition is told of the same job.
    """
    house = house_of(request)

    async def act(plan: Plan) -> str:
        made = await house.bulk.order(
            by.actor,
            by.account,
            kind,
            body.action,
            body.items,
            body.batch,
            None if asked is None else _id_of(asked, plan),
        )
        return str(made.job.id)

    job_id = UUID(await house.once(asked, act))
    return shown(await house.bulk.get(by.actor, by.account.enterprise, job_id))


@router.get("/bulk", summary="List bulk jobs")
async def list_bulk(
    request: Request, tenant: Signed, limit: Limit = 50, cursor: Cursor = None
) -> Page[BulkShown]:
    """Of the accounts that the caller may act by, newest first; 30 days."""
    before = read_cursor(cursor, tuple[datetime, UUID])
    rows = await house_of(request).bulk.page(
        tenant.actor, tenant.enterprise, before=before, limit=limit + 1
    )
    return page_of(rows, limit, shown, lambda row: (row.job.created_at, row.job.id))


@router.get("/bulk/{job_id}", summary="Show a bulk job")
async def show_bulk(request: Request, tenant: Signed, job_id: UUID) -> BulkShown:
    """How far it has come."""
    return shown(await house_of(request).bulk.get(tenant.actor, tenant.enterprise, job_id))


@router.get("/bulk/{job_id}/items", summary="List a bulk job's items with their results")
async def list_bulk_items(
    request: Request,
    tenant: Signed,
    job_id: UUID,
    state: ItemState | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[BulkItemShown]:
    """In the order given."""
    after = read_cursor(cursor, tuple[int])
    rows = await house_of(request).bulk.items(
        tenant.actor,
        tenant.enterprise,
        job_id,
        after=min(after[0], MOST_ITEMS) if after else 0,
        state=state,
        limit=limit + 1,
    )
    return page_of(rows, limit, BulkItemShown.model_validate, lambda row: (row.position,))


@router.get(
    "/bulk/{job_id}/items.csv",
    summary="Download a bulk job's items with their results",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
async def download_bulk_items(
    request: Request,
    tenant: Signed,
    job_id: UUID,
    state: ItemState | None = None,
    separator: Annotated[Literal["semicolon", "comma"], Query()] = "semicolon",
) -> StreamingResponse:
    """For spreadsheets."""
    house = house_of(request)
    await house.bulk.get(tenant.actor, tenant.enterprise, job_id)
    parts = _rows(house, tenant, job_id, state)
    return sheets.download(_HEAD, parts, name=f"bulk-{job_id}", separator=separator)


@router.post("/bulk/{job_id}/cancel", summary="Cancel a bulk job")
async def cancel_bulk(request: Request, tenant: Signed, job_id: UUID) -> BulkShown:
    """Nothing more leaves; what is on its way gets its result. One that has ended answers 409."""
    return shown(await house_of(request).bulk.cancel(tenant.actor, tenant.enterprise, job_id))


@router.post(
    "/bulk/{job_id}/retry", summary="Send a bulk job's refused items again", status_code=202
)
async def retry_bulk(request: Request, tenant: Signed, job_id: UUID) -> BulkShown:
    """But none whose card got a later item's values since; without any it answers 409."""
    return shown(await house_of(request).bulk.retry(tenant.actor, tenant.enterprise, job_id))


def _id_of(asked: Asked, plan: Plan) -> UUID:
    """The same in every try of this request, also after a crash between the job and its answer."""
    return uuid5(NAMESPACE_OID, f"{asked.enterprise} {asked.scope} {asked.key} {plan.stamp}")


def shown(progress: Progress) -> BulkShown:
    job = progress.job
    fields = {name: getattr(job, name) for name in BulkShown.model_fields if hasattr(job, name)}
    counts = {state.value: progress.counts[state] for state in ItemState}
    waits = job.error is not None and job.finished_at is None
    return BulkShown(**fields, **counts, next_try_at=job.due_at if waits else None)


async def _rows(
    house: House, tenant: Tenant, job_id: UUID, state: ItemState | None
) -> AsyncIterator[Sequence[sheets.Row]]:
    after = 0
    while items := await house.bulk.items(
        tenant.actor, tenant.enterprise, job_id, after=after, state=state, limit=_PAGE
    ):
        yield [_row(item) for item in items]
        after = items[-1].position


def _row(item: ShownItem) -> sheets.Row:
    ended = item.ended_at.isoformat(timespec="seconds") if item.ended_at else None
    return (
        item.position, item.entity_id, item.state.value, item.error, item.note, item.attempts,
        ended,
    )  # fmt: skip
