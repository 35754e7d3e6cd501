"""The salon's day: who is with whom, when somebody is free, and the way to a visit from there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from kommutator.domain.connection import Account, ConnectionStatus
from kommutator.domain.salon.facts import Service
from kommutator.domain.tenancy import Permission
from kommutator.doors.console import formats
from kommutator.doors.console.cabinet import IN_CABINET
from kommutator.doors.console.live import CALM_S
from kommutator.doors.console.render import page
from kommutator.doors.console.salon_grid import Grid, grid_of
from kommutator.doors.console.visit import PageRoute, Visit, visit
from kommutator.doors.http.paging import BIGGEST_ID
from kommutator.flows.salon.services import VisitDesk
from kommutator.kit.errors import NotFound, Unavailable

router = APIRouter(route_class=PageRoute, dependencies=[IN_CABINET])
Seen = Annotated[Visit, Depends(visit)]
ServiceIds = Annotated[list[str], Query(max_length=10)]
_MOST_SERVICES = 5
_LONGEST_ID = len(str(BIGGEST_ID))
_FIRST, _LAST = date(2000, 1, 1), date(2100, 1, 1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look at. `staff`: the one shown on a phone; 0: the first."""

    connection_id: UUID
    day: date
    services: tuple[int, ...] = ()
    staff: int = 0

    def url(self, **changes: Any) -> str:
        """Of this page with some of it changed."""
        words: dict[str, Any] = {"date": self.day.isoformat(), "staff": self.staff or None}
        words |= {"service": self.services, **changes}
        query = urlencode({name: one for name, one in words.items() if one}, doseq=True)
        return f"/console/salons/{self.connection_id}/day?{query}"

    def on(self, days: int) -> str:
        """So many days later."""
        return self.url(date=(self.day + timedelta(days=days)).isoformat())


@router.get("/day")
async def any_day(see: Seen) -> Response:
    """Of the first salon there is."""
    enterprise = see.demand(Permission.READ_SALON)
    salons = await desk_of(see).accounts.all(enterprise)
    if not salons:
        raise NotFound("salon_not_connected")
    return RedirectResponse(f"/console/salons/{salons[0].connection_id}/day", 303)


@router.get("/salons/{connection_id}/day")
async def day_page(
    see: Seen,
    connection_id: UUID,
    *,
    date: str = "",
    service: ServiceIds = [],  # noqa: B006  FastAPI copies it
    staff: str = "",
    part: str = "",
    seen: str = "",
) -> Response:
    """The page; its `part`, the table, waits while nothing differs from what was `seen`."""
    account = await account_of(see, connection_id)
    wanted = await _wanted(see, account, date, service, staff)
    told = await _tell(see, account, wanted)
    if not part:
        return await _whole(see, account, told)
    if seen == told["mark"]:
        await see.house.news.wait(about(connection_id), CALM_S)
        told = await _tell(see, account, wanted)
        if seen == told["mark"]:
            return Response(status_code=204)
    return await page(see, "parts/salon_grid.html", **told)


def desk_of(see: Visit) -> VisitDesk:
    """Raises Unavailable: `yclients_not_set_up`."""
    if see.house.visits is None:
        raise Unavailable("yclients_not_set_up")
    return see.house.visits


async def account_of(
    see: Visit, connection_id: UUID, permission: Permission = Permission.READ_SALON
) -> Account:
    """Raises NotFound `salon_unknown`, and as `demand` and `desk_of`."""
    enterprise = see.demand(permission)
    return await desk_of(see).accounts.connected(enterprise, connection_id)


def about(connection_id: UUID) -> Callable[[str], bool]:
    """News of this salon's visits."""
    sign = f'"salon":"{connection_id}"'
    return lambda item: sign in item


def day_or(text: str, otherwise: date) -> date:
    """A link that somebody bent shows the usual day."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return otherwise
    return day if _FIRST <= day <= _LAST else otherwise


def number_or(text: str, otherwise: int = 0) -> int:
    plain = text.isascii() and text.isdigit() and len(text) < _LONGEST_ID
    return int(text) if plain else otherwise


async def _wanted(
    see: Visit, account: Account, day: str, services: list[str], staff: str
) -> Wanted:
    today = (await desk_of(see).shelf.now(account)).date()
    ids = dict.fromkeys(number for text in services if (number := number_or(text)))
    return Wanted(
        account.connection_id,
        day_or(day, today),
        tuple(ids)[:_MOST_SERVICES],
        number_or(staff),
    )


async def _tell(see: Visit, account: Account, wanted: Wanted) -> dict[str, Any]:
    """What `parts/salon_grid.html` needs."""
    view = await see.house.salons.day(account, wanted.day, services=wanted.services)
    grid = grid_of(view)
    works = account.status is ConnectionStatus.ACTIVE
    return {
        "grid": grid,
        "wanted": wanted,
        "works": works,
        "mark": _mark(grid, works=works),
        "picked": _picked(grid, wanted.staff),
        "day_words": formats.whole_day(wanted.day, see.locale),
        "zone": view.salon.salon.time_zone,
    }


async def _whole(see: Visit, account: Account, told: dict[str, Any]) -> HTMLResponse:
    desk = desk_of(see)
    services = [one for one in await desk.shelf.services(account) if one.active]
    return await page(
        see,
        "salon_day.html",
        account=account,
        record={"id": account.connection_id, "name": account.name},
        tab="day",
        salons=await desk.accounts.all(account.enterprise),
        services=_by_category(
            services, await see.house.salons.kept(account.enterprise, account.connection_id)
        ),
        today=(await desk.shelf.now(account)).date(),
        **told,
    )


def _by_category(services: list[Service], kept: Any) -> list[tuple[str, list[Service]]]:
    """Groups with their titles in the salon's order; what has no group comes last."""
    titles = {one.id: one.title for one in kept.categories}
    groups: dict[str, list[Service]] = {}
    for service in services:
        groups.setdefault(titles.get(service.category_id, ""), []).append(service)
    return sorted(groups.items(), key=lambda group: not group[0])


def _picked(grid: Grid, staff: int) -> int:
    """The column that a phone shows: the one asked for, else the first who works."""
    ids = [one.id for one in grid.staff]
    return ids.index(staff) if staff in ids else next(iter(grid.working), 0)


def _mark(grid: Grid, *, works: bool) -> str:
    """Changes whenever the table would."""
    return hashlib.sha256(repr((grid, works)).encode()).hexdigest()[:16]
