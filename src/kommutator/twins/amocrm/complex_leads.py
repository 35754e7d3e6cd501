"""`POST /api/v4/leads/complex`: a lead with its contact and company at once (contract §1.4)."""

from __future__ import annotations

from typing import Any

from kommutator.twins.amocrm.account import Account
from kommutator.twins.amocrm.batches import Checked, request_id
from kommutator.twins.amocrm.call import Call, Route
from kommutator.twins.amocrm.cards_write import check, create
from kommutator.twins.amocrm.checks import Errors
from kommutator.twins.amocrm.phones import phones_of
from kommutator.twins.amocrm.replies import NOT_A_CHOICE, Answer, invalid
from kommutator.twins.amocrm.values import merged

Json = dict[str, Any]

MOST_LEADS = 50
MOST_VALUES = 40
PARTS = ("contacts", "companies")


def create_complex(call: Call) -> Answer:
    """New leads, each with at most one contact and one company, new or known by `id`.

    Raises:
        ApiError: 400 with validation errors, 422 above 50.
    """
    items = call.items(MOST_LEADS)
    checked = [_check(call.account, item) for item in items]
    wrong = [
        {"request_id": request_id(item, place), "errors": errors.found}
        for place, (item, (_, errors)) in enumerate(zip(items, checked, strict=True))
        if errors
    ]
    if wrong:
        raise invalid(wrong)
    return Answer(
        [
            _save(call, clean, request_id(item, place))
            for place, (item, (clean, _)) in enumerate(zip(items, checked, strict=True))
        ]
    )


def _check(account: Account, item: Json) -> Checked:
    embedded = item.get("_embedded") if isinstance(item.get("_embedded"), dict) else {}
    kept = {name: value for name, value in (embedded or {}).items() if name not in PARTS}
    clean, errors = check(account, "leads", {**item, "_embedded": kept}, None)
    _few_values(item, "", errors)
    for kind in PARTS:
        clean[kind] = _part(account, kind, (embedded or {}).get(kind), errors)
    return clean, errors


def _part(account: Account, kind: str, sent: Any, errors: Errors) -> Json | None:
    """The one contact or company: `{"id"}` of a known one or the fields of a new one."""
    if not sent:
        return None
    path = f"_embedded.{kind}"
    if not isinstance(sent, list) or len(sent) > 1 or not isinstance(sent[0], dict):
        errors.add(("InvalidType", "This collection should contain 1 element or less."), path)
        return None
    item = sent[0]
    if item.get("id") is not None:
        if account.live(kind, item["id"]) is None:
            errors.add(NOT_A_CHOICE, f"{path}.0.id")
        return {"id": item["id"]}
    clean, wrong = check(account, kind, item, None)
    _few_values(item, f"{path}.0.", errors)
    for error in wrong.found:
        errors.found.append({**error, "path": f"{path}.0.{error['path']}"})
    return clean


def _few_values(item: Json, path: str, errors: Errors) -> None:
    if len(item.get("custom_fields_values") or ()) > MOST_VALUES:
        detail = f"This collection should contain {MOST_VALUES} elements or less."
        errors.add(("TooManyElements", detail), f"{path}custom_fields_values")


def _save(call: Call, clean: Json, mark: str) -> Json:
    contact, company = clean.pop("contacts"), clean.pop("companies")
    twin = _same_phone(call, contact)
    if twin is not None:
        leads = call.account.links.ids(("contacts", twin), "leads")
        return {"id": leads[-1], "contact_id": twin, "company_id": None,
                "request_id": [mark], "merged": True}  # fmt: skip
    ids = {kind: _known_or_new(call, kind, part)
           for kind, part in (("contacts", contact), ("companies", company))}  # fmt: skip
    embedded = clean.setdefault("_embedded", {})
    for kind, number in ids.items():
        embedded[kind] = [{"id": number}] if number is not None else []
    lead = create(call, "leads", clean)
    if ids["contacts"] is not None and ids["companies"] is not None:
        call.account.links.link(("contacts", ids["contacts"]), ("companies", ids["companies"]))
    return {
        "id": lead["id"],
        "contact_id": ids["contacts"],
        "company_id": ids["companies"],
        "request_id": [mark],
        "merged": False,
    }


def _known_or_new(call: Call, kind: str, part: Json | None) -> int | None:
    if part is None:
        return None
    return int(part["id"] if "id" in part else create(call, kind, part)["id"])


def _same_phone(call: Call, contact: Json | None) -> int | None:
    """A contact with the same number and a lead, when the account controls duplicates."""
    if not call.switches.duplicate_control or not contact or "id" in contact:
        return None
    account = call.account
    values = merged(None, contact.get("custom_fields_values") or {})
    for phone in phones_of({"custom_fields_values": values}):
        for _, number in account.phones.find(phone, "contacts"):
            if account.links.ids(("contacts", number), "leads"):
                return number
    return None


ROUTES = (Route("POST", "/api/v4/leads/complex", create_complex),)
