"""Which salon a request is about, and who may."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Header, Query, Request

from kommutator.domain.connection import Account
from kommutator.domain.tenancy import Actor, Permission
from kommutator.doors.http.auth import Tenant, demand, house_of
from kommutator.doors.http.paging import BIGGEST_ID
from kommutator.flows.house import House
from kommutator.flows.salon.services import VisitDesk
from kommutator.kit.errors import TooMany, Unavailable
from kommutator.kit.throttle import Throttle
from kommutator.store.answered import Asked

_ASKED_A_SECOND, _ASKED_AT_ONCE = 1.0, 60
SalonId = Annotated[
    int | None,
    Query(
        alias="company_id",
        description="The salon's number at YClients; needed where there are several.",
        ge=1,
        le=BIGGEST_ID,
        examples=[962302],
    ),
]
Reading = Annotated[Tenant, Depends(demand(Permission.READ_SALON))]
Booking = Annotated[Tenant, Depends(demand(Permission.BOOK))]


@dataclass(frozen=True, slots=True)
class InSalon:
    """Who asks, in which salon; `zone` is the salon's."""

    actor: Actor
    account: Account
    desk: VisitDesk
    zone: ZoneInfo

    def local(self, moment: datetime) -> datetime:
        """The salon's own time, as visits are kept: one without a zone is that already."""
        if moment.tzinfo is None:
            return moment
        return moment.astimezone(self.zone).replace(tzinfo=None)

    def shown(self, local: datetime) -> datetime:
        """With the salon's offset."""
        return local.replace(tzinfo=self.zone)


def desk_of(request: Request) -> VisitDesk:
    """Raises Unavailable `yclients_not_set_up`."""
    desk = house_of(request).visits
    if desk is None:
        raise Unavailable("yclients_not_set_up")
    return desk


async def reading(request: Request, tenant: Reading, company_id: SalonId = None) -> InSalon:
    """Raises NotFound `salon_unknown`, `salon_not_connected`; Conflict `salons_several`."""
    desk = desk_of(request)
    account = await desk.accounts.of(tenant.enterprise, company_id)
    return await in_salon(tenant, account, desk)


async def working(request: Request, tenant: Booking, company_id: SalonId = None) -> InSalon:
    """To act at the vendor. As `reading`, and Conflict `salon_not_working`, TooMany."""
    desk = desk_of(request)
    account = await desk.accounts.working(tenant.enterprise, company_id)
    ask_vendor(request, account)
    return await in_salon(tenant, account, desk)


def throttle(house: House) -> Throttle:
    """How often the vendor may be asked for one salon, in this process."""
    return Throttle(_ASKED_A_SECOND, _ASKED_AT_ONCE, house.clock)


def ask_vendor(request: Request, account: Account) -> None:
    """This request will ask the vendor, whose allowance all tenants' salons share.

    Raises TooMany: `too_many_requests`.
    """
    limits: Throttle = request.app.state.salon_throttle
    if wait := limits.take(account.connection_id.hex):
        raise TooMany("too_many_requests", retry_after=wait)


async def in_salon(tenant: Tenant, account: Account, desk: VisitDesk) -> InSalon:
    salon = await desk.shelf.salon(account)
    return InSalon(tenant.actor, account, desk, ZoneInfo(salon.time_zone))


BySalon = Annotated[InSalon, Depends(reading)]
AtSalon = Annotated[InSalon, Depends(working)]
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="Repeat the request with the same key: it is done once. Kept for a day.",
        min_length=1,
        max_length=200,
    ),
]


async def asked(request: Request, by: InSalon, key: str | None) -> Asked | None:
    """What a repetition of this request is known by; None: the client marks none."""
    if key is None:
        return None
    who = str(by.actor.user_id or by.actor.name)
    scope = f"{who} {request.method} {request.url.path} {by.account.connection_id}"
    return Asked(by.account.enterprise, scope, key, await request.body())
