"""Promise: one tenant never sees or changes another's data, on any route of the API.

The routes come from the OpenAPI itself; a new one fails here until it is described below. Each
foreign request is also made by its rightful owner, so that a refusal proves tenancy and not a
mistake in the request.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from kommutator.doors.http.app import create_app
from kommutator.flows.house import House
from kommutator.store.phone_book import Told
from tests.support.asgi import Asgi
from tests.support.factories import a_campaign, a_click
from tests.support.house import TenantOfTests, event
from tests.support.routing import a_ringing_call

OPEN = {"login", "health", "ready", "stats", "metrics"}
OWN = {"me", "change_password"}
PLATFORM = {"list_enterprises", "create_enterprise", "change_enterprise"}
BODIES: dict[str, Any] = {
    "take_event": event("0411", "1.77"),
    "create_user": {"email": "new@0411.example", "name": "New"},
    "change_user": {"name": "Changed"},
    "set_user_password": {"password": "a whole new password"},
    "put_extension": {"holder": "Changed"},
    "create_key": {"name": "new"},
    "change_enterprise": {"name": "Changed"},
    "create_enterprise": {"number": "0999", "name": "New"},
    "replay": {"ids": []},
    "reprocess": {"since": "2026-11-01T00:00:00Z", "until": "2026-11-02T00:00:00Z"},
    "take_call": {"extension": "150"},
    "smart_redirect": {"phone": "+375290000411"},
    "make_pbx_files": {"host": "pbx.example"},
    "pin_phone_book_entry": {"pinned": "151"},
    "refresh_phone_book_entry": {"phone": "+375290000411"},
    "create_campaign": {"name": "New", "plan": {"agents": ["150"]}},
    "change_campaign": {"name": "Changed"},
    "add_campaign_items": {"items": [{"phone": "+375290000412"}]},
    "add_campaign_csv": "+375290000413",
    "add_do_not_call": {"phones": ["+375290000414"]},
}
LAST = (
    "delete_connection",
    "revoke_key",
    "delete_recording",
    "delete_extension",
    "delete_phone_book_entry",
    "delete_campaign",
)
MARK = "only-0411-knows"


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    name: str


def routes(app: Any) -> Iterator[Route]:
    for path, methods in app.openapi()["paths"].items():
        for method, described in methods.items():
            yield Route(method.upper(), path, described["operationId"])


async def seed(house: House, tenant: TenantOfTests) -> dict[str, str]:
    """One row of everything that has an id, and these ids by the names of path parameters."""
    number = tenant.number
    async with house.db.unit() as unit:
        run = unit.connection
        await run.execute(
            "INSERT INTO calls (enterprise, id, source, client, client_name, started_at) "
            "VALUES ($1, $2, 'http', '+375000000070', $3, now())",
            number, f"call-of-{number}", f"only-{number}-knows",
        )  # fmt: skip
        outbox_id = await run.fetchval(
            "INSERT INTO outbox (enterprise, lane, connection_id, key, kind, payload, once, "
            "call_id, state, error) VALUES ($1, $2, $3, 'k', 'call_record', '{}', 'o', $4, "
            "'dead', $5) RETURNING id",
            number, f"crm:{tenant.crm_id}", tenant.crm_id, f"call-of-{number}",
            f"only-{number}-knows",
        )  # fmt: skip
        await a_click(house, unit, number, f"call-of-{number}")
        await a_ringing_call(unit, number, f"ringing-of-{number}")
        attempt_id = await run.fetchval(
            "INSERT INTO attempts (enterprise, integration_type, event_type, call_id, status, "
            "error_message) VALUES ($1, 'retailcrm', 'call_record', $2, 'error', $3) RETURNING id",
            number, f"call-of-{number}", f"only-{number}-knows",
        )  # fmt: skip
        await unit.extensions.put(number, f"15{int(number) % 10}", holder=f"only-{number}-knows")
        await unit.phone_book.hear(
            number, tenant.crm_id,
            Told(f"+37529000{number}", known=True, name=f"only-{number}-knows", customer_id="1"),
            at=house.clock.now(),
        )  # fmt: skip
        await run.execute(
            "INSERT INTO recordings (enterprise, name, call_id, state, error) "
            "VALUES ($1, $2, $3, 'missing', $4)",
            number, f"gw-of-{number}", f"call-of-{number}", f"only-{number}-knows",
        )  # fmt: skip
        await unit.enterprises.update(number, name=f"only-{number}-knows")
        campaign = await a_campaign(house, unit, number)
    return {
        "number": number,
        "user_id": str(tenant.employee.id),
        "phone_number": f"15{int(number) % 10}",
        "key_id": str(tenant.key_id),
        "connection_id": str(tenant.crm_id),
        "call_id": f"call-of-{number}",
        "name": f"gw-of-{number}",
        "entry_id": str(attempt_id),
        "outbox_id": str(outbox_id),
        "ringing": f"ringing-of-{number}",
        "phone": f"+37529000{number}",
        "campaign_id": str(campaign),
    }


@pytest.fixture
async def app(house: House) -> Any:
    return create_app(house)


def asked(route: Route, ids: dict[str, str], number: str) -> tuple[str, str, Any]:
    if route.name == "take_call":
        ids = ids | {"call_id": ids["ringing"]}
    url = route.path.format(**ids)
    if route.path != "/api/events" and not route.path.startswith("/api/v1/enterprises"):
        url += f"?enterprise_number={number}"
    body = BODIES.get(route.name)
    if route.name == "replay":
        body = {"ids": [int(ids["outbox_id"])]}
    return route.method, url, body


async def test_every_route_refuses_a_neighbour_and_serves_its_owner(
    house: House, app: Any, here: TenantOfTests, there: TenantOfTests
) -> None:
    foreign = await seed(house, there)
    await seed(house, here)
    neighbour = Asgi(app, headers=here.headers)
    owner = Asgi(app, headers=there.headers)
    found = [r for r in routes(app) if r.name not in OPEN | OWN]
    assert len(found) > 20
    for route in sorted(found, key=lambda r: r.name in LAST):
        method, url, body = asked(route, foreign, "0411")
        reply = await neighbour.request(method, url, json_body=body)
        refused = 403 if route.name in PLATFORM else 404
        assert reply.status == refused, (route, reply.status, reply.body)
        assert MARK not in reply.body.decode()
        owned = await owner.request(method, url, json_body=body)
        served = owned.status == 403 if route.name in PLATFORM else 200 <= owned.status < 300
        assert served, (route, owned.status, owned.body)


async def test_foreign_ids_are_unknown_inside_the_own_tenant_too(
    house: House, app: Any, here: TenantOfTests, there: TenantOfTests
) -> None:
    """The id is the neighbour's, the number is not named: by the id alone nothing is found."""
    foreign = await seed(house, there)
    neighbour = Asgi(app, headers=here.headers)
    for route in sorted(routes(app), key=lambda r: r.name == "put_extension"):
        if "{" not in route.path or route.name in PLATFORM:
            continue
        method, url, body = asked(route, foreign, "0367")
        reply = await neighbour.request(method, url, json_body=body)
        made_own = route.name == "put_extension"  # numbers are each tenant's own
        assert reply.status == (200 if made_own else 404), (route, reply.status, reply.body)
    async with house.db.unit() as unit:
        assert (await unit.extensions.get(there.number, "151")).holder == "only-0411-knows"
        assert (await unit.connections.get(there.number, there.crm_id)).status == "active"
        assert (await unit.people.get(there.number, there.employee.id)).name == "Employee"


