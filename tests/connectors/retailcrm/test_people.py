"""All clients of an account, page by page, against the live twin."""

from typing import Any

import pytest

from kommutator.connectors.crm.retailcrm.connect import RetailCrmDesk
from kommutator.domain.ports import Person
from kommutator.kit.errors import ErrorKind, VendorError
from tests.connectors.retailcrm.crm import Crm

PER_PAGE = 100


async def enter(crm: Crm, *clients: dict[str, Any], **order: Any) -> list[int]:
    made: list[int] = (await crm.order("customers", add=list(clients), **order))["made"]
    return made


def card(*phones: str, **fields: Any) -> dict[str, Any]:
    return {"firstName": "Spelled", "phones": [{"number": phone} for phone in phones], **fields}


async def everybody(desk: RetailCrmDesk, crm: Crm) -> list[Person]:
    found: list[Person] = []
    page = 0
    while True:
        page += 1
        told = await desk.people(crm.account(), page)
        found += told.people
        if page >= told.pages:
            return found


async def test_clients_come_with_their_owners(desk: RetailCrmDesk, crm: Crm) -> None:
    found = {person.phone: person for person in await everybody(desk, crm)}
    andrey = found["+70000000101"]
    assert (andrey.name, andrey.customer_id, andrey.responsible_id) == (
        "Тестов Андрей", "5001", "19",
    )  # fmt: skip
    assert andrey.responsible_code is None  # the list does not name extensions
    assert found["+70000000105"].responsible_id is None


@pytest.mark.parametrize(
    ("region", "written", "phone"),
    [
        ("RU", "8 (916) 123-45-67", "+79161234567"),
        ("RU", "+375 29 123-45-67", "+375291234567"),
        ("BY", "8 029 1234567", "+375291234567"),
        ("BY", "80291234567", "+375291234567"),
        ("UA", "067 123 45 67", "+380671234567"),
        ("RU", "моб. 8 916 123 45 67", "+79161234567"),
    ],
)
async def test_numbers_are_read_however_they_are_spelled(
    desk: RetailCrmDesk, crm: Crm, region: str, written: str, phone: str
) -> None:
    (made,) = await enter(crm, card(written, managerId=18))
    told = await desk.people(crm.account(region=region), 1)
    (found,) = [person for person in told.people if person.customer_id == str(made)]
    assert (found.phone, found.responsible_id) == (phone, "18")
    asked = await desk.person(crm.account(region=region), phone)
    assert asked is not None
    assert asked.customer_id == str(made), "a caller must not be a stranger for a spelling"


async def test_several_numbers_are_several_entries_and_none_is_none(
    desk: RetailCrmDesk, crm: Crm
) -> None:
    two, none, odd = await enter(
        crm,
        card("+79161234567", "8 916 123-45-67", "+79161234568"),
        {"firstName": "Numberless"},
        card("доб. 150", "нет", ""),
    )
    told = await desk.people(crm.account(), 1)
    phones = [person.phone for person in told.people if person.customer_id == str(two)]
    assert phones == ["+79161234567", "+79161234568"]
    assert not {str(none), str(odd)} & {person.customer_id for person in told.people}
    assert told.clients == 5 + 3, "they are counted all the same"


async def test_who_is_entered_while_we_read_hides_nobody(desk: RetailCrmDesk, crm: Crm) -> None:
    await crm.order("customers", many=2 * PER_PAGE)
    before = {customer["id"] for customer in (await crm.state())["customers"]}
    first = await desk.people(crm.account(), 1)
    await crm.order("customers", many=7)  # everybody slides on by seven
    rest = [await desk.people(crm.account(), page) for page in (2, 3)]
    seen = [person.customer_id for told in (first, *rest) for person in told.people]
    assert {str(number) for number in before} <= set(seen)
    assert len(seen) > len(set(seen)), "the test should slide"


async def test_who_is_deleted_while_we_read_ends_it_all_the_same(
    desk: RetailCrmDesk, crm: Crm
) -> None:
    made = (await crm.order("customers", many=PER_PAGE + 50))["made"]
    assert (await desk.people(crm.account(), 1)).pages == 2
    await crm.order("customers", delete=made)
    beyond = await desk.people(crm.account(), 2)
    assert (beyond.people, beyond.clients, beyond.pages) == ([], 0, 2)


async def test_an_account_without_clients_has_one_page(desk: RetailCrmDesk, crm: Crm) -> None:
    ids = [customer["id"] for customer in (await crm.state())["customers"]]
    await crm.order("customers", delete=ids)
    told = await desk.people(crm.account(), 1)
    assert (told.people, told.pages) == ([], 1)


async def test_the_pace_leaves_most_of_the_allowance_to_calls(
    desk: RetailCrmDesk, crm: Crm
) -> None:
    async def pause(**config: Any) -> float:
        return (await desk.people(crm.account(**config), 1)).pause_s

    assert await pause() == pytest.approx(0.5)
    assert await pause(requests_per_second=1) == pytest.approx(5.0)
    assert await pause(requests_per_second=1000) == pytest.approx(0.5)
    assert await pause(requests_per_second=0) == pytest.approx(0.5)


async def test_too_much_is_told_as_such(desk: RetailCrmDesk, crm: Crm) -> None:
    await crm.order("switches", rate_limits=True, rate_per_second=1)
    await desk.people(crm.account(), 1)
    with pytest.raises(VendorError) as refused:
        await desk.people(crm.account(), 2)
    assert (refused.value.kind, refused.value.status) == (ErrorKind.RATE_LIMITED, 503)
    assert refused.value.retry_after == 1.0


async def test_a_key_that_may_not_see_clients_is_told_by_its_name(
    desk: RetailCrmDesk, crm: Crm
) -> None:
    with pytest.raises(VendorError) as refused:
        await desk.people(crm.account(limited=True), 1)
    assert (refused.value.kind, refused.value.hint) == (ErrorKind.REJECTED, "scope_missing")
