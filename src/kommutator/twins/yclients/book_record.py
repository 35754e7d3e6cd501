"""The booking itself, seen and undone by who holds its hash (§1.4)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from kommutator.twins.yclients import phones
from kommutator.twins.yclients.book_rules import (
    TAKEN,
    Wanted,
    check_appointments,
    check_person,
    taken,
)
from kommutator.twins.yclients.booked import booked_body
from kommutator.twins.yclients.call import BOOKING_LICENCE, Call, Route, number
from kommutator.twins.yclients.changes import By
from kommutator.twins.yclients.clients_book import client_for
from kommutator.twins.yclients.company import Company
from kommutator.twins.yclients.local_time import read_local
from kommutator.twins.yclients.record_body import MOST_HOURS
from kommutator.twins.yclients.records_book import (
    Draft,
    add_record,
    delete_record,
    lines_of,
    move_record,
)
from kommutator.twins.yclients.replies import (
    CREATED,
    NOT_FOUND,
    UNAUTHORIZED,
    Answer,
    Refusal,
    invalid,
)
from kommutator.twins.yclients.rows import Record
from kommutator.twins.yclients.slots import is_free

Json = dict[str, Any]


def book_check(call: Call) -> Answer:
    """`POST /book_check/{c}`: whether it would do now; it holds nothing."""
    check_appointments(call, call.item())
    return CREATED


def book_record(call: Call) -> Answer:
    """`POST /book_record/{c}`: all appointments or none."""
    body = call.item()
    check_person(call, body)
    wanted = check_appointments(call, body)
    client = client_for(
        call.world,
        call.company,
        {"phone": body["phone"], "name": body["fullname"], "email": body.get("email")},
        _by(call),
    )
    visit = call.world.next_id("visit")
    answer = []
    for one in wanted:
        draft = _draft(call, body, one)
        draft.client = client
        record = add_record(call.world, call.company, draft, _by(call), visit_id=visit)
        answer.append({"id": one.id, "record_id": record.id, "record_hash": record.hash})
    call.company.codes.pop(phones.digits_of(body["phone"]), None)
    return Answer(answer, status=201)


def reschedule(call: Call) -> Answer:
    """`PUT /book_record/{c}/{id} {datetime, comment}`: another time; the rest stays."""
    if call.switches.reschedule_needs_user and call.user is None:
        raise Refusal(401, UNAUTHORIZED)
    record, body = _record(call), call.item()
    company, world = call.company, call.world
    settings = company.settings
    too_late = _too_late(call, company, record, settings.allow_change_record_delay_step)
    if call.user is None and (too_late or not settings.allow_change_record):
        raise Refusal(403, "Перенос записи недоступен")
    start = read_local(company, body.get("datetime"))
    if start is None:
        raise invalid(datetime="Недопустимая дата")
    staff = company.staff[record.staff_id]
    past = start < world.local_now(company)
    if past or not is_free(company, staff, start, record.busy_seconds, but=record.id):
        raise Refusal(422, taken(staff, start), code=TAKEN)
    if "comment" in body:
        record.comment = str(body["comment"] or "")
    move_record(world, company, record, _by(call), start=start)
    return Answer(booked_body(call, company, record))


def one_booked(call: Call) -> Answer:
    """`GET /book_record/{c}/{id}/{hash}`."""
    record = _by_hash(_record(call, deleted=True), call)
    return Answer(booked_body(call, call.company, record), bare=call.switches.book_record_bare)


def my_record(call: Call) -> Answer:
    """`GET /user/records/{id}/{hash}`: a list of one."""
    company, record = _anywhere(call)
    return Answer([booked_body(call, company, record)])


def cancel(call: Call) -> Answer:
    """`DELETE /user/records/{id}/{hash}`: as the branch allows clients to."""
    company, record = _anywhere(call)
    if record.deleted:
        raise Refusal(404, NOT_FOUND)
    settings = company.settings
    too_late = _too_late(call, company, record, settings.allow_delete_record_delay_step)
    if too_late or not settings.allow_delete_record:
        raise Refusal(403, "Отмена записи недоступна")
    delete_record(call.world, company, record, _by(call))
    return Answer(None)


def _too_late(call: Call, company: Company, record: Record, delay: int) -> bool:
    """Whether less than `delay` seconds are left before the visit."""
    latest = record.start - timedelta(seconds=delay)
    return call.world.local_now(company) > latest


def _draft(call: Call, body: Json, one: Wanted) -> Draft:
    return Draft(
        staff_id=one.staff.id,
        start=one.start,
        seance_length=one.length,
        services=lines_of(call.company, one.staff.id, list(one.services)),
        comment=str(body.get("comment") or ""),
        api_id=str(body.get("api_id") or ""),
        sms_remain_hours=min(number(body.get("notify_by_sms")), MOST_HOURS),
        email_remain_hours=min(number(body.get("notify_by_email")), MOST_HOURS),
        custom_fields=one.custom_fields,
        online=True,
        record_from="api",
        is_mobile=int(body.get("type") == "mobile"),
    )


def _by(call: Call) -> By:
    return By(call.user, call.partner)


def _record(call: Call, *, deleted: bool = False) -> Record:
    record = call.company.records.get(call.id("record"))
    if record is None or (record.deleted and not deleted):
        raise Refusal(404, NOT_FOUND)
    return record


def _by_hash(record: Record, call: Call) -> Record:
    if record.hash != call.args["hash"]:
        raise Refusal(404, NOT_FOUND)
    return record


def _anywhere(call: Call) -> tuple[Company, Record]:
    """The record of a path that does not name its branch."""
    wanted = call.id("record")
    for company in call.world.companies.values():
        if wanted in company.records:
            return company, _by_hash(company.records[wanted], call)
    raise Refusal(404, NOT_FOUND)


_RECORD = "/api/v1/book_record/{company}"
_MINE = "/api/v1/user/records/{record}/{hash}"
ROUTES = (
    Route("POST", "/api/v1/book_check/{company}", book_check, licence=BOOKING_LICENCE),
    Route("POST", _RECORD, book_record, licence=BOOKING_LICENCE),
    Route("PUT", f"{_RECORD}/{{record}}", reschedule, licence=BOOKING_LICENCE),
    Route("GET", f"{_RECORD}/{{record}}/{{hash}}", one_booked, licence=BOOKING_LICENCE),
    Route("GET", _MINE, my_record),
    Route("DELETE", _MINE, cancel),
)
