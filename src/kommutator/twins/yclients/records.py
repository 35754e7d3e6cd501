"""Records of the journal: list, one, made, replaced, deleted (§1.5)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date
from functools import partial
from typing import Any

from kommutator.twins.yclients.book_rules import taken
from kommutator.twins.yclients.booked import made_on
from kommutator.twins.yclients.call import Call, Route
from kommutator.twins.yclients.changes import By
from kommutator.twins.yclients.local_time import read_day, read_moment
from kommutator.twins.yclients.record_body import (
    ALWAYS_REQUIRED,
    REQUIRED_TO_REPLACE,
    find_client,
    read_draft,
)
from kommutator.twins.yclients.records_book import (
    Draft,
    add_record,
    delete_record,
    replace_record,
)
from kommutator.twins.yclients.replies import (
    BAD_FILTER,
    NO_CONTENT,
    NOT_FOUND,
    Answer,
    Refusal,
)
from kommutator.twins.yclients.rows import Record
from kommutator.twins.yclients.show_record import Eyes, record_body
from kommutator.twins.yclients.slots import is_free

Json = dict[str, Any]

PER_PAGE = 50
Test = Callable[[Record], bool]


def records(call: Call) -> Answer:
    """`GET /records/{c}`: filters of §1.5, all others are ignored; sorted by id."""
    tests = _tests(call)
    rows = [one for one in call.company.records.values() if all(test(one) for test in tests)]
    page = max(1, call.whole("page", 1))
    size = min(max(1, call.whole("count", PER_PAGE)), call.switches.records_count_most)
    shown = rows[(page - 1) * size : page * size]
    noisy = call.switches.type_noise
    bodies = [
        _extras(call, record_body(call.world, call.company, one, eyes_of(call), words=noisy))
        for one in shown
    ]
    return Answer(bodies, {"page": page, "total_count": len(rows)})


def record(call: Call) -> Answer:
    """`GET /record/{c}/{id}`; a deleted one is shown as such."""
    found = one_of(call, deleted=True)
    noisy = call.switches.type_noise
    body = record_body(call.world, call.company, found, eyes_of(call, number=noisy), words=noisy)
    return Answer(_extras(call, body))


def create(call: Call) -> Answer:
    """`POST /records/{c}`: 201; a busy time only with `save_if_busy`."""
    draft, facts = read_draft(call, ALWAYS_REQUIRED)
    _check_time(call, draft)
    by = By(call.user, call.partner)
    draft.client = find_client(call, facts, by)
    made = add_record(call.world, call.company, draft, by)
    body = record_body(call.world, call.company, made, eyes_of(call))
    if call.switches.created_record == "array":
        return Answer([body], status=201)
    return Answer(body, status=201)


def replace(call: Call) -> Answer:
    """`PUT /record/{c}/{id}`: everything anew, 201."""
    found = one_of(call)
    draft, facts = read_draft(call, REQUIRED_TO_REPLACE)
    _check_time(call, draft, but=found.id)
    by = By(call.user, call.partner)
    draft.client = find_client(call, facts, by)
    replace_record(call.world, call.company, found, draft, by)
    return Answer(record_body(call.world, call.company, found, eyes_of(call)), status=201)


def delete(call: Call) -> Answer:
    """`DELETE /record/{c}/{id}`: 204; it stays readable as deleted."""
    found = one_of(call)
    delete_record(call.world, call.company, found, By(call.user, call.partner))
    return NO_CONTENT


def one_of(call: Call, *, deleted: bool = False) -> Record:
    """The record in the path.

    Raises:
        Refusal: 404, none, or deleted while a live one is needed.
    """
    found = call.company.records.get(call.id("record"))
    if found is None or (found.deleted and not deleted):
        raise Refusal(404, NOT_FOUND)
    return found


def eyes_of(call: Call, *, number: bool = False) -> Eyes:
    """What the asking user may see of the journal's phones."""
    return Eyes(call.may("timetable.timetable_phones_access"), phone_as_number=number)


def _check_time(call: Call, draft: Draft, *, but: int = 0) -> None:
    if call.item().get("save_if_busy") or draft.activity_id in call.company.activities:
        return
    staff = call.company.staff[draft.staff_id]
    if not is_free(
        call.company, staff, draft.start, draft.seance_length + draft.technical_break, but=but
    ):
        raise Refusal(call.switches.busy_status, taken(staff, draft.start))


def _extras(call: Call, body: Json) -> Json:
    for name in ("consumables", "finance_transactions"):
        if call.yes(f"include_{name}"):
            body[name] = []
    return body


def _tests(call: Call) -> list[Test]:
    company = call.company
    tests: list[Test] = []
    if not call.yes("with_deleted"):
        tests.append(lambda one: not one.deleted)
    tests += [
        _equal(name, _number(call, name))
        for name in ("staff_id", "client_id", "created_user_id")
        if call.word(name)
    ]
    for name, first in (("start_date", True), ("end_date", False)):
        if call.word(name):
            tests.append(_by_day(lambda one: one.start.date(), _day(call, name), first=first))
        if call.word(f"c_{name}"):
            made = _by_day(partial(made_on, company), _day(call, f"c_{name}"), first=first)
            tests.append(made)
    tests += [
        _changed(_moment(call, name), after=after)
        for name, after in (("changed_after", True), ("changed_before", False))
        if call.word(name)
    ]
    return tests


def _equal(name: str, wanted: int) -> Test:
    return lambda one: getattr(one, name) == wanted


def _by_day(day_of: Callable[[Record], date], day: date, *, first: bool) -> Test:
    """Both ends are inclusive."""
    return lambda one: day_of(one) >= day if first else day_of(one) <= day


def _changed(moment: float, *, after: bool) -> Test:
    """Whole seconds, inclusive."""
    return lambda one: int(one.changed_at) >= moment if after else int(one.changed_at) <= moment


def _number(call: Call, name: str) -> int:
    found = call.whole(name, -1)
    if found < 0:
        raise Refusal(400, BAD_FILTER)
    return found


def _day(call: Call, name: str) -> date:
    found = read_day(call.word(name))
    if found is None:
        raise Refusal(400, BAD_FILTER)
    return found


def _moment(call: Call, name: str) -> float:
    """Epoch seconds of `Y-m-dTH:i:s`, in the branch's time unless it says another."""
    zone = UTC if call.switches.changed_zone == "utc" else call.company.zone
    found = read_moment(call.word(name), zone)
    if found is None:
        raise Refusal(400, BAD_FILTER)
    return found


_LIST, _ONE = "/api/v1/records/{company}", "/api/v1/record/{company}/{record}"
_SEE = "timetable.timetable_access"
ROUTES = (
    Route("GET", _LIST, records, user=True, right=_SEE, licence=403),
    Route("POST", _LIST, create, user=True, right="record_form.create_records_access", licence=403),
    Route("GET", _ONE, record, user=True, right=_SEE, licence=403),
    Route("PUT", _ONE, replace, user=True, right="record_form.edit_records_access", licence=403),
    Route(
        "DELETE", _ONE, delete, user=True, right="record_form.delete_records_access", licence=403
    ),
)
