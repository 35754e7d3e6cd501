"""Toll fraud: guessed, replayed and foreign clientIds ring nobody."""

import pytest

from tests.security.toll_fraud.company import CRM, PBX, STRANGE, Company, found
from tests.support.service import ADMIN, PHONE, open_service
from tests.support.service import HERE as SERVED


@pytest.mark.parametrize(
    ("path", "unknown"), [(CRM, "client_id_unknown"), (PBX, "call_client_id_unknown")]
)
async def test_guessing_ends_after_ten_tries(company: Company, path: str, unknown: str) -> None:
    fields = {"code": "150", "phone": PHONE}
    replies = [await company.ask(path, {**fields, "clientId": guess}) for guess in STRANGE]
    assert [reply.status for reply in replies] == [401] * 10 + [429] * 30
    assert {reply.code for reply in replies} == {unknown, "client_ids_too_many"}
    assert int(replies[-1].header("retry-after") or 0) >= 1
    assert company.counted(unknown) == 10
    assert company.counted("client_ids_too_many") == 30
    rows = await company.audited(None)
    assert [(row.actor, row.detail["reason"], row.detail["times"]) for row in rows] == [
        ("203.0.113.9", unknown, 1),
        ("203.0.113.9", "client_ids_too_many", 1),
    ]
    assert await company.owed() == 0


async def test_a_stranger_is_told_where_a_client_id_comes_from(company: Company) -> None:
    fields = {"code": "150", "phone": PHONE, "clientId": "nobody"}
    reply = await company.ask(PBX, fields)
    assert (reply.status, reply.code) == (401, "call_client_id_unknown")
    assert "kommutator pbx client-id --enterprise" in reply.json()["error"]["action"]


async def test_a_right_client_id_passes_where_others_guess(company: Company) -> None:
    """A CRM speaks from one address for many tenants; a stale one must not silence them."""
    for guess in STRANGE:
        await company.click(clientId=guess)
    assert (await company.click()).status == 200
    assert (await company.order(code="151")).status == 200


async def test_another_address_cannot_be_pretended(company: Company) -> None:
    fields = {"code": "150", "phone": PHONE}
    statuses = [
        (
            await company.ask(
                CRM, {**fields, "clientId": guess}, x_forwarded_for=f"198.51.100.{number}"
            )
        ).status
        for number, guess in enumerate(STRANGE)
    ]
    assert statuses == [401] * 10 + [429] * 30


async def test_a_whole_ipv6_network_is_one_guesser(company: Company) -> None:
    statuses = [
        (await company.click(f"2001:db8::{number:x}", clientId=guess)).status
        for number, guess in enumerate(STRANGE)
    ]
    assert statuses == [401] * 10 + [429] * 30


async def test_a_minute_of_rest_gives_ten_more_guesses(company: Company) -> None:
    for guess in STRANGE:
        await company.click(clientId=guess)
    await company.clock.advance(61)
    statuses = [(await company.click(clientId=guess)).status for guess in STRANGE[:12]]
    assert statuses == [401] * 10 + [429] * 2


async def test_a_number_is_no_client_id_even_where_it_is_accepted_it_is_not_to_be_guessed(
    company: Company,
) -> None:
    assert (await company.click(clientId="0367")).code == "client_id_unknown"
    assert (await company.order(clientId="0367")).code == "call_client_id_unknown"
    async with company.house.db.unit() as unit:
        await unit.connection.execute(
            "UPDATE connections SET config = config || '{\"accept_number_client_id\": true}'"
        )
    company.house.directory.clear()
    assert (await company.click(clientId="0367")).status == 200
    assert (await company.order(clientId="0367")).code == "call_client_id_unknown"
    asked = [f"{number:04}" for number in range(20)]
    codes = [(await company.click("198.51.100.7", clientId=number)).code for number in asked]
    assert codes == ["client_id_unknown"] * 10 + ["client_ids_too_many"] * 10
    assert (await company.click("198.51.100.7", clientId="0367")).status == 429
    unicode_digits = await company.click("198.51.100.8", clientId="٠٣٦٧")
    assert unicode_digits.code == "client_id_unknown"


async def test_each_secret_opens_its_own_door_only(company: Company) -> None:
    assert (await company.click(clientId=company.pbx_secret)).code == "client_id_unknown"
    assert (await company.order(clientId=company.tenant.client_id)).code == "call_client_id_unknown"
    assert await company.owed() == 0


async def test_a_neighbours_client_id_rings_nobody_here(company: Company) -> None:
    neighbour = await found(company.house, "0411", company.clock)
    async with company.house.db.unit() as unit:
        await unit.extensions.put(company.number, "777")
    for ask in (neighbour.click, neighbour.order):
        assert (await ask(code="777")).code == "extension_unknown"
        assert (await ask(code="151")).status == 200
    assert await company.owed() == 0
    assert await neighbour.owed() == 1  # the second was the first's double
    assert [row.detail["reason"] for row in await company.audited(neighbour.number)] == [
        "extension_unknown"
    ]
    assert await company.audited(company.number) == []


async def test_a_client_id_dies_with_the_registration_it_was_given_for(database_url: str) -> None:
    async with open_service(database_url) as service:
        await service.connect()
        await service.connect_pbx()
        seen = {"clientId": await service.client_id(), "userId": "19", "phone": PHONE}
        assert (await service.stranger.get(CRM, params=seen)).status == 200
        await service.house.enrol.register(ADMIN, SERVED, rotate=True)
        service.forget()
        replayed = await service.stranger.get(CRM, params={**seen, "phone": "+375000000071"})
        assert (replayed.status, replayed.code) == (401, "client_id_unknown")
        renewed = {**seen, "clientId": await service.client_id(), "phone": "+375000000072"}
        assert (await service.stranger.get(CRM, params=renewed)).status == 200
        assert [command["client"] for command in await service.owed()] == [PHONE, "+375000000072"]
