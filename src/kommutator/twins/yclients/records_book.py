"""What can happen to records, by whatever way: made, replaced, moved, marked, deleted."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kommutator.twins.yclients.changes import CREATE, DELETE, UPDATE, By
from kommutator.twins.yclients.company import Company
from kommutator.twins.yclients.rows import CAME, NO_SHOW, WAITING, Client, Record, ServiceLine

if TYPE_CHECKING:
    from kommutator.twins.yclients.world import World

Json = dict[str, Any]


@dataclass
class Draft:
    """A whole record as somebody wants it; what is not said is empty."""

    staff_id: int
    start: datetime
    seance_length: int
    services: list[ServiceLine] = field(default_factory=list)
    client: Client | None = None
    comment: str = ""
    attendance: int = WAITING
    api_id: str = ""
    technical_break: int = 0
    sms_remain_hours: int = 0
    email_remain_hours: int = 0
    sms_now: int = 0
    custom_color: str = ""
    labels: list[Json] = field(default_factory=list)
    custom_fields: Json = field(default_factory=dict)
    activity_id: int = 0
    online: bool = False
    record_from: str = ""
    is_mobile: int = 0
    master_request: int = 1


def add_record(
    world: World, company: Company, draft: Draft, by: By, *, visit_id: int | None = None
) -> Record:
    """Make a record; those of one booking share `visit_id`."""
    number = world.next_id("record")
    record = Record(
        id=number,
        company_id=company.id,
        staff_id=draft.staff_id,
        visit_id=visit_id or world.next_id("visit"),
        start=draft.start,
        seance_length=draft.seance_length,
        hash=world.hash_of("record", number),
        created_user_id=by.user.id if by.user else 0,
        created_at=world.now(),
        bookform_id=company.bookform_id if draft.online else 0,
        document_id=world.next_id("document"),
    )
    _write(record, draft)
    _count(company, record, 1)
    company.put_record(record)
    _tell(world, company, record, CREATE, by)
    return record


def replace_record(world: World, company: Company, record: Record, draft: Draft, by: By) -> None:
    """Write a record anew: what the draft does not say is emptied."""
    company.take_off(record)
    _count(company, record, -1)
    record.staff_id, record.start = draft.staff_id, draft.start
    record.seance_length = draft.seance_length
    draft.online, draft.record_from = record.online, record.record_from
    draft.is_mobile = record.is_mobile
    _write(record, draft)
    _count(company, record, 1)
    company.put_record(record)
    _tell(world, company, record, UPDATE, by)


def move_record(
    world: World,
    company: Company,
    record: Record,
    by: By,
    *,
    start: datetime,
    staff_id: int | None = None,
    seance_length: int | None = None,
) -> None:
    """Put a record at another time, or with somebody else."""
    company.take_off(record)
    record.start = start
    record.staff_id = staff_id or record.staff_id
    record.seance_length = seance_length or record.seance_length
    company.put_record(record)
    _tell(world, company, record, UPDATE, by)


def mark(
    world: World,
    company: Company,
    record: Record,
    by: By,
    *,
    attendance: int | None = None,
    comment: str | None = None,
) -> None:
    """Set the attendance, the comment or both."""
    _count(company, record, -1)
    if attendance is not None:
        record.attendance = attendance
    if comment is not None:
        record.comment = comment
    _count(company, record, 1)
    _tell(world, company, record, UPDATE, by)


def delete_record(world: World, company: Company, record: Record, by: By) -> None:
    """Take a record out of the journal; it stays readable as deleted."""
    company.take_off(record)
    record.deleted = True
    _tell(world, company, record, DELETE, by)


def lines_of(company: Company, staff_id: int, service_ids: list[int]) -> list[ServiceLine]:
    """Services at the branch's own prices (the employee's where there is one)."""
    staff = company.staff.get(staff_id)
    lines = []
    for number in service_ids:
        service = company.services[number]
        price = (staff.prices.get(number) if staff else None) or service.price_min
        lines.append(ServiceLine(number, service.title, first_cost=price, cost=price))
    return lines


def _write(record: Record, draft: Draft) -> None:
    record.services = list(draft.services)
    record.client_id = draft.client.id if draft.client else None
    for name in (
        "comment",
        "attendance",
        "api_id",
        "technical_break",
        "sms_remain_hours",
        "email_remain_hours",
        "sms_now",
        "custom_color",
        "labels",
        "custom_fields",
        "activity_id",
        "online",
        "record_from",
        "is_mobile",
        "master_request",
    ):
        setattr(record, name, getattr(draft, name))


def _count(company: Company, record: Record, sign: int) -> None:
    """Keep the client's visits, those who came and those who did not."""
    client = company.clients.get(record.client_id) if record.client_id else None
    if client is None:
        return
    if record.attendance == CAME:
        client.success_visits = max(0, client.success_visits + sign)
    elif record.attendance == NO_SHOW:
        client.fail_visits = max(0, client.fail_visits + sign)


def _tell(world: World, company: Company, record: Record, status: str, by: By) -> None:
    record.changed_at = world.now()
    world.changed(company, "record", record.id, status, user=by.user, partner=by.partner)
