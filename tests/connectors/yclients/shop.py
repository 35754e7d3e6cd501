"""A salon of the twin with one service, somebody who does it, and free starts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from kommutator.connectors.crm.yclients.reads import YClientsReader
from kommutator.connectors.crm.yclients.writes import YClientsWriter
from kommutator.domain.connection import Account
from kommutator.domain.salon.booking import BookingWish, Guest, Start
from kommutator.domain.salon.facts import Service, Visit
from tests.connectors.yclients.vendor import Vendor

GUEST = Guest("+79161234567", "Тест Тестова")


@dataclass
class Shop:
    vendor: Vendor
    account: Account
    reader: YClientsReader
    writer: YClientsWriter
    service: Service
    free: list[Start]

    def wish(self, number: int = 0, mark: str = "mark-1", **changed: object) -> BookingWish:
        start = self.free[number]
        made = BookingWish(start.staff_id, (self.service.id,), start.starts_at, GUEST, mark)
        return replace(made, **changed)  # type: ignore[arg-type]  # fields of the wish

    async def visit(self, record_id: int) -> Visit:
        found = await self.reader.visit(self.account, record_id)
        assert found is not None
        return found


async def open_shop(vendor: Vendor) -> Shop:
    here, clients = vendor.account(), vendor.clients()
    reader = YClientsReader(clients)
    services = await reader.services(here)
    service = next(one for one in services if one.active and len(one.staff_s) > 1)
    free = await free_starts(reader, here, service, next(iter(service.staff_s)))
    return Shop(vendor, here, reader, YClientsWriter(clients), service, free)


async def free_starts(
    reader: YClientsReader,
    account: Account,
    service: Service,
    staff_id: int,
    room: timedelta = timedelta(0),
) -> list[Start]:
    """Of the first day that has any: with time for another visit after `room`."""
    tomorrow = datetime.now().astimezone().date() + timedelta(days=2)
    for later in range(10):
        day = tomorrow + timedelta(days=later)
        found = await reader.starts(account, staff_id, day, [service.id])
        free = {start.starts_at for start in found}
        if fitting := [start for start in found if start.starts_at + room in free]:
            return fitting
    raise AssertionError("nobody works for ten days")
