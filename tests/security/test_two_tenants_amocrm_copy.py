"""Promise: what amoCRM tells about one tenant's cards stays inside that tenant.

`fields` are refused to neighbours in tests/doors/amocrm/test_fields.py; the hooks' two paths here.
"""

from typing import Any
from urllib.parse import urlencode

import pytest

from kommutator.domain.crm_data import Entity, EntityKind
from kommutator.doors.http import amocrm
from kommutator.doors.http.app import create_app
from kommutator.flows.crm_copy.shelve import shelve
from kommutator.flows.house import House
from tests.doors.amocrm.conftest import connect_amocrm
from tests.support.asgi import Asgi
from tests.support.factories import value
from tests.support.house import TenantOfTests

PATHS = {
    "/api/v1/webhooks/amocrm/{secret}": "take_amocrm_hook",
    "/api/v1/webhooks/amocrm/{event_type}/{secret}": "take_amocrm_hook_of_type",
    "/api/v1/amocrm/fields": "list_amocrm_fields",
    "/api/v1/amocrm/fields/sync": "sync_amocrm_fields",
}
PHONE = "+375000000070"


@pytest.fixture
async def app(house: House) -> Any:
    return create_app(house, families={"amocrm": amocrm.add})


async def test_these_are_the_paths(app: Any) -> None:
    mine = {
        path: described["operationId"]
        for path, methods in app.openapi()["paths"].items()
        for described in methods.values()
        if ({"amoCRM calls us", "amoCRM: fields"} & set(described.get("tags", ()))
        and "hook" in path) or path.startswith("/api/v1/amocrm/fields")
    }  # fmt: skip
    assert mine == PATHS


async def test_a_hook_lands_at_the_owner_of_its_secret(
    app: Any, house: House, here: TenantOfTests, there: TenantOfTests
) -> None:
    """0411's secret never brings anything to 0367, not even with 0367's account in the body."""
    mine = await connect_amocrm(house, here, "1")
    theirs = await connect_amocrm(house, there, "2")
    body = {"account[id]": "1", "contacts[update][0][id]": "7"}
    caller = Asgi(app)
    refused = await caller.post(
        f"/api/v1/webhooks/amocrm/{theirs.secrets['hook_secret']}", form=body
    )
    assert refused.code == "amocrm_hook_foreign"
    taken = await caller.post(f"/api/v1/webhooks/amocrm/{mine.secrets['hook_secret']}", form=body)
    assert taken.status == 204, urlencode(body)
    assert await value(house.db, "SELECT string_agg(enterprise, ',') FROM journal") == "0367"


async def test_one_card_number_in_two_accounts_is_two_cards(
    house: House, here: TenantOfTests, there: TenantOfTests
) -> None:
    """The vendor's ids and the clients' numbers may be equal: neither tenant touches the other."""
    at = house.clock.now()
    for tenant, key, name in ((here, "1", "Anna"), (there, "2", "Boris")):
        account = await connect_amocrm(house, tenant, key)
        card = Entity(EntityKind.CONTACTS, 7, name, at, phones=(PHONE,), raw={"id": 7})
        async with house.db.unit() as unit:
            await shelve(unit, account, EntityKind.CONTACTS, [card], read_at=at)
    async with house.db.unit() as unit:
        for tenant, name in ((here, "Anna"), (there, "Boris")):
            entry = await unit.phone_book.get(tenant.number, PHONE)
            assert entry is not None
            assert entry.name == name
        account = await house.directory.account(
            (await unit.phone_book.get(here.number, PHONE)).connection_id  # type: ignore[union-attr, arg-type]  # asserted above
        )
        await shelve(unit, account, EntityKind.CONTACTS, [], gone=[7], read_at=house.clock.now())
        left = await unit.phone_book.get(there.number, PHONE)
        assert left is not None
        assert left.name == "Boris"
