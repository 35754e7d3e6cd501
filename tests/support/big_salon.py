"""A full salon in the copy: thirty employees, two months of busy days."""

from datetime import datetime, timedelta
from random import Random
from typing import cast
from uuid import UUID

from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.salon.facts import Salon, Service, StaffMember
from kommutator.flows.directory import Directory
from kommutator.flows.salon.kept import Salons
from kommutator.flows.salon.shelve import ShelveVisits
from kommutator.flows.salon.source import SalonSource
from kommutator.kit.clock import SystemClock
from kommutator.store.database import Database
from kommutator.store.records import as_records
from tests.support.copied_salon import HERE, ZONE, salon_account

STAFF, DAYS = 30, 60
HOUR = 3600
HOURS = (9 * HOUR, 13 * HOUR, 14 * HOUR, 21 * HOUR)
SERVICES = [
    Service(1, "Стрижка", staff_s={n: 1800 + 300 * (n % 5) for n in range(1, STAFF + 1)}),
    Service(2, "Окраска", staff_s=dict.fromkeys(range(1, STAFF + 1), 5400)),
    Service(3, "Борода", staff_s=dict.fromkeys(range(1, STAFF + 1, 2), 1200)),
]


async def fill_salon(db: Database, connection_id: UUID) -> Account:
    """A working connection with all that free starts are made of."""
    account = salon_account(connection_id)
    key = HERE, connection_id
    now = datetime.now(ZONE)
    first = now.date()
    people = [StaffMember(n, f"Мастер {n}") for n in range(1, STAFF + 1)]
    days = [first + timedelta(days=n) for n in range(DAYS)]
    async with db.unit() as unit:
        if not await unit.connection.fetchval("SELECT true FROM enterprises"):
            await unit.enterprises.create(HERE, name="Firm")
        await unit.connections.create(
            HERE, connection_id, kind=ConnectionKind.YCLIENTS, name="Июнь",
            base_url=account.base_url, account_key=str(connection_id.int), config=account.config,
            sealed={},
        )  # fmt: skip
        await unit.connections.set_status(HERE, connection_id, ConnectionStatus.ACTIVE)
        salon = Salon(connection_id.int, "Июнь", "Europe/Moscow")
        await unit.salons.save(*key, salon, read_at=now)
        await unit.salon_lists.save_services(*key, SERVICES, read_at=now)
        await unit.salon_lists.save_staff(*key, people, read_at=now)
        rows = [
            {"staff_id": one.id, "day": day.isoformat(), "hours": HOURS, "busy": busy()}
            for one in people
            for day in days
        ]
        await unit.connection.execute(_FILL, *key, as_records(rows))
    return account


def salons_of(db: Database) -> Salons:
    """The reading side alone: nobody asks a vendor."""
    source = SalonSource(db, cast("Directory", None), {})
    return Salons(db, source, ShelveVisits([]), clock=SystemClock())


_FILL = """
INSERT INTO salon_days (enterprise, connection_id, staff_id, day, hours, busy, read_at)
SELECT $1, $2, staff_id, day, hours, busy, now() FROM jsonb_to_recordset($3::text::jsonb)
    AS n (staff_id bigint, day date, hours int[], busy int[])"""
_chance = Random(7)  # noqa: S311  a seeded invention


def busy() -> list[int]:
    """Eight visits of three quarters of an hour."""
    begins = sorted(_chance.sample(range(48), 8))
    return [9 * HOUR + 900 * begin + late for begin in begins for late in (0, 2700)]
