"""Tokens against the running twin: codes, refreshes, refusals, moves, signatures."""

from collections.abc import Coroutine
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kommutator.connectors.crm.amocrm.address import account_base
from kommutator.connectors.crm.amocrm.errors import AmoCrmError
from kommutator.connectors.crm.amocrm.signed import read_disposable
from kommutator.kit.clock import SystemClock
from kommutator.kit.errors import ErrorKind
from tests.connectors.amocrm.vendor import HOSTS, Vendor
from tests.support.scripted import FreeTurn


async def refused(asking: Coroutine[Any, Any, Any]) -> AmoCrmError:
    with pytest.raises(AmoCrmError) as caught:
        await asking
    return caught.value


async def test_code_opens_the_account(vendor: Vendor) -> None:
    grant = await vendor.grant()
    assert grant.pair.expires_in == timedelta(days=1)
    assert grant.pair.refresh is not None
    assert grant.pair.api_domain is not None
    facts = await vendor.authorizer.whose(vendor.base_url(), grant.pair.access)
    assert (facts.id, facts.name) == ("31000001", "demo")
    assert facts.user_id == "10001001"
    assert facts.details["is_unsorted_on"] is True
    assert facts.details["time_zone"] == "Europe/Moscow"


async def test_code_works_once(vendor: Vendor) -> None:
    code = await vendor.code()
    await vendor.authorizer.exchange(vendor.app, vendor.base_url(), code)
    error = await refused(vendor.authorizer.exchange(vendor.app, vendor.base_url(), code))
    assert (error.hint, error.status) == ("amocrm_code_used", 400)


async def test_code_lives_twenty_minutes(vendor: Vendor) -> None:
    code = await vendor.code()
    await vendor.order("clock", advance=21 * 60)
    error = await refused(vendor.authorizer.exchange(vendor.app, vendor.base_url(), code))
    assert error.hint == "amocrm_code_expired"


async def test_code_that_is_none(vendor: Vendor) -> None:
    error = await refused(vendor.authorizer.exchange(vendor.app, vendor.base_url(), "def50200"))
    assert error.hint == "amocrm_code_garbage"


@pytest.mark.parametrize(
    ("app", "hint"),
    [
        ({"client_secret": "wrong"}, "amocrm_client_wrong"),
        ({"client_id": "wrong"}, "amocrm_client_wrong"),
        ({"redirect_uri": "https://else.example/cb"}, "amocrm_redirect_wrong"),
    ],
)
async def test_integration_that_is_not_known(
    vendor: Vendor, app: dict[str, str], hint: str
) -> None:
    other = replace(vendor.app, **app)
    code = await vendor.code()
    error = await refused(vendor.authorizer.exchange(other, vendor.base_url(), code))
    assert error.hint == hint


async def test_refresh_works_once(vendor: Vendor) -> None:
    grant = await vendor.grant()
    old = grant.pair.refresh
    assert old is not None
    following = await vendor.authorizer.refresh(vendor.app, vendor.base_url(), old)
    assert following.access != grant.pair.access
    assert following.refresh not in (None, old)
    error = await refused(vendor.authorizer.refresh(vendor.app, vendor.base_url(), old))
    assert (error.hint, error.status, error.kind) == (
        "refresh_revoked",
        401,
        ErrorKind.ACCESS_REVOKED,
    )


@pytest.mark.parametrize("status", [400, 401])
async def test_refresh_that_is_none(vendor: Vendor, status: int) -> None:
    await vendor.order("switches", garbage_refresh_status=status)
    error = await refused(vendor.authorizer.refresh(vendor.app, vendor.base_url(), "def50200"))
    assert (error.hint, error.status) == ("refresh_revoked", status)


async def test_long_tokens(vendor: Vendor) -> None:
    await vendor.order("switches", token_padding=1500)
    grant = await vendor.grant()
    assert len(grant.pair.access) > 1500
    assert (await vendor.authorizer.whose(vendor.base_url(), grant.pair.access)).name == "demo"


async def test_blocked_and_unpaid_accounts(vendor: Vendor) -> None:
    grant = await vendor.grant()
    assert grant.pair.refresh is not None
    await vendor.order("account", account="demo", blocked=True)
    error = await refused(vendor.authorizer.refresh(vendor.app, grant.base_url, grant.pair.refresh))
    assert (error.hint, error.status) == ("amocrm_account_blocked", 403)
    await vendor.order("account", account="demo", blocked=False, unpaid="all")
    error = await refused(vendor.authorizer.whose(grant.base_url, grant.pair.access))
    assert (error.hint, error.status) == ("amocrm_unpaid", 402)


async def test_lost_answer_after_the_vendor_rotated(vendor: Vendor) -> None:
    grant = await vendor.grant()
    assert grant.pair.refresh is not None
    await vendor.fault("drop", path="/oauth2/access_token", after=True, count=1)
    error = await refused(vendor.authorizer.refresh(vendor.app, grant.base_url, grant.pair.refresh))
    assert error.kind is ErrorKind.UNSURE
    error = await refused(vendor.authorizer.refresh(vendor.app, grant.base_url, grant.pair.refresh))
    assert error.hint == "refresh_revoked"


@pytest.mark.parametrize("old_address", ["401", "404"])
async def test_moved_account_is_found_by_its_refresh_token(
    vendor: Vendor, old_address: str
) -> None:
    await vendor.order("switches", old_address=old_address)
    grant = await vendor.grant("large")
    assert grant.pair.refresh is not None
    assert grant.pair.api_domain is not None
    await vendor.order("move", account="large", to="larger")
    error = await refused(vendor.authorizer.refresh(vendor.app, grant.base_url, grant.pair.refresh))
    assert error.status == int(old_address)
    moved = await vendor.authorizer.moved_to(grant.pair.api_domain, grant.pair.refresh)
    assert moved == f"{vendor.root}/a/larger"
    following = await vendor.authorizer.refresh(vendor.app, moved, grant.pair.refresh)
    assert (await vendor.authorizer.whose(moved, following.access)).id == "31000002"
    assert await vendor.authorizer.moved_to(grant.pair.api_domain, "def50200") is None


async def test_request_renews_an_expired_token(vendor: Vendor) -> None:
    clients = await vendor.clients()
    await vendor.order("clock", advance=25 * 3600)
    reply = await clients.of(vendor.account()).get("/api/v4/account")
    assert reply.map["name"] == "demo"
    requests = (await vendor.state())["requests"]
    assert requests["GET /api/v4/account"] == 2


async def test_disposable_token_of_the_widget(vendor: Vendor) -> None:
    token = (await vendor.order("disposable"))["token"]
    now = SystemClock().now()
    found = read_disposable(token, vendor.app, now=now, private_hosts=HOSTS)
    assert (found.account_id, found.user_id) == ("31000001", "10001001")
    assert found.base_url == account_base(vendor.base_url(), HOSTS)


async def test_limits_block_html_and_json(vendor: Vendor) -> None:
    turn = FreeTurn()
    clients = await vendor.clients(turn=turn)
    client = clients.of(vendor.account())
    for kind, hint in (
        ("html_429", "amocrm_too_fast"),
        ("json_429", "amocrm_too_fast"),
        ("html_403", "amocrm_blocked"),
        ("plain_403", "amocrm_blocked"),
    ):
        await vendor.fault(kind, path="/api/v4/account")
        error = await refused(client.get("/api/v4/account"))
        assert error.hint == hint
    assert turn.held == [60.0, 300.0, 300.0, 300.0]
