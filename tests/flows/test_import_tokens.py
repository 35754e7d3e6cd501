"""Tokens of the former program: every row has its outcome, no row breaks the others."""

from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from kommutator.domain.oauth import AccountFacts
from kommutator.flows.amocrm.import_tokens import ImportTokens, Plan
from kommutator.flows.house import House
from kommutator.kit.errors import ErrorKind, VendorError
from kommutator.store.foreign_tokens import read_foreign_tokens
from tests.support.house import open_house, settle_tenant
from tests.support.oauth import Vendor

SETTINGS = {
    "amocrm_client_id": "the-integration",
    "amocrm_client_secret": "not-a-real-integration-secret-of-64",
}
FILE = {  # as requirement 003 shows /tmp/amocrm_token.json
    "access_token": "eyJ0eXAiOiJKV1QiLCJhbGciOi",
    "refresh_token": "refresh-1",
    "token_type": "Bearer",
    "expires_at": "2024-01-15T10:30:00Z",
}


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch) -> Vendor:
    made = Vendor()
    monkeypatch.setattr("kommutator.compose.grants.AmoCrmAuthorizer", lambda *_, **__: made)
    return made


def take_over(house: House) -> ImportTokens:
    return ImportTokens(house.db, house.amocrm.ways_in, clock=house.clock)


async def test_the_file_of_requirement_003(database_url: str, vendor: Vendor) -> None:
    async with open_house(database_url, **SETTINGS) as house:
        here = await settle_tenant(house, "0367")
        plan = Plan("one.amocrm.ru", enterprise=here.number)
        (dry,) = await take_over(house)([FILE], plan)
        assert (dry.outcome, vendor.exchanges) == ("would_import", [])
        plan = Plan("one.amocrm.ru", enterprise=here.number, apply=True)
        (line,) = await take_over(house)([FILE], plan)
        assert (line.outcome, line.detail) == ("imported", "31920194")
        assert vendor.exchanges == ["refresh-1"]  # it was over since 2024: renewed at once
        async with house.db.unit() as unit:
            (record,) = [r for r in await unit.connections.list(here.number) if r.kind == "amocrm"]
        access = await house.grants.access(
            await house.amocrm_accounts.by_id(here.number, record.id)
        )
        assert access.token == "access-2"


async def test_a_working_account_is_not_overwritten_by_its_older_tokens(
    database_url: str, vendor: Vendor
) -> None:
    async with open_house(database_url, **SETTINGS) as house:
        here = await settle_tenant(house, "0367")
        ends = (house.clock.now() + timedelta(hours=1)).isoformat()
        plan = Plan("one.amocrm.ru", enterprise=here.number, apply=True)
        (line,) = await take_over(house)([{**FILE, "expires_at": ends}], plan)
        assert (line.outcome, vendor.exchanges) == ("imported", [])
        async with house.db.unit() as unit:
            (record,) = [r for r in await unit.connections.list(here.number) if r.kind == "amocrm"]
        await house.grants.renew(here.number, record.id, 1)
        (line,) = await take_over(house)([{**FILE, "expires_at": ends}], plan)
        assert (line.outcome, line.detail) == ("refused", "account_already_connected")
        account = await house.amocrm_accounts.by_id(here.number, record.id)
        assert (await house.grants.access(account)).token == "access-2"


async def test_a_token_that_ended_before_its_date_is_renewed(
    database_url: str, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their column has no time zone."""

    async def whose(base_url: str, access: str) -> AccountFacts:
        if access == FILE["access_token"]:
            raise VendorError(ErrorKind.TOKEN_STALE, "Unauthorized", status=401)
        return AccountFacts("31920194", "One", "one", "7")

    monkeypatch.setattr(vendor, "whose", whose)
    async with open_house(database_url, **SETTINGS) as house:
        here = await settle_tenant(house, "0367")
        ends = (house.clock.now() + timedelta(hours=2)).isoformat()
        plan = Plan("one.amocrm.ru", enterprise=here.number, apply=True)
        (line,) = await take_over(house)([{**FILE, "expires_at": ends}], plan)
        assert (line.outcome, vendor.exchanges) == ("imported", ["refresh-1"])


async def test_a_table_of_requirement_004(database_url: str, vendor: Vendor) -> None:
    async with open_house(database_url, **SETTINGS) as house:
        here = await settle_tenant(house, "0367")
        ends = (house.clock.now() + timedelta(hours=5)).isoformat()

        def row(**columns: Any) -> dict[str, Any]:
            return {"access_token": "a", "refresh_token": "r", "expires_at": ends, **columns}

        rows = [
            row(owner_email=here.employee.email),
            row(owner_email=here.employee.email, refresh_token="older"),
            row(user_id="77"),
            row(user_id="78"),
            row(user_id="77", access_token=None),
            {"user_id": 5, "expires_at": "yesterday"},
            row(),
        ]
        plan = Plan("one.amocrm.ru", owners={"77": here.admin.email}, apply=True)
        lines = await take_over(house)(rows, plan)
        assert [(line.number, line.outcome) for line in lines] == [
            (1, "imported"),
            (2, "owner_has_one"),
            (3, "imported"),
            (4, "owner_unknown"),
            (5, "access_missing"),
            (6, "access_missing"),
            (7, "owner_unknown"),
        ]
        assert vendor.exchanges == []
        async with house.db.unit() as unit:
            found = await unit.connection.fetch(
                "SELECT u.email FROM connections c JOIN users u ON u.id = c.user_id ORDER BY 1"
            )
        assert [r["email"] for r in found] == ["admin@0367.example", "employee@0367.example"]


async def test_the_table_is_read_with_whatever_columns_it_has(empty_database_url: str) -> None:
    connection = await asyncpg.connect(empty_database_url)
    await connection.execute(
        "CREATE TABLE amo_crm_tokens (id uuid, access_token text, refresh_token text, "
        "expires_at timestamp)"
    )
    await connection.execute("INSERT INTO amo_crm_tokens VALUES (NULL, 'a', 'r', '2026-01-02')")
    (row,) = await read_foreign_tokens(empty_database_url)
    assert (row["access_token"], row["expires_at"]) == ("a", "2026-01-02T00:00:00")
    await connection.execute(
        "ALTER TABLE amo_crm_tokens ADD user_id uuid; CREATE TABLE users (id uuid, email text); "
        "INSERT INTO users VALUES ('00000000-0000-0000-0000-000000000001', 'b@x.example'); "
        "UPDATE amo_crm_tokens SET user_id = '00000000-0000-0000-0000-000000000001'"
    )
    (row,) = await read_foreign_tokens(empty_database_url)
    assert row["owner_email"] == "b@x.example"
    await connection.close()
