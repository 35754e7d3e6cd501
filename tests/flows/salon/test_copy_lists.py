"""The copy of a salon: services, employees, hours, clients, and the day they make."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kommutator.domain.salon.copy import Part, SalonNews
from kommutator.domain.salon.facts import SalonClient, Service
from kommutator.kit.errors import ErrorKind, NotFound, VendorError
from tests.support.copied_salon import (
    HERE,
    SALON,
    ZONE,
    SalonCopy,
    VendorSalon,
    working_day,
)

VISIT = Part.VISITS
DOWN = VendorError(ErrorKind.TRANSIENT, "bad gateway", status=502, hint="vendor_down")


async def test_lists_are_read_again_when_told_and_counted_at_night(
    copy: SalonCopy, vendor: VendorSalon
) -> None:
    await copy.round("services")
    await copy.round("staff")
    vendor.offered.append(Service(2, "Борода", staff_s={11: 1800}))
    await copy.hear(SalonNews(Part.SERVICES))
    await copy.reread_all()
    assert [one.id for one in await copy.salons.services(vendor.whose)] == [1, 2]
    vendor.masters.pop()
    await copy.round("staff")
    assert [one.id for one in await copy.salons.staff(vendor.whose)] == [10]
    await copy.round("visits")
    await copy.round("visits")
    state = await copy.salons.sync(HERE, SALON)
    assert state.salon is not None
    assert state.salon.drift == 1  # the employee; of the service we were told


async def test_hours_are_read_two_months_ahead(copy: SalonCopy, vendor: VendorSalon) -> None:
    today = datetime.now(ZONE).date()
    last = today + timedelta(days=60)
    vendor.hours = [*working_day(today, 10, 11), *working_day(last, 10)]
    done = await copy.round("hours")
    spans = [which for what, which in vendor.asked if what == "hours"]
    assert spans == [(today, today + timedelta(30)), (today + timedelta(31), last)]
    assert done.error is None
    await copy.round("services")
    await copy.round("staff")
    vendor.put(1, 10, 11)
    await copy.round("visits")
    found = await copy.salons.free_starts(vendor.whose, [1], [], today + timedelta(1), last)
    assert [(one.day, one.staff_id, one.seance_s, len(one)) for one in found] == [
        (last, 10, 3600, 33)
    ]
    starts = await copy.salons.free(vendor.whose, [1], 0, last, last)
    assert [start.starts_at.hour for start in starts[:5]] == [9, 9, 9, 9, 10]
    vendor.hours = working_day(last, 11)
    await copy.hear(SalonNews(Part.HOURS))
    await copy.reread_all()
    found = await copy.salons.free_starts(vendor.whose, [1], [], today, last)
    assert [(one.staff_id, one.seance_s) for one in found] == [(11, 2700)]


async def test_a_day_is_shown_with_those_who_work_or_are_busy(
    copy: SalonCopy, vendor: VendorSalon
) -> None:
    tomorrow = datetime.now(ZONE).date() + timedelta(days=1)
    vendor.hours = working_day(tomorrow, 10)
    vendor.put(1, 34, 12)  # of somebody who is not there any more
    vendor.put(2, 35, 10, deleted=True)
    for task in ("services", "staff", "hours", "visits"):
        await copy.round(task)
    view = await copy.salons.day(vendor.whose, tomorrow, services=[1])
    assert [one.id for one in view.staff] == [10, 11]
    assert [one.id for one in view.visits] == [1]
    assert [(one.staff_id, len(one)) for one in view.free] == [(10, 33)]
    view = await copy.salons.day(vendor.whose, tomorrow, deleted=True)
    assert [one.id for one in view.visits] == [1, 2]
    assert view.free == ()


async def test_clients_are_read_searched_and_buried(copy: SalonCopy, vendor: VendorSalon) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    for number, name in ((1, "Анна"), (2, "Борис"), (3, "Вера")):
        vendor.people[number] = SalonClient(
            number, name, phone=f"+37529000000{number}", changed_at=now - timedelta(days=1)
        )
    await copy.round("clients")
    vendor.people[1] = replace(vendor.people[1], name="Анна-Мария", changed_at=now)
    await copy.round("changed:clients")
    del vendor.people[2]
    vendor.people[3] = replace(vendor.people[3], phone=None)
    await copy.hear(SalonNews(Part.CLIENTS, 2), SalonNews(Part.CLIENTS, 3))
    await copy.reread_all()
    found = await copy.salons.clients(HERE, SALON)
    assert [(one.name, one.phone) for one in found] == [
        ("Анна-Мария", "+375290000001"), ("Вера", None),
    ]  # fmt: skip
    assert [one.id for one in await copy.salons.clients(HERE, SALON, "29 000-00-01")] == [1]
    assert await copy.salons.clients(HERE, SALON, "8 (916) 000-00-01") == []
    assert [one.id for one in await copy.salons.clients(HERE, SALON, "мария")] == [1]
    assert (await copy.salons.client(HERE, SALON, 2)).deleted
    with pytest.raises(NotFound, match="salon_client_not_found"):
        await copy.salons.client(HERE, SALON, 77)
    del vendor.people[3]
    await copy.round("clients")  # the night does not see 3: it is looked after
    await copy.reread_all()
    assert [one.id for one in await copy.salons.clients(HERE, SALON)] == [1]
