"""A running service whose salon is installed and copied, and callers who may book there."""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from unittest.mock import patch
from uuid import UUID

from kommutator.domain.connection import Account
from kommutator.domain.salon.copy import TASKS
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Permission, Role
from kommutator.flows.salon.services import VisitDesk
from tests.support.service import Answer, Caller
from tests.support.waiting import eventually
from tests.support.yclients_service import (
    HERE,
    SALON,
    THERE,
    SalonService,
    open_salon_service,
)
from tests.support.yclients_town import YTown

PHONE = "+70000000555"
READ_S = 60.0  # on a crowded machine


@dataclass(frozen=True)
class BookingService:
    """Attributes:
    api: an API key of 0367 that reads and books; `neighbour`: one of 0411.
    key: the one of 0367.
    """

    service: SalonService
    connection: UUID
    api: Caller
    neighbour: Caller
    key: str

    @property
    def twin(self) -> YTown:
        return self.service.twin

    @property
    def desk(self) -> VisitDesk:
        assert self.service.house.visits is not None
        return self.service.house.visits

    async def account(self) -> Account:
        return await self.service.house.directory.account(self.connection)

    def today(self) -> date:
        world = self.service.twin.world
        return world.today(world.companies[SALON])

    def record(self, record_id: int) -> Any:
        """As the twin holds it."""
        return self.twin.world.companies[SALON].records[record_id]

    def of_guest(self, phone: str) -> list[Any]:
        """Standing records of a guest at the twin."""
        company = self.twin.world.companies[SALON]
        digits = phone.lstrip("+")
        return [
            one
            for one in company.records.values()
            if not one.deleted
            and one.client_id in company.clients
            and company.clients[one.client_id].phone == digits
        ]

    def asked(self, method: str, path: str) -> list[Any]:
        """What came to the twin under paths that begin so (without `/api/v1`)."""
        return [
            row
            for row in self.twin.world.log.rows()
            if row["method"] == method and path in row["path"]
        ]

    async def service_id(self, title: str = "Стрижка женская") -> int:
        services = await self.desk.shelf.services(await self.account())
        return next(one.id for one in services if one.title == title)

    async def slots(
        self, service_id: int, first: date | None = None, days: int = 14, **query: Any
    ) -> list[dict[str, Any]]:
        """Free starts from tomorrow on."""
        begin = first or self.today() + timedelta(days=1)
        words = {
            "service_ids": str(service_id),
            "date_from": begin.isoformat(),
            "date_to": (begin + timedelta(days=days - 1)).isoformat(),
            **{name: str(value) for name, value in query.items()},
        }
        found = await self.api.get("/api/yclients/slots", params=words)
        assert found.status == 200, found.text
        data: list[dict[str, Any]] = found.body["data"]
        return data

    async def book(self, slot: dict[str, Any], service_id: int, **more: Any) -> Answer:
        headers = more.pop("headers", {})
        body = {
            "staff_id": slot["staff_id"],
            "service_ids": [service_id],
            "datetime": slot["datetime"],
            "name": "Анна",
            "phone": PHONE,
            **more,
        }
        return await self.api.post("/api/yclients/book", json=body, headers=headers)

    async def settle(self) -> None:
        """The worker's part, now: what nobody is sure about is looked for."""
        async with self.service.house.db.unit() as unit:
            await unit.connection.execute("UPDATE salon_bookings SET due_at = now()")
            due = await unit.salon_bookings.claim_everywhere(10)
        for booking in due:
            await self.desk.book.settle(await self.account(), booking)

    async def settled(self, condition: Any) -> None:
        await eventually(condition, READ_S)


def moment(text: str) -> datetime:
    """The salon's own time of an answer."""
    return datetime.fromisoformat(text).replace(tzinfo=None)


@asynccontextmanager
async def open_booking(
    dsn: str, *, roles: Collection[str] = ("api", "worker"), **settings: str
) -> AsyncIterator[BookingService]:
    """The salon is installed and read whole; lost answers are looked after at once."""
    with patch("kommutator.flows.salon.book._LOOK_S", (0.02, 0.05)):
        async with _opened(dsn, roles, settings) as opened:
            yield opened


@asynccontextmanager
async def _opened(
    dsn: str, roles: Collection[str], settings: Mapping[str, Any]
) -> AsyncIterator[BookingService]:
    async with open_salon_service(dsn, roles=roles, **settings) as service:
        await service.install(SALON)
        await copied(service)
        keys = {}
        for number in (HERE, THERE):
            actor = Actor("tests", Role.ENTERPRISE_ADMIN, EnterpriseNumber(number))
            scopes = {Permission.READ_SALON, Permission.BOOK}
            made = await service.house.keys.create(actor, number, name="site", scopes=scopes)
            keys[number] = made.secret
        connection = await service.value("SELECT id FROM connections WHERE kind = 'yclients'")
        yield BookingService(
            service,
            connection,
            service.caller.with_headers(x_api_key=keys[HERE]),
            service.caller.with_headers(x_api_key=keys[THERE]),
            keys[HERE],
        )


async def copied(service: SalonService) -> None:
    """Wait until every part was read once."""

    async def read() -> bool:
        finished = await service.value("SELECT count(finished_at) FROM crm_reads")
        return bool(finished == len(TASKS))

    await eventually(read, READ_S)
