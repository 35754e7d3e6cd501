"""Free starts, from our copy."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from kommutator.doors.http.paging import BIGGEST_ID
from kommutator.doors.http.salons.acting import BySalon
from kommutator.doors.http.salons.shown import StartShown, start_shown
from kommutator.kit.errors import InvalidInput

router = APIRouter(prefix="/api/yclients", tags=["YClients: visits"])
LONGEST_DAYS = 62
_LATEST = date.max - timedelta(days=LONGEST_DAYS)  # days are counted from here
Id = Annotated[int, Query(ge=1, le=BIGGEST_ID)]


class Slots(BaseModel):
    success: bool = True
    data: list[StartShown]


@router.get("/slots", summary="Free times")
async def free_times(
    by: BySalon,
    *,
    service_ids: Annotated[list[Id], Query(max_length=20)],
    staff_id: Annotated[int, Query(ge=0, le=BIGGEST_ID, description="0: anybody.")] = 0,
    date_from: date | None = None,
    date_to: date | None = None,
) -> Slots:
    """When these services can begin, together. At most 62 days; from today for a week by default.

    Of "anybody" each employee's starts are listed.
    """
    first = date_from or (await by.desk.shelf.now(by.account)).date()
    last = date_to or min(first, _LATEST) + timedelta(days=6)
    if not 0 <= (last - first).days < LONGEST_DAYS or last > _LATEST:
        raise InvalidInput("salon_days_invalid", most=LONGEST_DAYS)
    known = {service.id for service in await by.desk.shelf.services(by.account)}
    if not known.issuperset(service_ids):
        raise InvalidInput("booking_service_unknown")
    starts = await by.desk.shelf.free(by.account, service_ids, staff_id, first, last)
    return Slots(data=[start_shown(by, start) for start in starts])
