"""Salons by chance, the same for the same seed: for property tests and for load."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING

from kommutator.twins.yclients.company import Category, Company, License, Service, Span
from kommutator.twins.yclients.local_time import at_second
from kommutator.twins.yclients.records_book import lines_of
from kommutator.twins.yclients.rows import Activity, Client, Record
from kommutator.twins.yclients.slots import free_spans
from kommutator.twins.yclients.staff import Staff

if TYPE_CHECKING:
    from kommutator.twins.yclients.world import World

ZONES = ("Europe/Moscow", "Europe/Kaliningrad", "Asia/Yekaterinburg", "Asia/Vladivostok")
WORDS = ("Стрижка", "Маникюр", "Массаж", "Окрашивание", "Педикюр", "Укладка", "Чистка", "Уход")
NAMES = ("Анна", "Борис", "Вера", "Глеб", "Дарья", "Егор", "Жанна", "Зоя", "Иван", "Кира")
QUARTER, HOUR = 900, 3600


@dataclass(frozen=True)
class Sizes:
    """How large a salon may become; days are those from today on."""

    most_staff: int = 6
    most_services: int = 12
    clients: int = 30
    days: int = 14
    # Chance that a free stretch gets one more record, tried so often a day.
    tries_a_day: int = 6
    zones: tuple[str, ...] = ZONES


USUAL = Sizes()


def random_salon(world: World, seed: int, sizes: Sizes = USUAL) -> Company:
    """A salon with staff, shifts and breaks, services of each one's own length, and records.

    Nobody is told of it, and no user may enter before they are let in.
    """
    chance = Random(seed)  # noqa: S311  a seeded invention
    today = world.core.clock.now().date()
    company = Company(
        id=world.next_id("company"),
        title=f"Салон {seed}",
        group_id=0,
        license=License(today - timedelta(days=30), today + timedelta(days=365)),
        timezone_name=chance.choice(sizes.zones),
        bookform_id=world.next_id("bookform"),
    )
    company.settings.seance_delay_step = chance.choice((0, 0, 15, 60, 180))
    world.companies[company.id] = company
    _services(world, company, chance, sizes)
    for place in range(chance.randint(1, sizes.most_staff)):
        _staff(world, company, chance, sizes, weight=place, today=today)
    for place in range(sizes.clients):
        phone = f"7000{seed % 1000:03d}{place:04d}"
        name = chance.choice(NAMES)
        company.put_client(Client(world.next_id("client"), name, phone, changed_at=world.now()))
    for staff in company.staff.values():
        for n in range(sizes.days):
            _fill(world, company, staff, today + timedelta(n), chance, sizes)
    return company


def _services(world: World, company: Company, chance: Random, sizes: Sizes) -> None:
    for word in chance.sample(WORDS, chance.randint(1, 3)):
        category = Category(world.next_id("category"), word, world.next_id("salon_service"))
        company.categories[category.id] = category
    categories = list(company.categories)
    for place in range(chance.randint(2, sizes.most_services)):
        low = chance.randrange(3, 60) * 100
        service = Service(
            id=world.next_id("service"),
            title=f"{chance.choice(WORDS)} {place}",
            category_id=chance.choice(categories),
            salon_service_id=world.next_id("salon_service"),
            price_min=low,
            price_max=low + chance.choice((0, 500, 1500)),
            duration=chance.randint(1, 12) * QUARTER,
            # Some are no longer offered.
            active=chance.random() > 0.1,  # noqa: PLR2004  a share
        )
        company.services[service.id] = service


def _staff(
    world: World, company: Company, chance: Random, sizes: Sizes, *, weight: int, today: date
) -> None:
    staff = Staff(
        id=world.next_id("staff"),
        name=f"{chance.choice(NAMES)} {weight}",
        company_id=company.id,
        weight=weight,
        bookable=chance.random() > 0.08,  # noqa: PLR2004  a share
        hidden=chance.random() < 0.05,  # noqa: PLR2004  a share
    )
    known = list(company.services.values())
    for service in chance.sample(known, chance.randint(1, len(known))):
        staff.lengths[service.id] = max(
            QUARTER, service.duration + chance.choice((-1, 0, 0, 1, 2)) * QUARTER
        )
    for n in range(sizes.days):
        if chance.random() < 0.7:  # noqa: PLR2004  a share of days worked
            staff.shifts[today + timedelta(n)] = _shift(chance)
    company.staff[staff.id] = staff


def _shift(chance: Random) -> list[Span]:
    """Working hours with no, one or two breaks; now and then off the quarter of an hour."""
    begin = chance.randint(28, 44) * QUARTER
    end = min(begin + chance.randint(12, 48) * QUARTER, 24 * HOUR)
    if chance.random() < 0.1:  # noqa: PLR2004  a share
        begin += 600
    spans, at = [], begin
    for _ in range(chance.choice((0, 1, 1, 2))):
        pause = at + chance.randint(4, 16) * QUARTER
        if pause + HOUR >= end:
            break
        spans.append((at, pause))
        at = pause + chance.choice((QUARTER, 2 * QUARTER, HOUR))
    return [*spans, (at, end)]


def _fill(
    world: World, company: Company, staff: Staff, day: date, chance: Random, sizes: Sizes
) -> None:
    for _ in range(chance.randint(0, sizes.tries_a_day)):
        free = free_spans(company, staff, day)
        if not free:
            return
        begin, end = chance.choice(free)
        service = chance.choice(list(staff.lengths))
        length = staff.lengths[service]
        room = (end - begin - length) // QUARTER
        if room < 0:
            continue
        start = begin + chance.randint(0, room) * QUARTER
        if chance.random() < 0.05:  # noqa: PLR2004  a share
            _activity(world, company, staff, day, start, service, chance)
        else:
            _record(world, company, staff, day, start, service, chance)


def _activity(
    world: World,
    company: Company,
    staff: Staff,
    day: date,
    start: int,
    service: int,
    chance: Random,
) -> None:
    company.put_activity(
        Activity(
            world.next_id("activity"),
            company.id,
            service,
            staff.id,
            at_second(day, start),
            staff.lengths[service],
            chance.randint(2, 12),
        )
    )


def _record(
    world: World,
    company: Company,
    staff: Staff,
    day: date,
    start: int,
    service: int,
    chance: Random,
) -> None:
    number = world.next_id("record")
    record = Record(
        id=number,
        company_id=company.id,
        staff_id=staff.id,
        visit_id=world.next_id("visit"),
        start=at_second(day, start),
        seance_length=staff.lengths[service],
        hash=world.hash_of("record", number),
        services=lines_of(company, staff.id, [service]),
        client_id=chance.choice([*company.clients, None]),
        attendance=chance.choice((0, 0, 0, 2)),
        created_at=world.now() - chance.randrange(10 * 86_400),
        changed_at=world.now() - chance.randrange(86_400),
        deleted=chance.random() < 0.1,  # noqa: PLR2004  a share
        document_id=world.next_id("document"),
    )
    company.put_record(record)
