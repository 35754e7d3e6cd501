"""A CRM's key, codes and allowance are looked at, and a record is tried and taken back."""

from typing import Any

from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.finding import Health
from kommutator.flows import check_crm
from kommutator.flows.forms import ConnectionForm
from kommutator.flows.house import House
from tests.support.doctor import ADMIN, HERE, fields_of, seen
from tests.support.factories import value
from tests.support.house import TenantOfTests


async def connect(house: House, crm: dict[str, Any], key: str) -> Account:
    """In place of the made-up connection of `settle_tenant`."""
    async with house.db.unit() as unit:
        await unit.connection.execute("UPDATE connections SET status = 'removed'")
    form = ConnectionForm(ConnectionKind.RETAILCRM, crm["base_url"], secrets={"api_key": key})
    await house.set_up.save(ADMIN, HERE, form)
    house.directory.clear()
    account = await house.directory.account_of(HERE, ConnectionKind.RETAILCRM)
    assert account is not None
    return account


async def test_a_registered_crm_is_green(
    house: House, here: TenantOfTests, crm: dict[str, Any]
) -> None:
    await connect(house, crm, crm["api_key"])
    await house.enrol.register(ADMIN, HERE)
    house.directory.clear()
    found = seen(await house.doctor.enterprise(HERE))
    assert found["crm"] == found["crm_codes"] == found["crm_allowance"] == ("ok", "ok")
    assert found["pbx_link"] == ("skipped", "not_connected")


async def test_a_key_without_rights_names_them(
    house: House, here: TenantOfTests, crm: dict[str, Any]
) -> None:
    account = await connect(house, crm, crm["limited_api_key"])
    found, _ = await check_crm.key(house.enrol.desk(account.kind), account)
    assert found.word == "scopes"
    assert "integration_write" in found.facts["scopes"]


async def test_a_wrong_key_and_a_crm_that_is_away(
    house: House, here: TenantOfTests, crm: dict[str, Any]
) -> None:
    account = await connect(house, crm, "no-such-key-not-real")
    found, _ = await check_crm.key(house.enrol.desk(account.kind), account)
    assert (found.health, found.word) == (Health.FAIL, "refused")
    gone = Account(**{**fields_of(account), "base_url": "http://127.0.0.1:1"})
    found, _ = await check_crm.key(house.enrol.desk(account.kind), gone)
    assert (found.health, found.word) == (Health.FAIL, "away")


async def test_codes_that_differ_and_an_allowance_that_is_spent(
    house: House, here: TenantOfTests, crm: dict[str, Any]
) -> None:
    account = await connect(house, crm, crm["api_key"])
    await house.enrol.register(ADMIN, HERE)
    changed = Account(
        **{
            **fields_of(account),
            "status": ConnectionStatus.ACTIVE,
            "config": {"user_extensions": {"19": "150"}},
        }
    )
    _, codes = await check_crm.key(house.enrol.desk(account.kind), changed)
    assert (codes.word, codes.facts["users"]) == ("differ", "19")
    async with house.db.unit() as unit:
        await unit.connection.execute("UPDATE budgets SET tat = tat + 60")
    (spent,) = await check_crm.allowance(house.db, house.enrol.desk(account.kind), account)
    assert spent.word == "spent"


async def test_a_record_is_written_and_taken_back(
    house: House, here: TenantOfTests, crm: dict[str, Any]
) -> None:
    await connect(house, crm, crm["api_key"])
    found = await house.trials.crm_record(ADMIN, HERE, "ru")
    assert found.health is Health.OK
    assert found.facts["where"]
    notes = await value(house.db, "SELECT count(*) FROM attempts WHERE event_type = 'test_record'")
    assert notes == 1
    audited = await value(
        house.db, "SELECT actor FROM audit_log WHERE action = 'doctor.crm_record'"
    )
    assert audited == ADMIN.name


async def test_a_key_that_may_not_write_is_told(
    house: House, here: TenantOfTests, crm: dict[str, Any]
) -> None:
    await connect(house, crm, crm["limited_api_key"])
    found = await house.trials.crm_record(ADMIN, HERE, "ru")
    assert (found.health, found.word) == (Health.FAIL, "refused")
