"""The walk through the marketplace at the twin, and everything that it sends to a partner."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from kommutator.connectors.crm.yclients import hooks
from kommutator.connectors.crm.yclients.errors import YClientsError
from kommutator.connectors.crm.yclients.hooks import Notice, read_notice
from kommutator.connectors.crm.yclients.market import YClientsMarketplace
from kommutator.connectors.crm.yclients.reads import YClientsReader
from kommutator.connectors.crm.yclients.signed import (
    FREEZE,
    PAYMENT,
    UNINSTALL,
    read_installer,
    read_lifecycle,
)
from kommutator.domain.salon.marketplace import InstallState
from kommutator.domain.salon.ports import VisitQuery
from kommutator.kit.errors import ErrorKind, Unauthorized
from tests.connectors.yclients.scripted import account
from tests.connectors.yclients.vendor import SALON, Vendor

NOBODY = "http://127.0.0.1:9/"  # where nobody listens: what was sent is looked up at the twin


async def connect(vendor: Vendor, *salons: int) -> dict[str, list[str]]:
    """A person pressed "Connect" and agreed: the query that the browser brings."""
    said = await vendor.order("market/connect", salon_ids=list(salons or (SALON,)))
    return parse_qs(urlsplit(said["location"]).query)


async def activate(market: YClientsMarketplace, salon: int = SALON, **more: Any) -> None:
    given = {"api_key": "operators", "hook_urls": [NOBODY], "channels": ["whatsapp"]} | more
    await market.activate(salon, **given)


async def test_pending_active_gone(vendor: Vendor) -> None:
    market = YClientsMarketplace(vendor.clients())
    reader, ours = YClientsReader(vendor.clients()), account(salon=SALON)
    assert (await market.standing(SALON)).state is InstallState.NONE
    with pytest.raises(YClientsError) as refused:  # nobody wished it
        await activate(market)
    assert refused.value.kind is ErrorKind.GONE

    await connect(vendor)
    standing = await market.standing(SALON)
    assert standing.state is InstallState.PENDING
    assert standing.since is not None
    with pytest.raises(YClientsError):  # not before we answered
        await reader.visits(ours, VisitQuery())

    await activate(market)
    await activate(market)
    assert (await market.standing(SALON)).state is InstallState.ACTIVE
    assert [salon.id for salon in await market.salons()] == [SALON]
    assert (await reader.rights(ours)).phones
    await reader.visits(ours, VisitQuery())  # in the name of the application's own user

    await market.channel_available(SALON, "whatsapp", available=False)
    await vendor.order("market", act="freeze", salon_id=SALON)
    assert (await market.standing(SALON)).state is InstallState.FREEZED

    await market.uninstall(SALON)
    await market.uninstall(SALON)
    assert (await market.standing(SALON)).state is InstallState.NONE
    assert await market.salons() == []
    with pytest.raises(YClientsError) as refused:
        await reader.visits(ours, VisitQuery())
    assert refused.value.hint == "yclients_rights"


@pytest.mark.parametrize("status", [200, 400, 409, 422])
async def test_activating_twice(vendor: Vendor, status: int) -> None:
    await vendor.order("switches", repeat_callback_status=status)
    await connect(vendor)
    market = YClientsMarketplace(vendor.clients())
    await activate(market)
    await activate(market)


async def test_three_branches_one_activation_each(vendor: Vendor) -> None:
    branches = (962302, 962303, 962304)
    await connect(vendor, *branches)
    market = YClientsMarketplace(vendor.clients())
    for number, salon in enumerate(branches, 1):
        await activate(market, salon)
        assert len(await market.salons()) >= number
    assert {salon.id for salon in await market.salons()} == set(branches)


@pytest.mark.parametrize("shape", ["live", "official"])
@pytest.mark.parametrize("spaces", [False, True])
async def test_who_pressed_connect(vendor: Vendor, shape: str, *, spaces: bool) -> None:
    await vendor.order("switches", user_data_shape=shape, redirect_plus_to_space=spaces)
    said = await vendor.order(
        "market/connect", salon_ids=[SALON], person={"name": "Ольга ыыы>>>???"}
    )
    query = parse_qs(urlsplit(said["location"]).query)
    who = read_installer(
        query["user_data"][0], query["user_data_sign"][0], vendor.app.partner_token
    )
    assert who.id
    assert who.name == "Ольга ыыы>>>???"


@pytest.mark.parametrize("spoil", ["data", "sign", "unsigned"])
async def test_forged_installers(vendor: Vendor, spoil: str) -> None:
    await connect(vendor)
    said = await vendor.order("market/forge", salon_ids=[962303], spoil=spoil)
    query = parse_qs(urlsplit(said["location"]).query)
    data, sign = (query.get(name, [""])[0] for name in ("user_data", "user_data_sign"))
    with pytest.raises(Unauthorized):
        read_installer(data, sign, vendor.app.partner_token)


async def test_a_truly_signed_person_with_a_strange_salon_is_found_out(vendor: Vendor) -> None:
    """The signature says nothing about the salon: only the vendor's own word does."""
    await connect(vendor)
    said = await vendor.order("market/forge", salon_ids=[962303])
    query = parse_qs(urlsplit(said["location"]).query)
    read_installer(query["user_data"][0], query["user_data_sign"][0], vendor.app.partner_token)
    market = YClientsMarketplace(vendor.clients())
    assert (await market.standing(962303)).state is InstallState.NONE


# --- what it sends -------------------------------------------------------------------------------


async def letters(vendor: Vendor, kind: str, count: int) -> list[bytes]:
    found = await vendor.look(f"letters?kind={kind}&count={count}&timeout=5")
    assert len(found["items"]) >= count
    return [_raw(item["body"]) for item in found["items"]]


def _raw(body: Any) -> bytes:
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


async def test_lifecycles(vendor: Vendor) -> None:
    await vendor.order("market/application", callback_url=NOBODY)
    await vendor.order("switches", lifecycle_payment=True)
    await connect(vendor)
    await activate(YClientsMarketplace(vendor.clients()))
    for act in ("freeze", "pay", "uninstall"):
        await vendor.order("market", act=act, salon_id=SALON)
    said = [read_lifecycle(raw, vendor.app) for raw in await letters(vendor, "lifecycle", 3)]
    assert {one.event for one in said} == {FREEZE, PAYMENT, UNINSTALL}
    assert {one.salon_id for one in said} == {SALON}
    (paid,) = [one.paid for one in said if one.paid is not None]
    assert paid.period_to is not None


async def test_forged_lifecycles(vendor: Vendor) -> None:
    await vendor.order("market/application", callback_url=NOBODY)
    forged = {"event": "uninstall", "salon_id": SALON, "partner_token": "guess"}
    await vendor.order("market/lifecycle", **forged)
    (raw,) = await letters(vendor, "lifecycle", 1)
    with pytest.raises(Unauthorized):
        read_lifecycle(raw, vendor.app)


async def test_notices_of_a_salon(vendor: Vendor) -> None:
    await vendor.order("switches", hook_delay_seconds=0, hook_schedule=True)
    await connect(vendor)
    await activate(YClientsMarketplace(vendor.clients()))
    client = vendor.clients().of(account(salon=SALON))
    made = await client.post(f"/clients/{SALON}", {"name": "Ольга", "phone": "79161234567"})
    found: list[Notice] = [read_notice(raw) for raw in await letters(vendor, "hook", 1)]
    assert (found[0].salon_id, found[0].kind) == (SALON, hooks.CLIENT)
    assert found[0].id == int(made.map["id"])
    assert all(notice.known for notice in found)
