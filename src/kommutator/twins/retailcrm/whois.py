"""Who is calling and who looks after them: `GET /telephony/manager` (contract §1.8)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from kommutator.twins.retailcrm.account import Account
from kommutator.twins.retailcrm.call import Call
from kommutator.twins.retailcrm.customers import by_phone
from kommutator.twins.retailcrm.filters import phones_of
from kommutator.twins.retailcrm.phones import same_phone
from kommutator.twins.retailcrm.phpform import as_bool
from kommutator.twins.retailcrm.replies import Answer

Json = dict[str, Any]

PERSON = ("id", "externalId", "firstName", "lastName", "patronymic", "email")


def find_manager(call: Call) -> Answer:
    """The responsible user, and with `details=1` the customer and links into the CRM."""
    phone = call.required_param("phone")
    details = as_bool("details", call.query.get("details", "0"))
    ignore_status = as_bool("ignoreStatus", call.query.get("ignoreStatus", "0"))
    customer = by_phone(call.account, phone)
    orders = _orders(call.account, phone, customer)
    user = _responsible(call.account, customer, orders)
    body: Json = {}
    busy = user is not None and user["status"] != "free"
    if user is not None and not (busy and call.switches.manager_free_only and not ignore_status):
        body["manager"] = _person(user) | {"code": call.account.code_of(user["id"])}
    if details or not call.switches.manager_details_gate:
        if customer is not None:
            body["customer"] = _person(customer) | {"phones": customer["phones"]}
        body["links"] = _links(call.account.base_url, phone, customer, orders)
    return Answer(body)


def _orders(account: Account, phone: str, customer: Json | None) -> list[Json]:
    """Orders of this caller, oldest first."""
    found = []
    for order in account.orders.values():
        theirs = customer is not None and order.get("customer") is customer
        if theirs or any(same_phone(phone, number) for number in phones_of(order)):
            found.append(order)
    return found


def _responsible(account: Account, customer: Json | None, orders: list[Json]) -> Json | None:
    candidates = [order.get("managerId") for order in reversed(orders)]
    if customer is not None:
        candidates.insert(0, customer.get("managerId"))
    for user_id in candidates:
        user = account.users.get(user_id or 0)
        if user is not None and user["active"]:
            return user
    return None


def _person(row: Json) -> Json:
    return {name: row[name] for name in PERSON if row.get(name) is not None}


def _links(base_url: str, phone: str, customer: Json | None, orders: list[Json]) -> Json:
    number = quote(phone, safe="")
    links = {"newOrderLink": f"{base_url}/orders/add?phone={number}"}
    if orders:
        links["lastOrderLink"] = f"{base_url}/orders/{orders[-1]['id']}/edit"
    if customer is None:
        links["newCustomerLink"] = f"{base_url}/customers/add?phone={number}"
    else:
        links["customerLink"] = f"{base_url}/customers/{customer['id']}"
    return links
