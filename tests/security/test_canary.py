"""Promise: no secret leaves. Canaries are set everywhere a secret may live, then looked for."""

import io
import json
from collections.abc import Iterator

import pytest

from kommutator.doors.http.app import create_app
from kommutator.flows.house import House
from tests.security.test_two_tenants import asked, routes, seed
from tests.support.asgi import Asgi
from tests.support.house import PASSWORD, TenantOfTests, event, settle_platform, settle_tenant
from tests.support.logs import caught_logs


@pytest.fixture
def lines(house: House) -> Iterator[io.StringIO]:
    """Everything that is logged, by us and by libraries."""
    with caught_logs(house.redactor, level="debug") as out:
        yield out


def canaries(tenant: TenantOfTests) -> list[str]:
    """What must never be seen anywhere but in the vault."""
    return [f"api-key-of-{tenant.number}-not-real", tenant.client_id, tenant.key, PASSWORD]


async def dump(house: House) -> str:
    """All rows of all tables as text."""
    async with house.db.unit() as unit:
        run = unit.connection
        tables = await run.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
        )
        rows = []
        for table in tables:
            name = table["tablename"]
            rows += [r["row"] for r in await run.fetch(f'SELECT t::text AS row FROM "{name}" t')]
    return "\n".join(rows)


async def test_answers_errors_headers_and_lists_tell_no_secret(
    house: House, lines: io.StringIO
) -> None:
    tenant = await settle_tenant(house, "0411")
    ids = await seed(house, tenant)
    _, root = await settle_platform(house)
    app = create_app(house)
    said = []
    for headers in (tenant.headers, root, {}, {"x-api-key": tenant.key}):
        caller = Asgi(app, headers=headers)
        for route in routes(app):
            method, url, body = asked(route, ids, "0411")
            if method == "DELETE":
                continue
            reply = await caller.request(method, url, json_body=body)
            said.append(json.dumps(reply.headers) + reply.body.decode())
    assert len(said) > 80
    told = "\n".join(said) + lines.getvalue() + house.metrics.render().decode()
    for canary in [*canaries(tenant), tenant.token]:
        assert canary not in told


async def test_the_database_holds_no_secret_in_the_clear(house: House) -> None:
    tenant = await settle_tenant(house, "0411")
    await house.sign_in.password(tenant.admin.email, PASSWORD, address="203.0.113.9")
    session = await house.sign_in.open_session(tenant.admin)
    told = await dump(house)
    assert "firm0411.retailcrm.example" in told
    for canary in [*canaries(tenant), tenant.token, session.token]:
        assert canary not in told


async def test_a_bug_with_secrets_in_its_message_leaks_none(
    house: House, lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = await settle_tenant(house, "0411")
    account = await house.directory.account(tenant.crm_id)

    async def broken(_: object) -> None:
        raise RuntimeError(
            f"POST https://u:p4ss@crm/?apiKey={account.secrets['api_key']} {account}"
        )

    monkeypatch.setattr(house.intake, "accept", broken)
    caller = Asgi(create_app(house), headers={"x-api-key": tenant.key})
    reply = await caller.post("/api/events", json_body=event("0411"))
    assert reply.status == 500
    told = reply.body.decode() + lines.getvalue()
    assert "RuntimeError" in lines.getvalue()
    for canary in [*canaries(tenant), "p4ss"]:
        assert canary not in told
