"""Visits: the records of one booking together; the light way to mark who came (§1.5)."""

from __future__ import annotations

from typing import Any

from kommutator.twins.yclients.call import Call, Route
from kommutator.twins.yclients.changes import By
from kommutator.twins.yclients.company import Company
from kommutator.twins.yclients.local_time import iso
from kommutator.twins.yclients.people import User
from kommutator.twins.yclients.record_body import read_attendance
from kommutator.twins.yclients.records_book import mark
from kommutator.twins.yclients.replies import (
    INVALID,
    NO_BRANCH_RIGHTS,
    NOT_FOUND,
    TOO_FEW_RIGHTS,
    Answer,
    Refusal,
    unlicensed,
)
from kommutator.twins.yclients.rows import Record
from kommutator.twins.yclients.show_record import Eyes, record_body

Json = dict[str, Any]

_EDIT = "record_form.edit_records_attendance_access"
_SEE = "timetable.timetable_access"


def visit(call: Call) -> Answer:
    """`GET /visits/{visit}`."""
    company, rows = _visit(call, _SEE)
    return Answer(_body(call, company, rows))


def change_visit(call: Call) -> Answer:
    """`PUT /visits/{visit}/{record} {attendance, comment}`: both are required."""
    company, rows = _visit(call, _EDIT)
    body = call.item()
    errors = {name: ["Обязательное поле"] for name in ("attendance", "comment") if name not in body}
    if errors:
        raise Refusal(422, INVALID, errors)
    named = next((one for one in rows if one.id == call.id("record")), None)
    if named is None:
        raise Refusal(404, NOT_FOUND)
    attendance, by = read_attendance(body["attendance"]), By(call.user, call.partner)
    comment = str(body["comment"] or "")
    named.visit_comment = comment
    marked = rows if call.switches.attendance_of == "visit" else [named]
    for one in marked:
        mark(
            call.world,
            company,
            one,
            by,
            attendance=attendance,
            comment=comment if one is named else None,
        )
    return Answer(_body(call, company, rows))


def _visit(call: Call, right: str) -> tuple[Company, list[Record]]:
    """The visit's branch and live records; the path does not name the branch."""
    wanted, user = call.id("visit"), call.asker
    for company in call.world.companies.values():
        rows = [one for one in company.records.values() if one.visit_id == wanted]
        live = [one for one in rows if not one.deleted]
        if live:
            _authorize(call, company, user, right)
            return company, live
    raise Refusal(404, NOT_FOUND)


def _authorize(call: Call, company: Company, user: User, right: str) -> None:
    if company.id not in user.access:
        raise Refusal(403, NO_BRANCH_RIGHTS)
    if not company.licensed(call.world.today(company)):
        raise unlicensed(company.id, 403)
    if not user.may(company.id, right):
        raise Refusal(403, TOO_FEW_RIGHTS)


def _body(call: Call, company: Company, rows: list[Record]) -> Json:
    noisy = call.switches.type_noise
    phones = call.asker.may(company.id, "timetable.timetable_phones_access")
    eyes = Eyes(phones, phone_as_number=noisy)
    first = rows[0]
    return {
        "attendance": first.attendance,
        "datetime": iso(call.world, company, first.start),
        # PHP's zero for an empty comment, as in the vendor's sample.
        "comment": first.visit_comment or (0 if noisy else ""),
        "records": [record_body(call.world, company, one, eyes) | {"events": []} for one in rows],
    }


ROUTES = (
    Route("GET", "/api/v1/visits/{visit}", visit, user=True),
    Route("PUT", "/api/v1/visits/{visit}/{record}", change_visit, user=True),
)
