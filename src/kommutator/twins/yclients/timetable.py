"""Working time of the staff: who works when, what is busy, the journal's grid (§1.7)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from kommutator.twins.yclients.call import Call, Route, number
from kommutator.twins.yclients.company import Company, Span
from kommutator.twins.yclients.local_time import clock_word, read_clock, read_day
from kommutator.twins.yclients.replies import BAD_FORMAT, Answer, Refusal, invalid, no_staff
from kommutator.twins.yclients.slots import STEP_SECONDS, in_order
from kommutator.twins.yclients.staff import Staff

Json = dict[str, Any]

LONGEST_DAYS = 366
# What the vendor's `off_day_type` says of a day without a mark (UNDOCUMENTED; null is ours).
NO_OFF_DAY = None


def schedule(call: Call) -> Answer:
    """`GET /company/{c}/staff/schedule?start_date&end_date&staff_ids[]&include[]`."""
    wanted, includes = call.many("staff_ids"), call.words("include")
    days = list(_days(call.word("start_date"), call.word("end_date")))
    rows = [
        schedule_row(call.company, one, day, includes)
        for one in in_order(call.company.staff.values())
        if not wanted or one.id in wanted
        for day in days
        if day in one.shifts or day in one.off_days
    ]
    return Answer(rows, {"count": len(rows)})


def set_schedule(call: Call) -> Answer:
    """`PUT /company/{c}/staff/schedule {schedules_to_set, schedules_to_delete}`."""
    body, company = call.item(), call.company
    wanted = [
        (*_whom(call, one), _spans(one.get("slots"))) for one in _list(body, "schedules_to_set")
    ]
    dropped = [_whom(call, one) for one in _list(body, "schedules_to_delete")]
    for staff, days in dropped:
        for day in days:
            staff.shifts.pop(day, None)
    rows = []
    for staff, days, spans in wanted:
        for day in days:
            staff.shifts[day] = list(spans)
            rows.append(schedule_row(company, staff, day, frozenset({"busy_intervals"})))
    touched = [staff.id for staff, _ in dropped] + [staff.id for staff, *_ in wanted]
    for staff_id in dict.fromkeys(touched):
        call.changed("schedule", staff_id, "update")
    return Answer(rows, {"count": len(rows)})


def old_schedule(call: Call) -> Answer:
    """`GET /schedule/{c}/{staff}/{from}/{to}`: every day, `is_working` 1 or 0."""
    staff = _staff(call, call.id("staff"))
    return Answer([_old_day(staff, day) for day in _days(call.args["from"], call.args["to"])])


def set_old_schedule(call: Call) -> Answer:
    """`PUT /schedule/{c}/{staff}/{from}/{to}`: a list of `{date, is_working, slots}`."""
    staff = _staff(call, call.id("staff"))
    if not isinstance(call.body, list):
        raise Refusal(400, BAD_FORMAT)
    ready: list[tuple[date, list[Span]]] = []
    for one in call.body:
        day = read_day(str(one.get("date", ""))) if isinstance(one, dict) else None
        if day is None:
            raise invalid(date="Недопустимая дата")
        ready.append((day, _spans(one.get("slots")) if number(one.get("is_working")) else []))
    for day, spans in ready:
        if spans:
            staff.shifts[day] = spans
        else:
            staff.shifts.pop(day, None)
    call.changed("schedule", staff.id, "update")
    return Answer([_old_day(staff, day) for day in _days(call.args["from"], call.args["to"])])


def dates(call: Call) -> Answer:
    """`GET /timetable/dates/{c}/{date}`: days from then on when anybody works."""
    first = _day(call.args["date"])
    days = {day for one in call.company.staff.values() for day in one.shifts if day >= first}
    return Answer([day.isoformat() for day in sorted(days)])


def seances(call: Call) -> Answer:
    """`GET /timetable/seances/{c}/{staff}/{date}`: the 15-minute grid of the journal."""
    staff, day = _staff(call, call.id("staff")), _day(call.args["date"])
    busy = call.company.busy(staff.id, day)
    grid = [
        {
            "time": clock_word(at),
            "is_free": not any(a < at + STEP_SECONDS and at < b for a, b, _, _ in busy),
        }
        for begin, end in staff.shifts.get(day, ())
        for at in range(begin, end, STEP_SECONDS)
    ]
    return Answer(grid)


def schedule_row(company: Company, staff: Staff, day: date, includes: frozenset[str]) -> Json:
    """A day of an employee; busy intervals and the day's mark only when asked for."""
    row: Json = {
        "staff_id": staff.id,
        "date": day.isoformat(),
        "slots": _words(staff.shifts.get(day, ())),
    }
    if "busy_intervals" in includes:
        row["busy_intervals"] = [
            {"entity_type": kind, "entity_id": entity, "from": clock_word(a), "to": clock_word(b)}
            for a, b, kind, entity in company.busy(staff.id, day)
        ]
    if "off_day_type" in includes:
        row["off_day_type"] = staff.off_days.get(day, NO_OFF_DAY)
    return row


