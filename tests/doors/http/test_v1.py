from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from kommutator.doors.http.paging import page_of, read_cursor
from kommutator.flows.house import House
from kommutator.kit.errors import InvalidInput
from tests.support.asgi import Asgi
from tests.support.house import PASSWORD, TenantOfTests, matrix

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


async def all_pages(caller: Asgi, url: str, limit: int) -> list[list[dict[str, object]]]:
    pages, cursor = [], ""
    while True:
        glue = "&" if "?" in url else "?"
        reply = await caller.get(f"{url}{glue}limit={limit}{cursor}")
        assert reply.status == 200, reply.body
        pages.append(reply.json()["items"])
        if reply.json()["next_cursor"] is None:
            return pages
        cursor = f"&cursor={reply.json()['next_cursor']}"


async def add_calls(house: House, tenant: TenantOfTests, count: int) -> None:
    async with house.db.unit() as unit:
        for number in range(count):
            # two calls share each moment: the cursor must not lose one of them
            await unit.connection.execute(
                "INSERT INTO calls (enterprise, id, source, direction, client, phase, result, "
                "rang, started_at) VALUES ($1, $2, 'ami', 'in', $3, 'ended', $4, $5, $6)",
                tenant.number, f"c{number}", f"+37500000007{number}",
                "answered" if number % 2 else "no_answer", ["150"],
                START + timedelta(minutes=number // 2),
            )  # fmt: skip


async def test_calls_are_paged_without_gaps_or_repeats(
    house: House, admin: Asgi, here: TenantOfTests
) -> None:
    await add_calls(house, here, 7)
    pages = await all_pages(admin, "/api/v1/calls", 3)
    assert [[call["id"] for call in page] for page in pages] == [
        ["c6", "c5", "c4"], ["c3", "c2", "c1"], ["c0"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("outcome=missed", ["c2", "c0"]),
        ("outcome=answered", ["c3", "c1"]),
        ("direction=out", []),
        ("phone=000072", ["c2"]),
        ("extension=150", ["c3", "c2", "c1", "c0"]),
        ("extension=151", []),
        ("since=2026-03-01T09:01:00Z", ["c3", "c2"]),
        ("until=2026-03-01T12:01:00%2B03:00", ["c1", "c0"]),
    ],
)
async def test_calls_are_filtered(
    house: House, admin: Asgi, here: TenantOfTests, query: str, expected: list[str]
) -> None:
    await add_calls(house, here, 4)
    reply = await admin.get(f"/api/v1/calls?{query}")
    assert [call["id"] for call in reply.json()["items"]] == expected


async def test_a_call_tells_its_whole_story(house: House, admin: Asgi, here: TenantOfTests) -> None:
    await add_calls(house, here, 1)
    async with house.db.unit() as unit:
        run = unit.connection
        await run.execute(
            "INSERT INTO journal (enterprise, source, kind, key, dedupe_key, body, state) "
            "VALUES ($1, 'ami', 'Hangup', 'c0', 'd', 'x', 'decided')",
            here.number,
        )
        row = await run.fetchval(
            "INSERT INTO outbox (enterprise, lane, connection_id, key, kind, payload, once, "
            "call_id, state) VALUES ($1, 'crm:x', $2, 'k', 'call_record', $3, 'o', 'c0', 'done') "
            "RETURNING id",
            here.number, here.crm_id, {"client": "+375000000070"},
        )  # fmt: skip
        await run.execute(
            "INSERT INTO attempts (enterprise, integration_type, event_type, call_id, outbox_id, "
            "status, request) VALUES ($1, 'retailcrm', 'call_record', 'c0', $2, 'success', $3)",
            here.number, row, {"url": "/x"},
        )  # fmt: skip
    story = (await admin.get("/api/v1/calls/c0")).json()
    assert story["call"]["result"] == "no_answer"
    assert [entry["kind"] for entry in story["journal"]] == ["Hangup"]
    assert [entry["payload"] for entry in story["commands"]] == [{"client": "+375000000070"}]
    assert [entry["request"] for entry in story["attempts"]] == [{"url": "/x"}]
    log = (await admin.get("/api/v1/log?status=success")).json()["items"]
    assert [(line["enterprise_number"], line["event_type"]) for line in log] == [
        ("0367", "call_record")
    ]
    bodies = (await admin.get(f"/api/v1/log/{log[0]['id']}")).json()
    assert bodies == {"id": log[0]["id"], "request_data": {"url": "/x"}, "response_data": {}}
    assert (await admin.get("/api/v1/log?status=error")).json()["items"] == []


async def test_given_up_commands_are_listed_and_tried_again(
    house: House, admin: Asgi, here: TenantOfTests
) -> None:
    async with house.db.unit() as unit:
        for number in range(3):
            await unit.connection.execute(
                "INSERT INTO outbox (enterprise, lane, connection_id, key, kind, payload, once, "
                "state, attempts, created_at) VALUES ($1, 'crm:x', $2, 'k', 'call_record', '{}', "
                "$3, 'dead', 9, $4)",
                here.number, here.crm_id, str(number), START + timedelta(hours=number),
            )  # fmt: skip
    pages = await all_pages(admin, "/api/v1/dead-letters", 2)
    ids = [entry["id"] for page in pages for entry in page]
    assert len(ids) == 3
    assert ids == sorted(ids, reverse=True)
    one = await admin.post("/api/v1/replay", json_body={"ids": [ids[0]]})
    assert one.json() == {"replayed": 1}
    span = {"since": "2026-03-01T09:00:00Z", "until": "2026-03-01T10:30:00Z"}
    assert (await admin.post("/api/v1/replay", json_body=span)).json() == {"replayed": 2}
    assert (await admin.get("/api/v1/dead-letters")).json()["items"] == []
    audit = (await admin.get("/api/v1/audit")).json()["items"]
    assert [entry["actor"] for entry in audit[:2]] == ["admin@0367.example"] * 2


@pytest.mark.parametrize(
    "body",
    [{}, {"ids": []}, {"ids": [1], "since": "2026-03-01T09:00:00Z"}, {"ids": [2**63]},
     {"since": "2026-03-01T09:00:00Z"}, {"since": "2026-03-01", "until": "2026-03-02"},
     {"since": "0001-01-01T00:00:00+14:00", "until": "2026-03-01T09:00:00Z"},
     {"since": "2026-03-01T09:00:00Z", "until": "9999-12-31T23:59:59-14:00"}],
)  # fmt: skip
async def test_a_replay_order_must_be_clear(admin: Asgi, body: dict[str, object]) -> None:
    reply = await admin.post("/api/v1/replay", json_body=body)
    assert (reply.status, reply.code) == (400, "request_invalid")


async def test_people_are_made_changed_and_listed(
    admin: Asgi, stranger: Asgi, here: TenantOfTests
) -> None:
    body = {"email": "new@0367.example", "name": " Новый ", "password": PASSWORD}
    made = await admin.post("/api/v1/users", json_body=body)
    assert made.status == 201
    assert (made.json()["name"], made.json()["role"]) == ("Новый", "employee")
    assert "password" not in made.body.decode()
    again = await admin.post("/api/v1/users", json_body={**body, "email": "NEW@0367.example"})
    assert (again.status, again.code) == (409, "email_taken")
    url = f"/api/v1/users/{made.json()['id']}"
    changed = await admin.request("PATCH", url, json_body={"role": "enterprise_admin"})
    assert (changed.status, changed.json()["role"]) == (200, "enterprise_admin")
    assert (await admin.get(url)).json() == changed.json()
    assert len([p for page in await all_pages(admin, "/api/v1/users", 2) for p in page]) == 3
    own = f"/api/v1/users/{here.admin.id}"
    locked = await admin.request("PATCH", own, json_body={"active": False})
    assert (locked.status, locked.code) == (409, "cannot_lock_out_yourself")


@pytest.mark.parametrize(
    "change",
    [{"email": "no-at-sign"}, {"email": "a b@x.example"}, {"name": ""}, {"name": "a\x00b"},
     {"name": "\ud800"}, {"password": "short"}, {"role": "king"}, {"locale": "xx"},
     {"surprise": 1}],
)  # fmt: skip
async def test_a_person_badly_described_is_refused(admin: Asgi, change: dict[str, object]) -> None:
    body = {"email": "new@0367.example", "name": "New", **change}
    reply = await admin.post("/api/v1/users", json_body=body)
    assert (reply.status, reply.code) == (400, "request_invalid")


async def test_extensions_belong_to_people(admin: Asgi, here: TenantOfTests) -> None:
    url = "/api/v1/extensions/151"
    put = await admin.request("PUT", url, json_body={"user_id": str(here.employee.id)})
    assert put.json() == {
        "phone_number": "151", "user_id": str(here.employee.id), "holder": "Employee",
    }  # fmt: skip
    listed = (await admin.get("/api/v1/extensions")).json()["items"]
    assert [(e["phone_number"], e["holder"]) for e in listed] == [
        ("150", "Desk of 0367"), ("151", "Employee"),
    ]  # fmt: skip
    assert (await admin.request("DELETE", url)).status == 204
    assert (await admin.get(url)).code == "extension_not_found"
    assert (await admin.request("PUT", "/api/v1/extensions/abc", json_body={})).status == 400


async def test_a_key_is_shown_once(admin: Asgi, stranger: Asgi) -> None:
    body = {"name": "reports", "scopes": ["read_calls"]}
    made = (await admin.post("/api/v1/api-keys", json_body=body)).json()
    assert made["secret"].startswith("kmt_")
    assert len(made["secret"]) == 47
    assert made["prefix"] == made["secret"][:10]
    caller = stranger.with_headers(x_api_key=made["secret"])
    assert (await caller.get("/api/v1/calls")).status == 200
    listed = (await admin.get("/api/v1/api-keys")).body.decode()
    assert made["id"] in listed
    assert made["secret"] not in listed
    assert (await admin.request("DELETE", f"/api/v1/api-keys/{made['id']}")).status == 204
    assert (await caller.get("/api/v1/calls")).code == "key_invalid"
    assert (await admin.request("DELETE", f"/api/v1/api-keys/{uuid4()}")).status == 404


async def test_a_connection_pauses_resumes_and_goes(
    house: House, admin: Asgi, here: TenantOfTests
) -> None:
    url = f"/api/v1/connections/{here.crm_id}"
    shown = (await admin.get(url)).json()
    assert shown["secrets"] == {"api_key": "***", "client_id": "***"}
    assert (await admin.post(f"{url}/pause")).json()["status"] == "paused"
    assert await house.directory.matrix(here.number) == matrix()
    assert (await admin.post(f"{url}/pause")).json()["status"] == "paused"
    assert (await admin.post(f"{url}/resume")).json()["status"] == "active"
    assert (await house.directory.matrix(here.number))["retailcrm"] is True
    assert (await admin.request("DELETE", url)).status == 204
    assert (await admin.request("DELETE", url)).status == 404
    assert (await admin.get("/api/v1/connections")).json()["items"] == []
    assert (await admin.get(url)).json()["secrets"] == {}
    audit = (await admin.get("/api/v1/audit")).json()["items"]
    assert [entry["action"] for entry in audit[:3]] == [
        "connection.remove", "connection.resume", "connection.pause",
    ]  # fmt: skip


async def test_platform_staff_keep_tenants(root: Asgi) -> None:
    body = {"number": "0500", "name": "Fifth", "time_zone": "Europe/Minsk"}
    made = await root.post("/api/v1/enterprises", json_body=body)
    assert (made.status, made.json()["time_zone"]) == (201, "Europe/Minsk")
    again = await root.post("/api/v1/enterprises", json_body=body)
    assert (again.status, again.code) == (409, "enterprise_exists")
    bad = await root.post("/api/v1/enterprises", json_body={**body, "time_zone": "Mars/Base"})
    assert bad.status == 400
    changed = await root.request("PATCH", "/api/v1/enterprises/0500", json_body={"name": "Renamed"})
    assert changed.json()["name"] == "Renamed"
    assert (await root.get("/api/v1/enterprises/0500")).json() == changed.json()
    assert (await root.request("PATCH", "/api/v1/enterprises/1", json_body={})).status == 404
    assert [len(page) for page in await all_pages(root, "/api/v1/enterprises", 1)] == [1]


@pytest.mark.parametrize("path", ["calls", "log"])
async def test_moments_at_the_edge_of_the_calendar_are_refused(admin: Asgi, path: str) -> None:
    reply = await admin.get(f"/api/v1/{path}?since=0001-01-01T00:00:00%2B14:00")
    assert (reply.status, reply.code) == (400, "request_invalid")
    reply = await admin.get(f"/api/v1/{path}?until=9999-12-31T23:59:59-14:00")
    assert (reply.status, reply.code) == (400, "request_invalid")


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "2026-03-01T00:00:00"])
def test_a_cursor_with_an_impossible_moment_is_refused(at: str) -> None:
    cursor = page_of([1, 2], 1, str, lambda _: [at, "x"]).next_cursor
    with pytest.raises(InvalidInput):
        read_cursor(cursor, tuple[datetime, str])


def test_the_last_page_has_no_cursor() -> None:
    assert page_of([1, 2], 2, str, lambda n: [n]).model_dump() == {
        "items": ["1", "2"], "next_cursor": None,
    }  # fmt: skip
    more = page_of([1, 2, 3], 2, str, lambda n: [n])
    assert more.items == ["1", "2"]
    assert read_cursor(more.next_cursor, tuple[int]) == (2,)


@pytest.mark.parametrize("cursor", ["x", "é", "W10=", "WyJhIl0=", "WzFlOTldCg==", "bnVsbA=="])
def test_a_cursor_of_somebody_else_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidInput):
        read_cursor(cursor, tuple[int])
