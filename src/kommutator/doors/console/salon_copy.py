"""A salon from our copy: its clients and their visits, how fresh it is, whether it calls us."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Path
from fastapi.responses import HTMLResponse, Response

from kommutator.domain.tenancy import Permission
from kommutator.doors.console.cabinet import IN_CABINET
from kommutator.doors.console.render import go, page
from kommutator.doors.console.visit import PageRoute, Visit, visit
from kommutator.doors.http.paging import BIGGEST_ID
from kommutator.kit.given import on_calendar

router = APIRouter(route_class=PageRoute, prefix="/salons", dependencies=[IN_CABINET])
Seen = Annotated[Visit, Depends(visit)]
ClientId = Annotated[int, Path(ge=1, le=BIGGEST_ID)]
_PAGE = 50
_LONGEST_ID = 18


@router.get("/{connection_id}/sync")
async def sync_page(see: Seen, connection_id: UUID) -> HTMLResponse:
    enterprise = see.demand(Permission.CONFIGURE)
    record = await see.house.yclients.leave.record(enterprise, connection_id)
    state = await see.house.salons.sync(enterprise, connection_id)
    return await page(see, "salon_sync.html", record=record, tab="sync", s=state)


@router.post("/sync")
async def sync_now(see: Seen, connection_id: Annotated[UUID, Form()]) -> Response:
    """Read everything anew, beginning now."""
    enterprise = see.demand(Permission.CONFIGURE)
    await see.house.yclients.leave.record(enterprise, connection_id)
    await see.house.salons.refresh(enterprise, connection_id)
    return go(f"/console/salons/{connection_id}/sync", done="salon_sync_begun")


@router.get("/{connection_id}/clients")
async def clients_page(
    see: Seen, connection_id: UUID, q: str = "", after: str = "", part: str = ""
) -> HTMLResponse:
    enterprise = see.demand(Permission.READ_SALON)
    record = await see.house.yclients.leave.record(enterprise, connection_id)
    text = q.strip()[:200].replace("\x00", "")
    found = await see.house.salons.clients(
        enterprise, connection_id, text, after=_after(after), limit=_PAGE + 1
    )
    here, more = found[:_PAGE], ""
    if len(found) > _PAGE:
        query = urlencode({"q": text, "after": f"{here[-1].id}~{here[-1].name.lower()}"})
        more = f"/console/salons/{connection_id}/clients?{query}"
    return await page(
        see,
        "parts/salon_clients.html" if part else "salon_clients.html",
        record=record,
        tab="clients",
        q=text,
        clients=here,
        more=more,
    )


@router.get("/{connection_id}/clients/{client_id}")
async def client_page(
    see: Seen, connection_id: UUID, client_id: ClientId, before: str = "", part: str = ""
) -> HTMLResponse:
    """A client's card with their visits, the latest first."""
    enterprise = see.demand(Permission.READ_SALON)
    record = await see.house.yclients.leave.record(enterprise, connection_id)
    client = await see.house.salons.client(enterprise, connection_id, client_id)
    found = await see.house.salons.history(
        enterprise, connection_id, client_id, before=_before(before), limit=_PAGE + 1
    )
    here, more = found[:_PAGE], ""
    if len(found) > _PAGE:
        query = urlencode({"before": f"{here[-1].starts_at.isoformat()}~{here[-1].id}"})
        more = f"/console/salons/{connection_id}/clients/{client_id}?{query}"
    async with see.house.db.single() as unit:
        staff = await unit.salon_lists.staff(enterprise, connection_id, gone=True)
    return await page(
        see,
        "parts/salon_visits.html" if part else "salon_client.html",
        record=record,
        tab="clients",
        client=client,
        visits=here,
        staff={one.id: one.name for one in staff},
        more=more,
    )


def _after(given: str) -> tuple[str, int] | None:
    """A link that somebody bent counts as the first page."""
    number, _, name = given.replace("\x00", "").partition("~")
    plain = number.isascii() and number.isdigit() and len(number) <= _LONGEST_ID
    return (name, int(number)) if plain else None


def _before(given: str) -> tuple[datetime, int] | None:
    """Likewise."""
    moment, _, number = given.partition("~")
    try:
        at = datetime.fromisoformat(moment)
        on_calendar(at.replace(tzinfo=UTC))
        return None if at.tzinfo else (at, int(number[:_LONGEST_ID]))
    except ValueError:
        return None
