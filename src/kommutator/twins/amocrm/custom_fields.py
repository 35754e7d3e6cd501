"""`…/custom_fields`: the fields of leads, contacts and companies (contract §1.4)."""

from __future__ import annotations

from typing import Any

from kommutator.twins.amocrm.account import CARD_KINDS, Account
from kommutator.twins.amocrm.batches import Checked, request_id, update_batch
from kommutator.twins.amocrm.call import Call, Route
from kommutator.twins.amocrm.cards import kind_of
from kommutator.twins.amocrm.checks import (
    BOOL,
    INT,
    OPTIONAL_LIST,
    OPTIONAL_TEXT,
    TEXT,
    Errors,
    Kind,
    required,
    typed,
)
from kommutator.twins.amocrm.paging import counted_page, self_link
from kommutator.twins.amocrm.replies import (
    FIELD_MISSING,
    NO_CONTENT,
    NOT_A_CHOICE,
    Answer,
    invalid,
    problem,
)
from kommutator.twins.amocrm.seed_setup import add_field
from kommutator.twins.amocrm.values import CHOICES, DATES, WORDS

Json = dict[str, Any]

TYPES = CHOICES | DATES | WORDS | {"numeric", "checkbox"}
KINDS: dict[str, Kind] = {
    "name": TEXT,
    "type": TEXT,
    "code": OPTIONAL_TEXT,
    "sort": INT,
    "is_api_only": BOOL,
    "enums": OPTIONAL_LIST,
    "required_statuses": OPTIONAL_LIST,
}


def list_fields(call: Call) -> Answer:
    """A page of fields, with totals."""
    rows = sorted(call.account.fields[kind_of(call)].values(), key=lambda row: int(row["sort"]))
    return counted_page(call, "custom_fields", rows, lambda row: _show(call.account, row))


def get_field(call: Call) -> Answer:
    """One field; 204 for an unknown id."""
    row = call.account.fields[kind_of(call)].get(call.id())
    return Answer(_show(call.account, row)) if row else NO_CONTENT


def create_fields(call: Call) -> Answer:
    """POST, administrators only.

    Raises:
        ApiError: 400 with validation errors.
    """
    kind, items = kind_of(call), call.items()
    checked = [_check(item, None) for item in items]
    wrong = [
        {"request_id": request_id(items[n], n), "errors": errors.found}
        for n, (_, errors) in enumerate(checked)
        if errors
    ]
    if wrong:
        raise invalid(wrong)
    shown = []
    for place, (clean, _) in enumerate(checked):
        row = add_field(call.account, kind, clean["name"], clean["type"], code=clean.get("code"))
        _write(call.account, row, clean)
        shown.append(_show(call.account, row) | {"request_id": request_id(items[place], place)})
    return Answer({"_total_items": len(shown), "_embedded": {"custom_fields": shown}})


def update_fields(call: Call) -> Answer:
    """PATCH of many or one, administrators only; a field's type stays.

    Raises:
        ApiError: 400 with validation errors.
    """

    def save(row: Json, clean: Json) -> Json:
        clean.pop("type", None)
        _write(call.account, row, clean)
        return _show(call.account, row)

    single = call.id() if "id" in call.args else None
    rows = call.account.fields[kind_of(call)]
    return update_batch(call, "custom_fields", rows.get, _check, save, single=single)


def delete_field(call: Call) -> Answer:
    """DELETE, administrators only; cards forget its values.

    Raises:
        ApiError: 403 for the system's own fields, 404 for an unknown one.
    """
    kind, number = kind_of(call), call.id()
    row = call.account.fields[kind].get(number)
    if row is None:
        raise problem(404, "Field not found")
    if not row["is_deletable"]:
        raise problem(403, "Field can not be deleted")
    del call.account.fields[kind][number]
    for card in call.account.cards[kind].values():
        values = [f for f in card["custom_fields_values"] or () if f["field_id"] != number]
        card["custom_fields_values"] = values or None
    return NO_CONTENT


def _check(item: Json, row: Json | None) -> Checked:
    errors = Errors()
    clean = typed(errors, item, KINDS)
    if row is None:
        required(errors, item, "name", "type")
        if "type" in clean and clean["type"] not in TYPES:
            errors.add(NOT_A_CHOICE, "type")
    for place, enum in enumerate(clean.get("enums") or ()):
        if not isinstance(enum, dict) or "value" not in enum:
            errors.add(FIELD_MISSING, f"enums.{place}.value")
    return clean, errors


def _write(account: Account, row: Json, clean: Json) -> None:
    """Enums with an id keep it, the others are new; those not named go away."""
    enums = clean.pop("enums", None)
    row.update(clean)
    if enums is not None:
        row["enums"] = [
            {
                "id": enum.get("id") or account.next_id(),
                "value": enum["value"],
                "sort": enum.get("sort", place * 10),
            }
            for place, enum in enumerate(enums, 1)
        ]


def _show(account: Account, row: Json) -> Json:
    return row | self_link(account.href(f"{row['entity_type']}/custom_fields/{row['id']}"))


ROUTES = tuple(
    Route(method, f"/api/v4/{kind}/custom_fields{rest}", endpoint, admin=method != "GET")
    for kind in CARD_KINDS
    for method, rest, endpoint in (
        ("GET", "", list_fields),
        ("POST", "", create_fields),
        ("PATCH", "", update_fields),
        ("GET", "/{id}", get_field),
        ("PATCH", "/{id}", update_fields),
        ("DELETE", "/{id}", delete_field),
    )
)
