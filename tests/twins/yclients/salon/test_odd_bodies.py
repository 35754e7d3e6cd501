"""Whatever is sent is answered in the vendor's manner: never a failure of the twin itself."""

import json
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from kommutator.twins.yclients.call import Route
from kommutator.twins.yclients.routes import ROOMS
from tests.twins.yclients.salon.booth import DAY, PHONE, Booth

ODD: tuple[Any, ...] = (
    None, True, "", "x", "9999-12-31", "9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00-10:00",
    -1, 0, 10**18, 10**400, 1e308, -0.5, "9" * 5000, "\ud800", [], {}, [[]],
    [{}], [None], ["x"], {"x": 1}, "1" * 400,
    "24:00", "99:99", "²", "+7 (000) 000-00-00", {"value": []}, {"value": None}, {"from": "x"},
)  # fmt: skip
NAMES = (
    "appointments", "phone", "fullname", "email", "code", "comment", "api_id", "notify_by_sms",
    "staff_id", "services", "client", "datetime", "seance_length", "save_if_busy", "attendance",
    "record_labels", "custom_fields", "technical_break_duration", "activity_id", "login",
    "password", "filters", "fields", "order_by", "page", "page_size", "operation", "name",
    "sex_id", "discount", "importance_id", "birth_date", "text", "mark", "rating", "client_id",
    "client_phone", "from", "to", "schedules_to_set", "schedules_to_delete", "confirm_number",
    "seance_delay_step", "clients_count", "sms_remain_hours", "custom_color",
)  # fmt: skip
QUERIES = (
    "start_date", "end_date", "c_start_date", "changed_after", "changed_before", "staff_id",
    "client_id", "page", "count", "service_ids[]", "staff_ids[]", "include[]", "datetime", "date",
    "date_from", "date_to", "from", "till", "phone", "fullname", "my", "group_id", "category_id",
)  # fmt: skip
ROUTES = [route for room in ROOMS for route in room if route.template.startswith("/api/")]


@pytest.fixture(scope="module")
def chance() -> Random:
    return Random(20260722)  # noqa: S311  the same odd bodies each time


def bodies(booth: Booth, chance: Random) -> Iterator[Any]:
    """Odd things alone, then whole bodies with something odd put into them."""
    yield from ODD
    slot = {"from": "10:00", "to": "11:00"}
    shifts = [{"staff_id": booth.ann, "dates": [DAY], "slots": [slot]}]
    rows = [{"date": DAY, "is_working": 1, "slots": [slot]}]
    filters = [{"type": "quick_search", "state": {"value": "7"}}]
    whole = booth.record("10:00") | booth.wish("10:00") | {
        "schedules_to_set": shifts, "filters": filters, "name": "А", "mark": 5, "rating": 5,
    }  # fmt: skip
    for name in (*whole, *NAMES):
        yield whole | {name: chance.choice(ODD)}
    deeps: tuple[dict[str, Any], ...] = (
        whole["appointments"][0],
        shifts[0],
        slot,
        filters[0],
        rows[0],
    )
    for deep in deeps:
        for name in list(deep):
            kept, deep[name] = deep[name], chance.choice(ODD)
            yield json.loads(json.dumps(whole))
            yield json.loads(json.dumps(rows))
            deep[name] = kept


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.template}")
async def test_no_body_and_no_query_breaks_the_twin(
    booth: Booth, chance: Random, route: Route
) -> None:
    record = booth.inside.records[await booth.make("10:00", client={"phone": PHONE, "name": "А"})]
    known = {
        "company": booth.company, "staff": booth.ann, "record": record.id, "hash": record.hash,
        "client": record.client_id, "visit": record.visit_id, "service": booth.cut,
        "category": next(iter(booth.inside.categories)), "date": DAY, "from": DAY, "to": DAY,
        "token": record.hash, "phone": "7", "group": 132001, "lang": "ru-RU", "activity": 1,
        "form": booth.inside.bookform_id,
    }  # fmt: skip
    path = route.template.removeprefix("/api/v1")
    odd_path = path.format_map({name: chance.choice(("x", "0", "9" * 30, "²")) for name in known})
    tried: list[tuple[str, Any, dict[str, str]]] = [(odd_path, None, {})]
    usual = path.format_map(known)
    if route.method == "GET":
        tried += [(usual, None, {n: str(chance.choice(ODD))}) for n in QUERIES for _ in range(2)]
    else:
        tried += [(usual, body, {}) for body in bodies(booth, chance)]
    for where, body, query in tried:
        answer = await booth.ask(route.method, where, body, **query)
        assert answer.status < 500, (where, body, query, answer.text)