async def test_lists_show_nothing_of_a_neighbour(
    house: House, app: Any, here: TenantOfTests, there: TenantOfTests
) -> None:
    await seed(house, there)
    await seed(house, here)
    caller = Asgi(app, headers=here.headers)
    lists = [r for r in routes(app) if r.name.startswith("list_") and r.name not in PLATFORM]
    assert len(lists) == 12
    for route in lists:
        told = (await caller.get(route.path)).body.decode()
        assert "0411" not in told, route
        assert str(there.crm_id) not in told
        assert told.startswith('{"items":[{'), (route, told)


async def test_replaying_foreign_ids_moves_nothing(
    house: House, app: Any, here: TenantOfTests, there: TenantOfTests
) -> None:
    foreign = await seed(house, there)
    caller = Asgi(app, headers=here.headers)
    body = {"ids": [int(foreign["outbox_id"])]}
    assert (await caller.post("/api/v1/replay", json_body=body)).json() == {"replayed": 0}
    async with house.db.unit() as unit:
        row = await unit.outbox.get(there.number, int(foreign["outbox_id"]))
    assert row is not None
    assert row.state == "dead"


async def test_a_foreign_user_cannot_be_given_an_own_extension(
    app: Any, here: TenantOfTests, there: TenantOfTests
) -> None:
    caller = Asgi(app, headers=here.headers)
    reply = await caller.request(
        "PUT", "/api/v1/extensions/177", json_body={"user_id": str(there.employee.id)}
    )
    assert (reply.status, reply.code) == (404, "user_not_found")


