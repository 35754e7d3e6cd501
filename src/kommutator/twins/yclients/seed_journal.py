"""The journal of a standing branch around now: who came, who did not, who is awaited."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from kommutator.twins.yclients.company import Company
from kommutator.twins.yclients.local_time import at_second
from kommutator.twins.yclients.records_book import lines_of
from kommutator.twins.yclients.rows import (
    CAME,
    CONFIRMED,
    NO_SHOW,
    WAITING,
    Client,
    Record,
    Review,
)
from kommutator.twins.yclients.slots import free_spans
from kommutator.twins.yclients.staff import Staff

if TYPE_CHECKING:
    from kommutator.twins.yclients.world import World

DAYS_BACK, DAYS_AHEAD = 10, 10
HALF_HOUR, DAY = 1800, 86_400
_COMMENTS = ("", "", "", "Просила к своему мастеру", "Аллергия на аммиак", "Опоздает на 5 минут")
_PRAISE = ("Отлично, приду ещё", "Всё понравилось", "Долго ждала, но результат хороший")
# How full a day is: half of it far ahead, most of it in the past.
_FULL_PAST, _FULL_AHEAD = 0.7, 0.45


def fill_journal(world: World, company: Company) -> None:
    """Records of the days around today, and a review for some of those past; nobody is told."""
    chance = Random(company.id + 1)  # noqa: S311  a seeded invention
    now = world.local_now(company)
    clients = list(company.clients.values())
    for n in range(-DAYS_BACK, DAYS_AHEAD + 1):
        day = now.date() + timedelta(n)
        for staff in company.staff.values():
            _day(world, company, staff, day, now=now, clients=clients, chance=chance)


def _day(
    world: World,
    company: Company,
    staff: Staff,
    day: date,
    *,
    now: datetime,
    clients: list[Client],
    chance: Random,
) -> None:
    full = _FULL_PAST if day < now.date() else _FULL_AHEAD
    for begin, end in free_spans(company, staff, day):
        at = begin
        while at < end:
            service = chance.choice(list(staff.lengths))
            length = staff.lengths[service]
            if at + length > end or chance.random() > full:
                at += HALF_HOUR
                continue
            start = at_second(day, at)
            record = _record(world, company, staff, service, start, chance.choice(clients))
            record.comment = chance.choice(_COMMENTS)
            record.attendance = _attendance(record, now, chance)
            company.put_record(record)
            _review(world, company, record, chance)
            at += length


def _record(
    world: World, company: Company, staff: Staff, service: int, start: datetime, client: Client
) -> Record:
    number = world.next_id("record")
    made = min(company.moment(start).timestamp() - 2 * DAY, world.now() - DAY)
    return Record(
        id=number,
        company_id=company.id,
        staff_id=staff.id,
        visit_id=world.next_id("visit"),
        start=start,
        seance_length=staff.lengths[service],
        hash=world.hash_of("record", number),
        services=lines_of(company, staff.id, [service]),
        client_id=client.id,
        created_at=made,
        changed_at=made,
        document_id=world.next_id("document"),
    )


def _attendance(record: Record, now: datetime, chance: Random) -> int:
    if record.end < now:
        return CAME if chance.random() < 0.9 else NO_SHOW  # noqa: PLR2004  most people come
    return CONFIRMED if chance.random() < 0.3 else WAITING  # noqa: PLR2004  some confirm early


def _review(world: World, company: Company, record: Record, chance: Random) -> None:
    if record.attendance != CAME or chance.random() > 0.08:  # noqa: PLR2004  few write
        return
    client = company.clients[record.client_id or 0]
    review = Review(
        id=world.next_id("review"),
        type=1,
        master_id=record.staff_id,
        text=chance.choice(_PRAISE),
        rating=chance.choice((4, 5, 5, 5)),
        user_id=0,
        user_name=client.name,
        at=company.moment(record.end).timestamp() + 3 * 3600,
        record_id=record.id,
    )
    company.reviews.append(review)
