"""Services, categories and staff, by the new paths and the old (§1.3)."""

from __future__ import annotations

from typing import Any

from kommutator.twins.yclients.call import Call, Route
from kommutator.twins.yclients.company import Service
from kommutator.twins.yclients.replies import (
    NO_CATEGORY,
    NO_SERVICE,
    Answer,
    Refusal,
    no_staff,
)
from kommutator.twins.yclients.show_salon import (
    category_row,
    old_staff_row,
    service_row,
    staff_row,
)
from kommutator.twins.yclients.slots import in_order
from kommutator.twins.yclients.staff import Staff

Json = dict[str, Any]


def services(call: Call) -> Answer:
    """`GET /company/{c}/services`: filters `staff_id`, `category_id`."""
    rows = [_service(call, one) for one in _wanted(call)]
    return Answer(rows, {"total_count": len(rows)})


def old_services(call: Call) -> Answer:
    """`GET /services/{c}`."""
    return Answer([_service(call, one) for one in _wanted(call)])


def service(call: Call) -> Answer:
    """One service, by either path."""
    found = call.company.services.get(call.id("service"))
    if found is None:
        raise Refusal(404, NO_SERVICE)
    return Answer(_service(call, found))


def categories(call: Call) -> Answer:
    """`GET /company/{c}/service_categories`."""
    rows = _categories(call)
    return Answer(rows, {"total_count": len(rows)})


def old_categories(call: Call) -> Answer:
    """`GET /service_categories/{c}`."""
    return Answer(_categories(call))


def category(call: Call) -> Answer:
    """One category, by either path."""
    found = call.company.categories.get(call.id("category"))
    if found is None:
        raise Refusal(404, NO_CATEGORY)
    return Answer(category_row(call.company, found))


def staff(call: Call) -> Answer:
    """`GET /company/{c}/staff`."""
    rows = [staff_row(one) for one in in_order(call.company.staff.values())]
    return Answer(rows, {"total_count": len(rows), "count": len(rows)})


def one_of_staff(call: Call) -> Answer:
    """`GET /company/{c}/staff/{id}`."""
    return Answer(staff_row(_staff(call)))


def old_staff(call: Call) -> Answer:
    """`GET /staff/{c}`."""
    return Answer([_old(call, one) for one in in_order(call.company.staff.values())])


def old_one_of_staff(call: Call) -> Answer:
    """`GET /staff/{c}/{id}`."""
    return Answer(_old(call, _staff(call)))


def _old(call: Call, one: Staff) -> Json:
    return old_staff_row(one) if call.switches.type_noise else staff_row(one)


def _staff(call: Call) -> Staff:
    found = call.staff(call.id("staff"))
    if found is None:
        raise no_staff(call.args["staff"], call.company.id)
    return found


def _service(call: Call, one: Service) -> Json:
    return service_row(call.company, one, words=call.switches.type_noise)


def _categories(call: Call) -> list[Json]:
    found = sorted(call.company.categories.values(), key=lambda c: (-c.weight, c.id))
    return [category_row(call.company, one) for one in found]


def _wanted(call: Call) -> list[Service]:
    rows = sorted(call.company.services.values(), key=lambda s: (s.category_id, -s.weight, s.id))
    if number := call.whole("category_id", 0):
        rows = [one for one in rows if one.category_id == number]
    if number := call.whole("staff_id", 0):
        master = call.staff(number)
        if master is None:
            raise no_staff(number, call.company.id)
        rows = [one for one in rows if one.id in master.lengths]
    return rows


_NEW, _OLD = "/api/v1/company/{company}", "/api/v1"
ROUTES = (
    Route("GET", f"{_NEW}/services", services, user=True, licence=403),
    Route("GET", f"{_NEW}/services/{{service}}", service, user=True, licence=403),
    Route("GET", f"{_OLD}/services/{{company}}", old_services, user=True, licence=403),
    Route("GET", f"{_OLD}/services/{{company}}/{{service}}", service, user=True, licence=403),
    Route("GET", f"{_NEW}/service_categories", categories, user=True, licence=403),
    Route("GET", f"{_NEW}/service_categories/{{category}}", category, user=True, licence=403),
    Route("GET", f"{_OLD}/service_categories/{{company}}", old_categories, licence=403),
    Route("GET", f"{_OLD}/service_category/{{company}}/{{category}}", category, licence=403),
    Route("GET", f"{_NEW}/staff", staff, user=True, licence=403),
    Route("GET", f"{_NEW}/staff/{{staff}}", one_of_staff, user=True, licence=403),
    # The old blueprint asks for a partner only.
    Route("GET", f"{_OLD}/staff/{{company}}", old_staff, licence=403),
    Route("GET", f"{_OLD}/staff/{{company}}/{{staff}}", old_one_of_staff, licence=403),
)
