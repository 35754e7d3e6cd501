"""Promise: nobody reads or writes a CRM's cards by an account that is not theirs to use.

Neither a neighbour's, nor a colleague's own: by no route, no id and no name. The routes come from
the OpenAPI; a new one among the cards fails here until it is described below.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from kommutator.domain.bulk import BulkAction
from kommutator.domain.crm_data import EntityKind
from kommutator.domain.tenancy import Actor, Permission, Role
from kommutator.flows.house import House
from tests.security.test_two_tenants import Route
from tests.support.amocrm_house import Door, connect, open_door
from tests.support.asgi import Asgi
from tests.support.house import TenantOfTests

MARK = "only-0411-knows"
CHANGE = {"name": "Changed"}
LINK = {"to_type": "contacts", "to_id": 7}
BODIES: dict[str, Any] = {
    "list_leads": None, "show_lead": None, "change_lead": CHANGE, "patch_lead": CHANGE,
    "create_lead": CHANGE, "create_whole_lead": {"name": "x", "_embedded": {"contacts": []}},
    "list_contacts": None, "show_contact": None, "change_contact": CHANGE,
    "patch_contact": CHANGE, "create_contact": CHANGE,
    "list_companies": None, "show_company": None, "change_company": CHANGE,
    "patch_company": CHANGE, "create_company": CHANGE,
    "list_pipelines": None, "list_crm_users": None,
    "list_tasks": None, "create_crm_task": {"text": "x", "complete_till": 1_800_000_000},
    "complete_crm_task": {"result": "done"},
    "list_notes": None, "create_note": {"text": "x"}, "link_card": LINK, "unlink_card": LINK,
    "order_bulk": {"action": "create", "items": [{"name": "x"}]}, "list_bulk": None,
    "show_bulk": None, "list_bulk_items": None, "download_bulk_items": None,
    "cancel_bulk": None, "retry_bulk": None,
}  # fmt: skip
OF_JOBS = {"list_bulk", "show_bulk", "list_bulk_items", "download_bulk_items", "cancel_bulk",
           "retry_bulk"}  # fmt: skip
SINGULAR = {"lead": "leads", "contact": "contacts", "company": "companies"}


def routes(door: Door) -> Iterator[Route]:
    for path, methods in door.app.openapi()["paths"].items():  # type: ignore[attr-defined]  # FastAPI's
        for method, described in methods.items():
            if "amoCRM: cards" in described.get("tags", ()):
                yield Route(method.upper(), path, described["operationId"])


@pytest.fixture
def door(house: House) -> Door:
    opened = open_door(house)
    for kind in EntityKind:
        opened.box.rows[kind][1] = {
            "id": 1, "name": MARK, "created_at": 1, "updated_at": 1, "price": 0,
        }  # fmt: skip
    opened.box.tasks_made.append({"id": 1, "text": MARK, "complete_till": 1, "created_at": 1})
    return opened


async def a_job(door: Door, tenant: TenantOfTests, actor: Actor) -> UUID:
    account = await door.house.amocrm_accounts.acting(actor, tenant.number)
    items = [{"id": 1, "name": "bad"}]
    job = await door.house.bulk.order(actor, account, EntityKind.LEADS, BulkAction.UPDATE, items)
    return job.job.id


def admin_of(tenant: TenantOfTests) -> Actor:
    return Actor("tests", Role.ENTERPRISE_ADMIN, tenant.number, tenant.admin.id)


def employee_of(tenant: TenantOfTests) -> Actor:
    return Actor("broker", Role.EMPLOYEE, tenant.number, tenant.employee.id)


def asked(route: Route, job: UUID, query: str) -> tuple[str, str, Any]:
    kind = next((SINGULAR[word] for word in SINGULAR if word in route.name), "leads")
    url = route.path.format(entity_id=1, task_id=1, kind=kind, job_id=job)
    return route.method, f"{url}?{query}", BODIES[route.name]


def test_every_route_of_the_cards_is_described_here(door: Door) -> None:
    assert {route.name for route in routes(door)} == set(BODIES)


async def test_a_neighbour_reaches_nothing_and_the_owner_all(
    door: Door, here: TenantOfTests, there: TenantOfTests
) -> None:
    await connect(door, here, "1")
    await connect(door, there, "2")
    job = await a_job(door, there, admin_of(there))
    # Cancelling comes last but one, trying again after it has nothing to send.
    order = sorted(routes(door), key=lambda route: ("cancel" in route.name, "retry" in route.name))
    for route in order:
        method, url, body = asked(route, job, "enterprise_number=0411")
        refused = await door.of(here).request(method, url, json_body=body)
        assert (refused.status, refused.code) == (404, "enterprise_not_found"), route
        assert MARK not in refused.body.decode()
        served = await door.of(there).request(method, url, json_body=body)
        expected = {409} if route.name == "retry_bulk" else {200, 201, 202}
        assert served.status in expected, (route, served.status, served.body)


async def test_an_account_named_by_its_number_or_connection_is_still_not_theirs(
    door: Door, here: TenantOfTests, there: TenantOfTests
) -> None:
    await connect(door, here, "1")
    foreign = await connect(door, there, "2")
    job = await a_job(door, there, admin_of(there))
    for route in routes(door):
        for named in ("2", str(foreign)):
            method, url, body = asked(route, job, f"account={named}")
            reply = await door.of(here).request(method, url, json_body=body)
            if route.name == "list_bulk":
                assert reply.json()["items"] == []
                continue
            unknown = "bulk_not_found" if route.name in OF_JOBS else "amocrm_account_unknown"
            assert (reply.status, reply.code) == (404, unknown), route
            assert MARK not in reply.body.decode()
    assert foreign not in door.box.asked_by


async def test_a_brokers_own_account_is_nobody_elses(
    door: Door, house: House, here: TenantOfTests
) -> None:
    """Two brokers of one enterprise, and its administrator, each with an account."""
    firm = await connect(door, here, "1")
    own = await connect(door, here, "2", user_id=here.employee.id)
    colleague = await house.people.create(
        "tests", here.number, email="other@0367.example", name="Other",
        role=Role.EMPLOYEE, password="correct horse 8 battery",
    )  # fmt: skip
    theirs = await connect(door, here, "3", user_id=colleague.id)
    job = await a_job(door, here, employee_of(here))
    token = house.tokens.issue(colleague).value
    other = Asgi(door.app, headers={"authorization": f"Bearer {token}"})
    for route in routes(door):
        for caller in (other, door.of(here)):
            for named in ("2", str(own)):
                method, url, body = asked(route, job, f"account={named}")
                reply = await caller.request(method, url, json_body=body)
                if route.name == "list_bulk":
                    assert reply.json()["items"] == []
                    continue
                assert reply.status == 404, (route, reply.status)
    assert door.box.asked_by == []
    assert (await door.employee_of(here).get("/api/v1/amocrm/leads")).status == 200
    assert (await other.get("/api/v1/amocrm/leads")).status == 200
    assert (await door.of(here).get("/api/v1/amocrm/leads")).status == 200
    assert door.box.asked_by == [own, theirs, firm]
    # One's own is named as well as not.
    assert (await door.employee_of(here).get("/api/v1/amocrm/leads?account=2")).status == 200
    firms = await door.employee_of(here).get("/api/v1/amocrm/leads?account=1")
    assert (firms.status, firms.code) == (404, "amocrm_account_unknown")


async def test_an_employee_without_an_own_account_is_told_to_connect_it(
    door: Door, here: TenantOfTests
) -> None:
    await connect(door, here, "1")
    job = await a_job(door, here, admin_of(here))
    for route in routes(door):
        method, url, body = asked(route, job, "")
        reply = await door.employee_of(here).request(method, url, json_body=body)
        assert (reply.status, reply.code) == (403, "amocrm_connect_yours"), route
    told = await door.employee_of(here).get(
        "/api/v1/amocrm/leads", headers={"accept-language": "en"}
    )
    assert "GET /api/v1/amocrm/auth" in told.json()["error"]["action"]


async def test_strangers_and_narrow_keys_reach_nothing(
    door: Door, house: House, here: TenantOfTests
) -> None:
    await connect(door, here, "1")
    job = await a_job(door, here, admin_of(here))
    made = await house.keys.create(
        admin_of(here), here.number, name="calls", scopes={Permission.READ_CALLS}
    )
    narrow = Asgi(door.app, headers={"x-api-key": made.secret})
    wide = await house.keys.create(
        admin_of(here), here.number, name="crm",
        scopes={Permission.READ_CALLS, Permission.CONFIGURE},
    )  # fmt: skip
    for route in routes(door):
        method, url, body = asked(route, job, "")
        assert (await Asgi(door.app).request(method, url, json_body=body)).status == 401, route
        assert (await narrow.request(method, url, json_body=body)).status == 403, route
    machine = Asgi(door.app, headers={"x-api-key": wide.secret})
    assert (await machine.get("/api/v1/amocrm/leads")).status == 200


async def test_several_accounts_are_listed_and_one_is_to_be_named(
    door: Door, here: TenantOfTests
) -> None:
    first = await connect(door, here, "1")
    second = await connect(door, here, "2")
    reply = await door.of(here).get("/api/v1/amocrm/leads")
    assert (reply.status, reply.code) == (409, "amocrm_accounts_several")
    assert "1 (amo 1), 2 (amo 2)" in reply.json()["error"]["message"]
    assert (await door.of(here).get("/api/v1/amocrm/leads?account=1")).status == 200
    assert (await door.of(here).get(f"/api/v1/amocrm/leads?account={second}")).status == 200
    assert door.box.asked_by == [first, second]


async def test_an_account_that_does_not_work_says_so(door: Door, here: TenantOfTests) -> None:
    none = await door.of(here).get("/api/v1/amocrm/leads")
    assert (none.status, none.code) == (404, "amocrm_not_connected")
    connection = await connect(door, here, "1")
    async with door.house.db.unit() as unit:
        await unit.connection.execute(
            "UPDATE connections SET status = 'broken' WHERE id = $1", connection
        )
    broken = await door.of(here).get("/api/v1/amocrm/leads")
    assert (broken.status, broken.code) == (409, "amocrm_not_working")