async def test_employees_neither_configure_nor_see_configuration(
    house: House, app: Any, here: TenantOfTests
) -> None:
    ids = await seed(house, here)
    async with house.db.unit() as unit:
        await unit.extensions.put(here.number, "150", user_id=here.employee.id)
    token = house.tokens.issue(here.employee).value
    caller = Asgi(app, headers={"authorization": f"Bearer {token}"})
    allowed = {
        "list_calls",
        "show_call",
        "show_statistics",
        "download_calls",
        "cancel_call",
        "take_call",
        "list_extensions",
        "show_extension",
        "show_enterprise",
        "list_phone_book",
        "show_phone_book_entry",
        "show_phone_book_read",
        "show_call_recordings",
        "list_campaigns",
        "show_campaign",
        "show_campaign_items",
        "show_campaign_calls",
        "show_campaign_results",
        "list_do_not_call",
        "list_recordings",
    }
    for route in routes(app):
        if route.name in OPEN | OWN:
            continue
        method, url, body = asked(route, ids, "0367")
        if route.name == "take_event":
            body = event("0367", "1.77")
        reply = await caller.request(method, url, json_body=body)
        served = 200 <= reply.status < 300
        assert served if route.name in allowed else reply.status == 403, (route, reply.body)


async def test_strangers_reach_nothing(app: Any, house: House, here: TenantOfTests) -> None:
    ids = await seed(house, here)
    for route in routes(app):
        if route.name in {"login", "health", "ready"}:
            continue
        method, url, body = asked(route, ids, "0367")
        reply = await Asgi(app).request(method, url, json_body=body)
        assert reply.status == 401, (route, reply.status, reply.body)


async def test_a_key_does_no_more_than_its_scopes(app: Any, here: TenantOfTests) -> None:
    pbx = Asgi(app, headers={"x-api-key": here.key})
    assert (await pbx.post("/api/events", json_body=event("0367"))).status == 200
    for url in ("/api/v1/calls", "/api/v1/users", "/api/v1/log", "/api/v1/connections"):
        assert (await pbx.get(url)).status == 403
    own = await pbx.get("/api/v1/me")
    assert own.json()["permissions"] == ["send_events"]


async def test_nobody_gives_a_key_more_than_they_have(
    house: House, app: Any, here: TenantOfTests
) -> None:
    caller = Asgi(app, headers=here.headers)
    body = {"name": "too much", "scopes": ["administer"]}
    reply = await caller.post("/api/v1/api-keys", json_body=body)
    assert (reply.status, reply.code) == (403, "not_allowed")
    promoted = await caller.request(
        "PATCH", f"/api/v1/users/{here.employee.id}", json_body={"role": "platform_admin"}
    )
    assert (promoted.status, promoted.code) == (400, "role_not_here")


async def test_platform_staff_must_say_whose_data_they_mean(
    root: Asgi, here: TenantOfTests
) -> None:
    assert (await root.get("/api/v1/calls")).code == "enterprise_number_missing"
    assert (await root.get("/api/v1/calls?enterprise_number=0367")).status == 200
    assert (await root.get("/api/v1/calls?enterprise_number=9999")).status == 404
    made = await root.post(
        "/api/v1/users?enterprise_number=9999", json_body={"email": "a@b.example", "name": "x"}
    )
    assert made.status == 404
