"""Look-ups that take more than one request or a second glance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kommutator.connectors.crm.retailcrm.client import RetailCrmClient
from kommutator.connectors.crm.retailcrm.errors import RetailCrmError
from kommutator.connectors.crm.retailcrm.schemas import Customer, Lookup, Module
from kommutator.domain.ports import Employee, Person, PersonPage, Site
from kommutator.kit.errors import ErrorKind
from kommutator.kit.phones import national_digits, same_number, to_e164
from kommutator.kit.plain_json import as_map, as_text

MAX_PAGES = 200  # a list that never ends is the vendor's bug, not a reason to hang


async def employees(client: RetailCrmClient, codes: Mapping[str, str]) -> list[Employee]:
    """Every user on every page, whatever the status, with the extension the CRM holds."""
    found: dict[str, Employee] = {}
    for number in range(1, MAX_PAGES + 1):
        users, page = await client.users(number)
        for user in users:  # by id: a user may slide onto the next page while we read
            found[user.id] = Employee(
                id=user.id,
                name=user.name,
                email=user.email,
                status=user.status,
                active=user.active,
                code=codes.get(user.id),
            )
        if not users or number >= page.total:
            break
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Shops:
    """The shops a key may see. `default` is the one the CRM itself falls back to, if visible."""

    sites: tuple[Site, ...] = ()
    default: str | None = None


async def shops(client: RetailCrmClient, allowed: tuple[str, ...] | None) -> Shops:
    """The account's shops; `allowed` narrows them to those the key may see."""
    found = {
        code: as_map(shop)
        for code, shop in (await client.sites()).items()
        if allowed is None or code in allowed
    }
    only = next(iter(found)) if len(found) == 1 else None
    return Shops(
        tuple(Site(code, as_text(shop.get("name")) or code) for code, shop in found.items()),
        next((code for code, shop in found.items() if shop.get("defaultForCrm") is True), only),
    )


async def time_zone(client: RetailCrmClient) -> str | None:
    """IANA name such as "Europe/Moscow": the zone of every time the API speaks of."""
    return as_text(as_map((await client.settings()).get("timezone")).get("value"))


async def module_or_none(client: RetailCrmClient, code: str) -> Module | None:
    """The integration module, or None before it was ever registered."""
    try:
        return await client.module(code)
    except RetailCrmError as error:
        if error.kind is ErrorKind.GONE:
            return None
        raise


async def customer_by_phone(
    client: RetailCrmClient, phone: str, region: str = "RU"
) -> Customer | None:
    """The oldest customer with this very number.

    The vendor searches names and phones as text and may store a number in any spelling, so the
    national part is the second thing to ask for, and every find is compared number by number.
    """
    for text in dict.fromkeys((phone, national_digits(phone))):
        matching = [
            customer
            for customer in await client.customers(text)
            if any(same_number(phone, number, region) for number in customer.phones)
        ]
        if matching:
            return min(matching, key=_age)
    return None


def _age(customer: Customer) -> tuple[int, str]:
    return (len(customer.id), customer.id)  # ids grow; the shorter number is the older one


def person_of(phone: str, lookup: Lookup) -> Person | None:
    """What a pop-up shows; None for a stranger."""
    if lookup.customer is None and lookup.manager_id is None:
        return None
    customer = lookup.customer
    return Person(
        phone=phone,
        name=None if customer is None else customer.name,
        customer_id=None if customer is None else customer.id,
        responsible_id=lookup.manager_id,
        responsible_code=lookup.manager_code,
        links=lookup.links,
    )


async def people(
    client: RetailCrmClient, number: int, *, region: str, pause_s: float
) -> PersonPage:
    """One page of customers as numbers with their owners; numbers nobody can call are left out.

    A list shows neither links nor extensions, and no owner that the CRM concludes from orders.
    """
    customers, page = await client.customer_page(number)
    found = [
        Person(
            phone=phone,
            name=customer.name,
            customer_id=customer.id,
            responsible_id=customer.manager_id,
        )
        for customer in customers
        for phone in dict.fromkeys(to_e164(text, region) for text in customer.phones)
        if phone is not None
    ]
    # An empty page is the end, however many pages were counted: customers may have been deleted.
    return PersonPage(found, page.total if customers else number, len(customers), pause_s)


async def person(client: RetailCrmClient, phone: str, region: str) -> Person | None:
    """Who has this number, also where the card holds it in a spelling the CRM does not know."""
    lookup = await client.lookup(phone)
    if lookup.customer is not None:
        return person_of(phone, lookup)
    try:
        customer = await customer_by_phone(client, phone, region)
    except RetailCrmError as error:
        if error.hint != "scope_missing":
            raise
        customer = None
    if customer is None:
        return person_of(phone, lookup)
    return Person(
        phone=phone,
        name=customer.name,
        customer_id=customer.id,
        responsible_id=customer.manager_id or lookup.manager_id,
        responsible_code=None if customer.manager_id else lookup.manager_code,
        links=lookup.links,
    )
