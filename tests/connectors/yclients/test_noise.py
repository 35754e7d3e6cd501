"""Whatever type the vendor gives a field, reading raises nothing and invents nothing."""

import json
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from kommutator.connectors.crm.yclients.envelope import booking_code, open_envelope, sentence
from kommutator.connectors.crm.yclients.errors import BOOKING, judge
from kommutator.connectors.crm.yclients.hooks import read_notice
from kommutator.connectors.crm.yclients.permissions import read_rights
from kommutator.connectors.crm.yclients.records import hides_client, read_visit, replacement
from kommutator.connectors.crm.yclients.schemas import (
    read_category,
    read_client,
    read_days,
    read_salon,
    read_service,
    read_staff,
)
from kommutator.kit.errors import InvalidInput
from kommutator.kit.http import Answer
from tests.connectors.yclients.samples import sample

LIVE = sample("strict_schema_examples")
CARD = sample("GET_client_company_id_id")["data"]
SALON = sample("GET_company_id")["data"]
DAYS = sample("GET_company_company_id_staff_schedule")["data"]

odd = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(
        ["0", "-1", "1000.00", "2026-02-30", "0000-00-00 00:00:00", "24:00", "+7***1"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=5,
)


def noisy(whole: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """The whole thing with some of its fields, at whatever depth, turned into something else."""

    def turned(choice: tuple[set[str], list[Any]]) -> dict[str, Any]:
        names, values = choice
        spare = iter(values)
        return {
            name: next(spare, None) if name in names else value for name, value in whole.items()
        }

    names = st.sets(st.sampled_from(sorted(whole)), max_size=4)
    return st.tuples(names, st.lists(odd, min_size=4, max_size=4)).map(turned)


@settings(max_examples=40)
@given(noisy(LIVE["record"]), st.dictionaries(st.sampled_from(["phone", "id", "name"]), odd))
def test_records(item: dict[str, Any], client: dict[str, Any]) -> None:
    for held in (item, {**item, "client": client}):
        visit = read_visit(held)
        if visit is not None:
            assert visit.id > 0
            assert visit.staff_id > 0
            assert visit.starts_at.tzinfo is None
            assert visit.client_phone is None or visit.client_phone.startswith("+")
        hides_client(held)
        body = replacement(held, starts="2026-11-21 10:00:00", staff_id=1)
        assert isinstance(body["client"], dict)
        assert isinstance(body["services"], list)


@settings(max_examples=40)
@given(noisy(LIVE["service"]), noisy(LIVE["staff"]), noisy(LIVE["service_category"]))
def test_catalogue(service: Any, staff: Any, category: Any) -> None:
    read = read_service(service)
    if read is not None:
        assert read.duration_s > 0
        assert all(one > 0 and seconds > 0 for one, seconds in read.staff_s.items())
    for found in (read, read_staff(staff), read_category(category)):
        assert found is None or found.id > 0


@settings(max_examples=40)
@given(noisy(CARD), noisy(SALON), noisy(DAYS[0]), odd)
def test_the_rest(card: Any, salon: Any, day: Any, tree: Any) -> None:
    client = read_client(card)
    assert client is None or (client.id > 0 and not (client.phone or "+")[1:].count("*"))
    found = read_salon(salon, {}, "UTC")
    assert found is None or ZoneInfo(found.time_zone)
    for one in read_days([day]):
        assert all(span.start < span.end for span in one.hours)
    read_rights(tree if isinstance(tree, dict) else {"clients": tree})


@settings(max_examples=40)
@given(
    st.sampled_from([200, 204, 301, 400, 401, 403, 404, 409, 422, 429, 433, 500, 502]),
    odd,
    st.booleans(),
)
def test_answers(status: int, body: Any, writing: bool) -> None:
    raw = json.dumps({"success": False, "meta": body, "errors": body}).encode()
    for answer in (
        Answer(status, {}, raw, 1.0),
        Answer(status, {}, json.dumps(body).encode(), 1.0),
    ):
        verdict = judge(answer, writing=writing)
        assert status < 300 or verdict.judgement is not None
        assert verdict.booking in {None, *BOOKING.values()}
        envelope = open_envelope(answer.body)
        if envelope is not None:
            sentence(envelope)
            booking_code(envelope, status)


@settings(max_examples=40)
@given(noisy({"company_id": 1, "resource": "record", "resource_id": 2, "status": "x", "data": {}}))
def test_notices(told: Any) -> None:
    raw = json.dumps(told).encode()
    try:
        notice = read_notice(raw)
    except InvalidInput:
        return
    assert notice.salon_id > 0
