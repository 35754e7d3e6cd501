"""A past period concluded anew."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import Field

from kommutator.domain.tenancy import Permission
from kommutator.doors.http.auth import Tenant, demand, house_of
from kommutator.doors.http.v1.words import Body, Moment, Shown
from kommutator.kit.errors import InvalidInput, Unavailable

router = APIRouter(tags=["calls"])
Admin = Annotated[Tenant, Depends(demand(Permission.CONFIGURE))]
_LONGEST = timedelta(days=31)


class ReprocessOrder(Body):
    """Calls that began in [since, until)."""

    since: Moment
    until: Moment
    dry_run: bool = Field(True, description="Only tell the differences, change nothing.")


class DifferenceShown(Shown):
    field: str
    before: Any
    after: Any


class FindingShown(Shown):
    """A call that is not the same."""

    call_id: str
    outcome: str = Field(description="changed, new or vanished.")
    client: str | None
    started_at: datetime
    differences: list[DifferenceShown]
    into: str | None = Field(description="Of which call it is a part now.")


class ReprocessShown(Shown):
    """The first 500 differences; the counts are of all calls."""

    counts: dict[str, int]
    applied: int
    owed: int = Field(description="Records that CRMs had not got, now on their way.")
    findings: list[FindingShown]


@router.post("/reprocess", summary="Conclude past calls anew")
async def reprocess(request: Request, body: ReprocessOrder, tenant: Admin) -> ReprocessShown:
    """From the events kept in the journal. Calls that still go on are left alone.

    CRMs are sent only records that they never got; nothing is sent twice.
    """
    service = house_of(request).reprocess
    if service is None:
        raise Unavailable("replay_not_here")
    if body.until - body.since > _LONGEST:
        raise InvalidInput("period_too_long", days=_LONGEST.days)
    report = await service.span(
        tenant.enterprise,
        body.since,
        body.until,
        actor=tenant.actor.name,
        apply=not body.dry_run,
    )
    return ReprocessShown.model_validate(report)