def _old_day(staff: Staff, day: date) -> Json:
    spans = staff.shifts.get(day, [])
    return {"date": day.isoformat(), "is_working": int(bool(spans)), "slots": _words(spans)}


def _words(spans: Iterable[Span]) -> list[Json]:
    return [{"from": clock_word(begin), "to": clock_word(end)} for begin, end in spans]


def _spans(slots: Any) -> list[Span]:
    if not isinstance(slots, list):
        raise invalid(slots="Недопустимое значение")
    found: list[Span] = []
    for slot in slots:
        begin = read_clock(slot.get("from")) if isinstance(slot, dict) else None
        end = read_clock(slot.get("to")) if isinstance(slot, dict) else None
        if begin is None or end is None or begin >= end:
            raise invalid(slots="Недопустимое значение")
        found.append((begin, end))
    return sorted(found)


def _whom(call: Call, one: Any) -> tuple[Staff, list[date]]:
    if not isinstance(one, dict):
        raise Refusal(400, BAD_FORMAT)
    staff = _staff(call, number(one.get("staff_id")))
    return staff, [_day(str(word)) for word in _list(one, "dates")]


def _list(body: Json, name: str) -> list[Any]:
    value = body.get(name) or []
    if not isinstance(value, list):
        raise Refusal(400, BAD_FORMAT)
    return value


def _staff(call: Call, staff_id: int) -> Staff:
    found = call.staff(staff_id)
    if found is None:
        raise no_staff(staff_id, call.company.id)
    return found


def _day(word: str) -> date:
    found = read_day(word)
    if found is None:
        raise invalid(date="Недопустимая дата")
    return found


def _days(first: str, last: str) -> Iterable[date]:
    begin, end = _day(first), _day(last)
    length = (end - begin).days + 1
    if not 0 < length <= LONGEST_DAYS:
        raise invalid(end_date="Недопустимый период")
    return (begin + timedelta(n) for n in range(length))


_EDIT = "timetable.schedule_edit_access"
_NEW, _OLD = (
    "/api/v1/company/{company}/staff/schedule",
    "/api/v1/schedule/{company}/{staff}/{from}/{to}",
)
ROUTES = (
    Route("GET", _NEW, schedule, user=True, licence=403),
    Route("PUT", _NEW, set_schedule, user=True, right=_EDIT, licence=403),
    Route("GET", _OLD, old_schedule, user=True, licence=403),
    Route("PUT", _OLD, set_old_schedule, user=True, right=_EDIT, licence=403),
    Route("GET", "/api/v1/timetable/dates/{company}/{date}", dates, user=True, licence=403),
    Route(
        "GET", "/api/v1/timetable/seances/{company}/{staff}/{date}", seances, user=True, licence=403
    ),
)
