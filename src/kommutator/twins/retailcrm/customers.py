"""Customers, people and companies (contract §1.10)."""

from __future__ import annotations

from typing import Any

from kommutator.twins.retailcrm import filters
from kommutator.twins.retailcrm.account import Account
from kommutator.twins.retailcrm.call import Call
from kommutator.twins.retailcrm.checks import Checks, whole_number
from kommutator.twins.retailcrm.paging import page, select
from kommutator.twins.retailcrm.phones import same_phone
from kommutator.twins.retailcrm.replies import (
    NOT_A_CHOICE,
    Answer,
    input_error,
    not_found,
    php_map,
)

Json = dict[str, Any]

FILTERS: dict[str, filters.Maker] = {
    "name": filters.name_or_phone,
    "ids": filters.one_of("id"),
    "externalIds": filters.one_of("externalId"),
    "email": filters.containing("email"),
    "managers": filters.one_of("managerId"),
    "sites": filters.one_of("site"),
    "dateFrom": filters.local_date("dateFrom", "createdAt", earliest=True),
    "dateTo": filters.local_date("dateTo", "createdAt", earliest=False),
}
CORPORATE_FILTERS: dict[str, filters.Maker] = {
    "phone": filters.name_or_phone,
    "contactName": filters.name_or_phone,
    "nickName": filters.containing("nickName"),
    "ids": filters.one_of("id"),
    "managers": filters.one_of("managerId"),
    "sites": filters.one_of("site"),
}
WRITABLE = [
    "externalId",
    "firstName",
    "lastName",
    "patronymic",
    "email",
    "phones",
    "managerId",
    "customFields",
    "address",
    "birthday",
    "sex",
    "vip",
    "bad",
    "tags",
    "source",
]


def list_customers(call: Call) -> Answer:
    """`GET /customers`."""
    visible = [c for c in call.account.customers.values() if call.sees_site(c.get("site"))]
    return page(call, "customers", select(call, reversed(visible), FILTERS))


def list_corporate(call: Call) -> Answer:
    """`GET /customers-corporate`."""
    visible = [c for c in call.account.corporate.values() if call.sees_site(c.get("site"))]
    return page(call, "customersCorporate", select(call, visible, CORPORATE_FILTERS))


def get_customer(call: Call) -> Answer:
    """`GET /customers/{externalId}`, or by our id with `by=id`."""
    return Answer({"customer": find_by(call, call.account.customers)})


def create_customer(call: Call) -> Answer:
    """`POST /customers/create`, form `customer`, `site`."""
    sent = call.entity("customer")
    _check(call, sent, creating=True)
    site = call.site()
    customer = new_customer(call.account, call.now(), site, _writable(sent))
    return call.created({"id": customer["id"]})


def edit_customer(call: Call) -> Answer:
    """`POST /customers/{id}/edit`, form `customer`, `by`, `site`."""
    sent = call.entity("customer")
    customer = find_by(call, call.account.customers)
    _check(call, sent, creating=False)
    customer.update(_writable(sent))
    return Answer({"id": customer["id"]})


def new_customer(account: Account, now: str, site: str | None, fields: Json) -> Json:
    """Keep a new customer in the shape the vendor shows."""
    customer: Json = {
        "type": "customer",
        "id": account.next_id(),
        "isContact": False,
        "createdAt": now,
        "vip": False,
        "bad": False,
        "site": site,
        "contragent": {"contragentType": "individual"},
        "tags": [],
        "marginSumm": 0,
        "totalSumm": 0,
        "averageSumm": 0,
        "ordersCount": 0,
        "costSumm": 0,
        "personalDiscount": 0,
        "cumulativeDiscount": 0,
        "segments": [],
        "email": "",
        "phones": [],
        **fields,
        "customFields": php_map(fields.get("customFields")),
    }
    account.customers[customer["id"]] = customer
    return customer


def find_by(call: Call, rows: dict[int, Json]) -> Json:
    """The entity of the path: by externalId unless `by=id` (forgetting it is a classic).

    Raises:
        ApiError: 400 for another `by`; 404 when there is none the key may see.
    """
    by, wanted = call.param("by") or "externalId", call.args["id"]
    if by not in ("id", "externalId"):
        raise input_error({"by": NOT_A_CHOICE})
    for row in rows.values():
        if str(row.get(by)) == wanted and call.sees_site(row.get("site")):
            return row
    raise not_found()


def by_phone(account: Account, phone: str) -> Json | None:
    """The first customer with this number."""
    for customer in account.customers.values():
        if any(same_phone(phone, number) for number in filters.phones_of(customer)):
            return customer
    return None


def check_responsible(call: Call, checks: Checks) -> None:
    """The responsible user, if named, must exist."""
    named = checks.entity.get("managerId")
    if named is not None and whole_number(named) not in call.account.users:
        checks.complain("managerId", NOT_A_CHOICE)


def _writable(sent: Json) -> Json:
    """What a client may set; unknown keys are dropped without a word (contract §1.1)."""
    fields = {name: sent[name] for name in WRITABLE if name in sent}
    if "phones" in fields:
        fields["phones"] = [
            {"number": str(p["number"])}
            for p in fields["phones"] or []
            if isinstance(p, dict) and p.get("number")
        ]
    if "managerId" in fields:
        fields["managerId"] = whole_number(fields["managerId"])
    return fields


def _check(call: Call, sent: Json, *, creating: bool) -> None:
    checks = Checks(sent)
    checks.scalars("firstName", "lastName", "patronymic", "email", "externalId")
    if creating and not sent.get("firstName"):
        checks.complain("firstName", "Specify the first name")
    check_responsible(call, checks)
    if not isinstance(sent.get("phones") or [], list):
        checks.complain("phones", "This value is not valid.")
    taken = {str(c["externalId"]) for c in call.account.customers.values() if c.get("externalId")}
    if creating and str(sent.get("externalId")) in taken:
        checks.complain("externalId", "Customer with this externalId already exists.")
    checks.refuse_if_any()
