"""Whom a disposable token makes of somebody on a page of amoCRM, and what they may do."""

from datetime import timedelta

import pytest

from kommutator.domain.commands import OriginateCall
from kommutator.domain.connection import ConnectionStatus
from kommutator.flows.house import House
from kommutator.kit.errors import Conflict, InvalidInput, Unauthorized
from tests.support.house import TenantOfTests
from tests.support.routing import settle_pbx
from tests.support.tenants import here, house, there
from tests.support.widget_tokens import disposable, secret_of, settle_widget

__all__ = ["here", "house", "there"]
PHONE = "+375290000070"
USERS = {"504141": "150"}


async def refusal(house: House, token: str) -> str:
    with pytest.raises(Unauthorized) as refused:
        await house.amocrm.widget.user(token)
    return refused.value.code


async def test_a_token_names_the_account_the_user_and_their_phone(
    house: House, here: TenantOfTests
) -> None:
    connection_id = await settle_widget(house, here.number, "1", users=USERS)
    now = house.clock.now()
    user = await house.amocrm.widget.user(disposable(now))
    assert (user.account.connection_id, user.account.enterprise) == (connection_id, here.number)
    assert (user.user_id, user.extension) == ("504141", "150")
    assert user.base_url == "https://firm1.amocrm.ru"
    assert (await house.amocrm.widget.user(disposable(now, user="504142"))).extension is None


async def test_whoever_cannot_sign_learns_nothing(
    house: House, here: TenantOfTests, there: TenantOfTests
) -> None:
    await settle_widget(house, here.number, "1", users=USERS)
    await settle_widget(house, there.number, "2")
    now = house.clock.now()
    wrong = "amocrm_widget_token_wrong"
    assert await refusal(house, disposable(now, secret=secret_of("2"))) == wrong
    assert await refusal(house, disposable(now, "3")) == wrong  # nobody connected it
    assert await refusal(house, disposable(now, client_uuid="client-2")) == wrong
    assert await refusal(house, disposable(now, aud="https://evil.example")) == wrong
    assert await refusal(house, "") == wrong
    late = disposable(now - timedelta(hours=1))
    assert await refusal(house, late) == "amocrm_widget_token_expired"


async def test_a_removed_account_is_as_one_that_never_was(
    house: House, here: TenantOfTests
) -> None:
    connection_id = await settle_widget(house, here.number, "1")
    async with house.db.unit() as unit:
        await unit.connections.set_status(here.number, connection_id, ConnectionStatus.REMOVED)
    house.directory.clear()
    assert await refusal(house, disposable(house.clock.now())) == "amocrm_widget_token_wrong"


async def test_an_integration_that_the_settings_name_no_more(
    house: House, here: TenantOfTests
) -> None:
    await settle_widget(house, here.number, "1", own_secret=False)
    assert await refusal(house, disposable(house.clock.now())) == "amocrm_widget_token_wrong"


async def test_a_click_rings_by_the_table_of_this_account(
    house: House, here: TenantOfTests
) -> None:
    await settle_pbx(house, here.number)
    await settle_widget(house, here.number, "1", users=USERS)
    user = await house.amocrm.widget.user(disposable(house.clock.now()))
    receipt = await house.amocrm.widget.call(user, PHONE)
    assert (receipt.extension, receipt.repeated) == ("150", False)
    assert (await house.amocrm.widget.call(user, PHONE)).call_id == receipt.call_id
    async with house.db.unit() as unit:
        (row,) = await unit.outbox.page(here.number, kind="originate_call")
    command = row.command()
    assert isinstance(command, OriginateCall)
    assert (command.client, command.requested_by) == (PHONE, "amocrm:504141")


async def test_no_phone_of_ones_own_no_call(house: House, here: TenantOfTests) -> None:
    await settle_pbx(house, here.number)
    await settle_widget(house, here.number, "1", users={"504142": "150"})
    user = await house.amocrm.widget.user(disposable(house.clock.now()))
    with pytest.raises(InvalidInput) as refused:
        await house.amocrm.widget.call(user, PHONE)
    assert refused.value.code == "extension_not_configured"


@pytest.mark.parametrize("status", [ConnectionStatus.PAUSED, ConnectionStatus.BROKEN])
async def test_an_account_that_does_not_work_places_none(
    house: House, here: TenantOfTests, status: ConnectionStatus
) -> None:
    await settle_widget(house, here.number, "1", users=USERS, status=status)
    user = await house.amocrm.widget.user(disposable(house.clock.now()))
    with pytest.raises(Conflict) as refused:
        await house.amocrm.widget.call(user, PHONE)
    assert refused.value.code == "amocrm_not_working"
