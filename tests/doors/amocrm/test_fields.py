"""Requirement 003's fields: synchronised on demand, told from our copy while amoCRM is down."""

from typing import Any, cast

import pytest

from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.crm_ports import CrmReader
from kommutator.flows.amocrm.fields import Fields
from kommutator.flows.crm_copy.cards import ReadCards
from kommutator.flows.crm_copy.references import ReadReferences
from kommutator.flows.house import House
from kommutator.kit.errors import ErrorKind, VendorError
from tests.doors.amocrm.conftest import connect_amocrm
from tests.support.asgi import Asgi
from tests.support.copied_crm import VendorCrm, at_once
from tests.support.house import TenantOfTests

PATH = "/api/v1/amocrm/fields"
DOWN = VendorError(ErrorKind.TRANSIENT, "bad gateway", status=502, hint="vendor_down")


@pytest.fixture
def crm(house: House) -> VendorCrm:
    """In place of the real account."""
    crm = VendorCrm()
    readers = {ConnectionKind.AMOCRM: cast("CrmReader", crm)}
    cards = ReadCards(house.db, house.directory, readers, at_once)
    house.amocrm_fields = Fields(ReadReferences(house.db, cards))
    return crm


@pytest.fixture
def caller(app: Any, here: TenantOfTests) -> Asgi:
    return Asgi(app, headers=here.headers)


async def test_sync_and_list(caller: Asgi, crm: VendorCrm, account: Account) -> None:
    synced = await caller.post(f"{PATH}/sync")
    assert synced.status == 200
    assert synced.json() == {
        "success": True, "fields": {"leads": 2, "contacts": 2, "companies": 2},
    }  # fmt: skip
    crm.error = DOWN
    listed = (await caller.get(f"{PATH}?entity_type=contacts")).json()
    assert listed["entity_type"] == "contacts"
    assert listed["data"] == [
        {
            "id": 9, "name": "Phone", "type": "multitext", "type_name": "multitext",
            "code": "PHONE", "sort": 0, "choices": [], "required_at": [], "api_only": False,
            "predefined": False,
        },
        {
            "id": 10, "name": "Colour", "type": "other", "type_name": "rainbow", "code": None,
            "sort": 0, "choices": [], "required_at": [], "api_only": False, "predefined": False,
        },
    ]  # fmt: skip


async def test_the_first_question_asks_amocrm_itself(
    caller: Asgi, crm: VendorCrm, account: Account
) -> None:
    for _ in range(2):
        assert len((await caller.get(PATH)).json()["data"]) == 2
    assert crm.asked == [("fields", "leads")]


async def test_a_silent_amocrm_is_told_of(caller: Asgi, crm: VendorCrm, account: Account) -> None:
    crm.error = DOWN
    assert (await caller.post(f"{PATH}/sync")).status == 424
    assert (await caller.get(PATH)).status == 424


async def test_an_unknown_kind(caller: Asgi, crm: VendorCrm, account: Account) -> None:
    assert (await caller.get(f"{PATH}?entity_type=rockets")).status == 400


async def test_who_may_not(app: Any, crm: VendorCrm, here: TenantOfTests, house: House) -> None:
    """Strangers, employees without an account of their own, and before anything is connected."""
    assert (await Asgi(app).get(PATH)).status == 401
    admin = Asgi(app, headers=here.headers)
    assert (await admin.get(PATH)).code == "amocrm_not_connected"
    await connect_amocrm(house, here, "1")
    token = house.tokens.issue(here.employee).value
    employee = Asgi(app, headers={"authorization": f"Bearer {token}"})
    for reply in (await employee.get(PATH), await employee.post(f"{PATH}/sync")):
        assert (reply.status, reply.code) == (403, "amocrm_connect_yours")


async def test_a_neighbours_account_does_not_exist(
    app: Any, crm: VendorCrm, here: TenantOfTests, there: TenantOfTests, house: House
) -> None:
    await connect_amocrm(house, here, "1")
    foreign = await connect_amocrm(house, there, "2")
    caller = Asgi(app, headers=here.headers)
    for name in ("2", str(foreign.connection_id)):
        for reply in (
            await caller.get(f"{PATH}?account={name}"),
            await caller.post(f"{PATH}/sync?account={name}"),
        ):
            assert (reply.status, reply.code) == (404, "amocrm_account_unknown")
        assert (await caller.get(f"{PATH}?enterprise_number=0411")).status == 404
    assert crm.asked == []
    owner = Asgi(app, headers=there.headers)
    assert (await owner.get(f"{PATH}?account=2")).status == 200
