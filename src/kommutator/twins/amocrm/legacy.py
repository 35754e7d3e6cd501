"""What is still older than v4: the pop-up of a call, and the search that peers use (§1.5, §1.7)."""

from __future__ import annotations

from typing import Any

from kommutator.twins.amocrm.account import Account
from kommutator.twins.amocrm.call import Call, Route
from kommutator.twins.amocrm.hook_fields import legacy_fields
from kommutator.twins.amocrm.phones import looks_like_phone
from kommutator.twins.amocrm.replies import Answer, empty_body, problem
from kommutator.twins.amocrm.whois import ELEMENT_TYPES, card_of

Json = dict[str, Any]

POPUPS_KEPT = 1000
MOST_FOUND = 500


def call_event(call: Call) -> Answer:
    """`POST /api/v2/events`: a pop-up for some users, or for everybody when none are named.

    Raises:
        ApiError: 400 for an empty body, another type or no number.
    """
    orders = call.body.get("add") if isinstance(call.body, dict) else None
    if not orders:
        raise empty_body()
    if isinstance(orders, dict):  # one object instead of a list is let through
        orders = [orders]
    items = [_show(call, order) for order in orders]
    href = {"href": "/api/v2/events", "method": "post"}
    return Answer({"_links": {"self": href}, "_embedded": {"items": items}})


def _show(call: Call, order: Any) -> Json:
    if not isinstance(order, dict) or order.get("type") != "phone_call":
        raise problem(400, "Unknown event type")
    phone = str(order.get("phone_number") or "").strip()
    if not phone:
        raise problem(400, "phone_number is required")
    side = card_of(call.account, phone)
    popup = {
        "uid": str(call.world.core.ids.uuid()),
        "at": call.now(),
        "phone": phone,
        "users": _users(call, order),
        "entity_type": side[0] if side else None,
        "entity_id": side[1] if side else None,
    }
    call.account.popups.append(popup)
    del call.account.popups[:-POPUPS_KEPT]
    return {
        "element_id": popup["entity_id"],
        "element_type": ELEMENT_TYPES[side[0]] if side else None,
        "uid": popup["uid"],
        "phone_number": phone,
    }


def _users(call: Call, order: Json) -> list[int] | None:
    """Who sees it; None is everybody. Strangers to the account are passed over, and told of."""
    named = order.get("users")
    if not named:
        return None
    numbers = [int(word) for word in named if str(word).isdigit()]
    unknown = [number for number in numbers if number not in call.account.users]
    if unknown:
        call.violation("popup_user", f"no such users: {unknown}")
    return [number for number in numbers if number in call.account.users]


def list_contacts(call: Call) -> Answer:
    """`GET /private/api/v2/json/contacts/list?type=all&query=`: contacts and companies, old style.

    Nothing found is 204 without a body, as v2 answers it.
    """
    wanted = str(call.query.get("query") or "").strip()
    kinds = {"contact": ("contacts",), "company": ("companies",)}.get(
        str(call.query.get("type") or "contact"), ("contacts", "companies")
    )
    rows = [row for kind in kinds for row in _search(call.account, kind, wanted)][:MOST_FOUND]
    if not rows:
        return Answer(None, 204)
    return Answer({"response": {"contacts": rows, "server_time": call.now()}})


def _search(account: Account, kind: str, wanted: str) -> list[Json]:
    if looks_like_phone(wanted):
        numbers = [number for _, number in account.phones.find(wanted, kind)]
        found = [account.live(kind, number) for number in numbers]
    else:
        low = wanted.casefold()
        found = [
            row for row in account.cards[kind].values() if low in str(row.get("name")).casefold()
        ]
    live = [row for row in found if row is not None and not row.get("is_deleted")]
    return [_legacy(account, kind, row) for row in live]


def _legacy(account: Account, kind: str, row: Json) -> Json:
    side = (kind, int(row["id"]))
    companies = account.links.ids(side, "companies") if kind == "contacts" else []
    company = account.cards["companies"].get(companies[0]) if companies else None
    return {
        "id": row["id"],
        "name": row.get("name"),
        "last_modified": row.get("updated_at"),
        "account_id": account.id,
        "date_create": row.get("created_at"),
        "created_user_id": row.get("created_by"),
        "responsible_user_id": row.get("responsible_user_id"),
        "group_id": row.get("group_id"),
        "linked_leads_id": [str(number) for number in account.links.ids(side, "leads")],
        "tags": [{"id": t.get("id"), "name": t.get("name")} for t in row.get("tags") or []],
        "type": {"contacts": "contact", "companies": "company"}[kind],
        "linked_company_id": company["id"] if company else None,
        "company_name": company.get("name") if company else "",
        "custom_fields": legacy_fields(row.get("custom_fields_values")) or [],
    }


ROUTES = (
    Route("POST", "/api/v2/events", call_event),
    Route("GET", "/private/api/v2/json/contacts/list", list_contacts),
)
