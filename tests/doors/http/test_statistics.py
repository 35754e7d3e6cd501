"""The API's statistics and its file of calls."""

import csv
import io
from datetime import timedelta

import msgspec

from kommutator.flows.house import House
from tests.support.asgi import Asgi
from tests.support.factories import a_call
from tests.support.house import TenantOfTests


async def test_figures_are_told_as_numbers(
    house: House, admin: Asgi, here: TenantOfTests, there: TenantOfTests
) -> None:
    now = house.clock.now()
    await a_call(house.db, here.number, "c-1", now, wait_s=5, talk_s=60)
    await a_call(house.db, here.number, "c-2", now, wait_s=45, talk_s=30)
    await a_call(
        house.db, here.number, "c-3", now + timedelta(seconds=1), result="no_answer",
        answered_by=[], talk_s=0,
    )  # fmt: skip
    await a_call(house.db, there.number, "c-4", now)
    told = msgspec.json.decode((await admin.get("/api/v1/statistics?period=today")).body)
    totals = told["totals"]
    assert (totals["answered"], totals["missed"], totals["talk_s"]) == (2, 1, 90)
    assert totals["wait_median_s"] == 25
    assert round(totals["service_level"], 3) == 0.333
    assert told["time_zone"] == "Europe/Moscow"
    assert [share["name"] for share in told["employees"]] == ["150", "151"]
    assert told["not_called_back_clients"] == 1
    assert told["not_called_back"][0]["call_id"] == "c-3"
    only = await admin.get("/api/v1/statistics?period=today&extension=151")
    assert msgspec.json.decode(only.body)["totals"]["answered"] == 0


async def test_calls_come_as_csv(house: House, admin: Asgi, here: TenantOfTests) -> None:
    await a_call(house.db, here.number, "c-1", house.clock.now(), client_name="@evil;")
    answer = await admin.get("/api/v1/calls.csv?separator=semicolon")
    headers = dict(answer.headers)
    assert headers["content-type"] == "text/csv; charset=utf-8"
    assert headers["content-disposition"].startswith('attachment; filename="calls-')
    text = answer.body.decode("utf-8-sig")
    assert answer.body.startswith(b"\xef\xbb\xbf")
    (row,) = csv.DictReader(io.StringIO(text), delimiter=";")
    assert (row["client"], row["client_name"]) == ("'+375000000070", "'@evil;")
    assert (row["rang"], row["talk_s"]) == ("150 151", "120")


async def test_odd_periods_are_refused_with_a_sentence(admin: Asgi) -> None:
    for query, status in (
        ("period=own", 400),
        ("period=own&first=2026-02-02&last=2026-02-01", 400),
        ("period=own&first=0001-01-01&last=0001-01-01", 400),
        ("period=forever", 400),
    ):
        answer = await admin.get(f"/api/v1/statistics?{query}")
        assert answer.status == status, (query, answer.body)
        assert msgspec.json.decode(answer.body)["error"]["action"]
