"""Search among clients, and a client's visits (§1.6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kommutator.twins.yclients import phones
from kommutator.twins.yclients.call import Call, Route, number
from kommutator.twins.yclients.clients import eyes_of
from kommutator.twins.yclients.local_time import plain, read_day
from kommutator.twins.yclients.replies import (
    BAD_FILTER,
    BAD_FILTER_STATE,
    Answer,
    Refusal,
)
from kommutator.twins.yclients.rows import Client, Record
from kommutator.twins.yclients.show_record import Eyes, client_body, staff_in_record

Json = dict[str, Any]
Test = Callable[[Client], bool]

PER_PAGE, MOST_PER_PAGE = 25, 200
# Filters of the vendor that this twin takes but cannot answer: they match nobody.
_UNKEPT = frozenset({"has_mobile_app", "has_passteam_card", "passteam_card_ids"})


def search(call: Call) -> Answer:
    """`POST /company/{c}/clients/search`: only the fields asked for; `id` when none are."""
    body = call.item()
    filters = body.get("filters") or []
    if not isinstance(filters, list):
        raise _bad()
    tests = [_test(call, one) for one in filters]
    together = any if str(body.get("operation", "AND")).upper() == "OR" else all
    clients = list(call.company.clients.values())
    rows = [one for one in clients if not tests or together(test(one) for test in tests)]
    # Numbers are of the old lists; here a phone is a word.
    eyes = Eyes(eyes_of(call).phones)
    bodies = [client_body(call.world, call.company, one, eyes) for one in rows]
    order = str(body.get("order_by") or "id")
    backwards = str(body.get("order_by_direction", "asc")).lower() == "desc"
    bodies.sort(key=lambda row: _sortable(row.get(order)), reverse=backwards)
    size = min(max(1, number(body.get("page_size")) or PER_PAGE), MOST_PER_PAGE)
    page = max(1, number(body.get("page")) or 1)
    fields = body.get("fields") or ["id"]
    if not isinstance(fields, list) or not all(isinstance(name, str) for name in fields):
        raise _bad()
    shown = [
        {name: row[name] for name in fields if name in row}
        for row in bodies[(page - 1) * size : page * size]
    ]
    return Answer(shown, {"total_count": len(rows)})


def visits(call: Call) -> Answer:
    """`POST /company/{c}/clients/visits/search {client_id | client_phone, from, to}`."""
    body, company = call.item(), call.company
    wanted = number(body.get("client_id"))
    if not wanted:
        known = company.client_of_phone(phones.digits_of(body.get("client_phone")))
        wanted = known.id if known else -1
    first, last = (read_day(str(body.get(name) or "")) for name in ("from", "to"))
    attendance = body.get("attendance")
    rows = [
        one
        for one in company.records.values()
        if one.client_id == wanted
        and not one.deleted
        and (first is None or one.start.date() >= first)
        and (last is None or one.start.date() <= last)
        and (attendance is None or one.attendance == attendance)
    ]
    rows.sort(key=lambda one: one.start, reverse=True)
    cursor = {name: {"to": "", "from": "", "count": 0} for name in ("previous", "next")}
    days = sorted(one.start.date().isoformat() for one in rows)
    current = {"to": days[-1], "from": days[0], "count": len(rows)} if days else cursor["next"]
    return Answer(
        {"goods_transactions": [], "records": [_visit(call, one) for one in rows]},
        {"dateCursor": cursor | {"current": current}},
    )


def _visit(call: Call, record: Record) -> Json:
    company = call.company
    staff = staff_in_record(company.staff.get(record.staff_id), record.staff_id)
    return {
        "id": record.id,
        "comment": record.comment,
        "date": plain(record.start),
        "visit_id": record.visit_id,
        "attendance": record.attendance,
        "services": [
            {
                "id": line.id,
                "title": line.title,
                "first_cost": line.first_cost,
                "discount_percent": line.discount,
                "cost_to_pay": line.cost,
                "paid_sum": 0,
                "payment_status": "not_paid",
                "consumables": [],
            }
            for line in record.services
        ],
        "staff": staff | {"company_id": company.id},
        "company": {"id": company.id, "title": company.title},
        "tips": {"has_tips": False, "sum": None},
        "comer": None,
    }


def _test(call: Call, one: Any) -> Test:
    """One filter `{type, state}`.

    Raises:
        Refusal: 400, a type nobody knows or a state of the wrong shape.
    """
    if not isinstance(one, dict) or not isinstance(one.get("state"), dict):
        raise _bad()
    kind, state = str(one.get("type")), one["state"]
    if kind in _UNKEPT:
        return lambda client: False  # noqa: ARG005  one signature
    if kind not in _KINDS:
        raise _bad()
    return _KINDS[kind](call, state)


def _id(call: Call, state: Json) -> Test:  # noqa: ARG001  one signature
    wanted = {number(value) for value in _values(state)}
    return lambda client: client.id in wanted


def _quick(call: Call, state: Json) -> Test:  # noqa: ARG001  one signature
    """A part of the name, the phone or the e-mail, as people type it."""
    word = str(state.get("value") or "").strip().casefold()
    if not word:
        raise _bad()
    digits = "".join(letter for letter in word if letter in phones.DIGITS)
    is_phone = bool(digits) and not any(letter.isalpha() for letter in word)

    def found(client: Client) -> bool:
        if is_phone:
            return digits in client.phone
        return word in client.display_name.casefold() or word in client.email.casefold()

    return found


def _birthday(call: Call, state: Json) -> Test:  # noqa: ARG001  one signature
    first, last = (str(state.get(name) or "") for name in ("from", "to"))
    return lambda client: bool(client.birth_date) and first <= client.birth_date <= (last or "9")


def _gender(call: Call, state: Json) -> Test:  # noqa: ARG001  one signature
    wanted = {number(value) for value in _values(state)}
    return lambda client: client.sex_id in wanted


def _importance(call: Call, state: Json) -> Test:  # noqa: ARG001  one signature
    wanted = {number(value) for value in _values(state)}
    return lambda client: client.importance_id in wanted


def _category(call: Call, state: Json) -> Test:  # noqa: ARG001  one signature
    wanted = {number(value) for value in _values(state)}
    return lambda client: any(number(row.get("id")) in wanted for row in client.categories)


def _sms(call: Call, state: Json) -> Test:  # noqa: ARG001  one signature
    wanted = bool(state.get("value", True))
    return lambda client: (client.sms_not == 0) is wanted


def _sold(call: Call, state: Json) -> Test:  # noqa: ARG001  one signature
    try:
        low = float(state.get("from") or 0)
        high = float(state["to"]) if state.get("to") is not None else float("inf")
    except (TypeError, ValueError, OverflowError):
        raise _bad() from None
    return lambda client: low <= client.spent <= high


def _record(call: Call, state: Json) -> Test:
    """Clients with a live record; `created`/`from`-`to` narrow it to visits on those days."""
    first, last = (read_day(str(state.get(name) or "")) for name in ("from", "to"))
    ids = {
        one.client_id
        for one in call.company.records.values()
        if not one.deleted
        and (first is None or one.start.date() >= first)
        and (last is None or one.start.date() <= last)
    }
    return lambda client: client.id in ids


_KINDS: Mapping[str, Callable[[Call, Json], Test]] = {
    "id": _id,
    "quick_search": _quick,
    "birthday": _birthday,
    "gender": _gender,
    "importance": _importance,
    "category": _category,
    "sms_notification": _sms,
    "sold_amount": _sold,
    "sale": _sold,
    "record": _record,
    "client": _id,
}


def _values(state: Json) -> list[Any]:
    value = state.get("value")
    if value is None:
        raise _bad()
    return value if isinstance(value, list) else [value]


def _sortable(value: Any) -> tuple[int, float, str]:
    if isinstance(value, int | float):
        return 0, float(value), ""
    return 1, 0.0, str(value or "")


def _bad() -> Refusal:
    return Refusal(400, BAD_FILTER, {"filters": [BAD_FILTER_STATE]})


_CLIENTS = "/api/v1/company/{company}/clients"
_SEE = "clients.clients_access"
ROUTES = (
    Route("POST", f"{_CLIENTS}/search", search, user=True, right=_SEE, licence=402),
    Route("POST", f"{_CLIENTS}/visits/search", visits, user=True, right=_SEE, licence=402),
)
