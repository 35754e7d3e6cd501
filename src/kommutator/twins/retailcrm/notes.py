"""Notes on customers: `POST /customers/notes/create`, `POST /customers/notes/{id}/delete`.

Form `note` (`text`, `customer.id` or `customer.externalId`, `managerId`) and `site`; 201 with
the id. As in the vendor's own PHP, Go and .NET clients.
"""

from __future__ import annotations

from typing import Any

from kommutator.twins.retailcrm.account import Account
from kommutator.twins.retailcrm.call import Call
from kommutator.twins.retailcrm.checks import Checks, whole_number
from kommutator.twins.retailcrm.replies import Answer, not_found

Json = dict[str, Any]


def create_note(call: Call) -> Answer:
    sent = call.entity("note")
    checks = Checks(sent)
    checks.scalars("text")
    customer = _customer(call.account, sent.get("customer"))
    if customer is None or not call.sees_site(customer.get("site")):
        checks.complain("customer", "Customer identifier must be set")
    if not sent.get("text"):
        checks.complain("text", "This value should not be blank.")
    checks.refuse_if_any()
    assert customer is not None
    note: Json = {
        "id": call.account.next_id(),
        "createdAt": call.now(),
        "text": str(sent["text"]),
        "customer": {"id": customer["id"], "site": customer.get("site")},
    }
    call.account.notes[note["id"]] = note
    return call.created({"id": note["id"]})


def delete_note(call: Call) -> Answer:
    number = whole_number(call.args["id"])
    if number is None or call.account.notes.pop(number, None) is None:
        raise not_found()
    return Answer({})


def _customer(account: Account, named: Any) -> Json | None:
    if not isinstance(named, dict):
        return None
    for row in account.customers.values():
        if str(row["id"]) == str(named.get("id")):
            return row
        if named.get("externalId") and row.get("externalId") == named["externalId"]:
            return row
    return None
