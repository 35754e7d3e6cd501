"""Orders, as far as telephony needs them (contract §1.10)."""

from __future__ import annotations

from typing import Any

from kommutator.twins.retailcrm import filters
from kommutator.twins.retailcrm.account import Account
from kommutator.twins.retailcrm.call import Call
from kommutator.twins.retailcrm.checks import Checks, whole_number
from kommutator.twins.retailcrm.customers import (
    by_phone,
    check_responsible,
    find_by,
    new_customer,
)
from kommutator.twins.retailcrm.paging import Test, page, select
from kommutator.twins.retailcrm.references import ORDER_METHODS, ORDER_TYPES, STATUSES
from kommutator.twins.retailcrm.replies import Answer, php_map

Json = dict[str, Any]

WRITABLE = [
    "externalId",
    "number",
    "orderType",
    "orderMethod",
    "status",
    "firstName",
    "lastName",
    "patronymic",
    "phone",
    "additionalPhone",
    "email",
    "managerId",
    "customFields",
    "items",
    "customerComment",
    "managerComment",
    "source",
    "call",
]


def _of_customer(value: Any) -> Test:
    test = filters.name_or_phone(value)
    return lambda order: test(order) or test(order.get("customer") or {})


def _customer_id(value: Any) -> Test:
    return lambda order: str((order.get("customer") or {}).get("id")) == str(value)


FILTERS: dict[str, filters.Maker] = {
    "customer": _of_customer,
    "customerId": _customer_id,
    "ids": filters.one_of("id"),
    "externalIds": filters.one_of("externalId"),
    "numbers": filters.one_of("number"),
    "managers": filters.one_of("managerId"),
    "sites": filters.one_of("site"),
    "extendedStatus": filters.one_of("status"),
    "orderMethods": filters.one_of("orderMethod"),
    "createdAtFrom": filters.local_date("createdAtFrom", "createdAt", earliest=True),
    "createdAtTo": filters.local_date("createdAtTo", "createdAt", earliest=False),
}


def list_orders(call: Call) -> Answer:
    """`GET /orders`, newest first."""
    visible = [o for o in call.account.orders.values() if call.sees_site(o.get("site"))]
    return page(call, "orders", select(call, reversed(visible), FILTERS))


def get_order(call: Call) -> Answer:
    """`GET /orders/{externalId}`, or `by=id`."""
    return Answer({"order": find_by(call, call.account.orders)})


def create_order(call: Call) -> Answer:
    """`POST /orders/create`, form `order`, `site`."""
    sent = call.entity("order")
    _check(call, sent)
    site = call.site()
    customer = _customer(call, sent, site)
    order = new_order(call.account, call.now(), site, customer, _writable(sent))
    return call.created({"id": order["id"], "order": order})


def edit_order(call: Call) -> Answer:
    """`POST /orders/{id}/edit`, form `order`, `by`, `site`."""
    sent = call.entity("order")
    order = find_by(call, call.account.orders)
    _check(call, sent)
    if "status" in sent and sent["status"] != order["status"]:
        order["statusUpdatedAt"] = call.now()
    order.update(_writable(sent))
    return Answer({"id": order["id"], "order": order})


def new_order(
    account: Account, now: str, site: str | None, customer: Json | None, fields: Json
) -> Json:
    """Keep a new order in the shape the vendor shows."""
    number = account.next_id()
    order: Json = {
        "slug": number,
        "id": number,
        "number": f"{number}A",
        "orderType": "eshop-individual",
        "orderMethod": "phone",
        "privilegeType": "none",
        "countryIso": "RU",
        "createdAt": now,
        "statusUpdatedAt": now,
        "summ": 0,
        "currency": "RUB",
        "totalSumm": 0,
        "prepaySum": 0,
        "purchaseSumm": 0,
        "markDatetime": now,
        "call": False,
        "expired": False,
        "site": site,
        "status": "new",
        "items": [],
        "payments": {},
        **fields,
        "customFields": php_map(fields.get("customFields")),
    }
    if customer is not None:
        order["customer"] = customer
        customer["ordersCount"] += 1
    account.orders[number] = order
    return order


def _writable(sent: Json) -> Json:
    fields = {name: sent[name] for name in WRITABLE if name in sent}
    if "managerId" in fields:
        fields["managerId"] = whole_number(fields["managerId"])
    return fields


def _customer(call: Call, sent: Json, site: str | None) -> Json | None:
    """Whose order it is: named, else known by phone, else made from the order's own name."""
    named = sent.get("customer")
    if isinstance(named, dict):
        for row in call.account.customers.values():
            if str(row["id"]) == str(named.get("id")):
                return row
            if row.get("externalId") and row["externalId"] == named.get("externalId"):
                return row
    phone = sent.get("phone")
    known = by_phone(call.account, str(phone)) if phone else None
    if known is not None or not (phone or sent.get("firstName")):
        return known
    fields: Json = {k: sent[k] for k in ("firstName", "lastName", "email") if sent.get(k)}
    if phone:
        fields["phones"] = [{"number": str(phone)}]
    return new_customer(call.account, call.now(), site, fields)


def _check(call: Call, sent: Json) -> None:
    checks = Checks(sent)
    checks.choice("status", STATUSES)
    checks.choice("orderMethod", ORDER_METHODS)
    checks.choice("orderType", ORDER_TYPES)
    customer = sent.get("customer")
    if customer is not None and not (
        isinstance(customer, dict) and (customer.get("id") or customer.get("externalId"))
    ):
        checks.complain("customer", "Set one of the following fields: id, externalId")
    check_responsible(call, checks)
    checks.refuse_if_any()
