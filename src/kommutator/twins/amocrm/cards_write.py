"""Creating and updating leads, contacts and companies (contract §1.4)."""

from __future__ import annotations

from typing import Any

from kommutator.twins.amocrm.account import LOST, WON, Account
from kommutator.twins.amocrm.batches import Checked, run_batch, update_batch
from kommutator.twins.amocrm.call import Call, Route
from kommutator.twins.amocrm.cards import kind_of, may
from kommutator.twins.amocrm.checks import (
    INT,
    MAP,
    OPTIONAL_INT,
    OPTIONAL_LIST,
    OPTIONAL_TEXT,
    TEXT,
    Errors,
    Kind,
    known_user,
    typed,
)
from kommutator.twins.amocrm.paging import self_link
from kommutator.twins.amocrm.replies import NOT_A_CHOICE, Answer, forbidden, invalid_type
from kommutator.twins.amocrm.rows import first_status, new_card, tag_of
from kommutator.twins.amocrm.values import merged, take_values

Json = dict[str, Any]

COMMON: dict[str, Kind] = {
    "name": TEXT,
    "responsible_user_id": INT,
    "created_by": INT,
    "updated_by": INT,
    "created_at": INT,
    "updated_at": INT,
    "custom_fields_values": OPTIONAL_LIST,
    "tags_to_add": OPTIONAL_LIST,
    "tags_to_delete": OPTIONAL_LIST,
    "_embedded": MAP,
}
KINDS: dict[str, dict[str, Kind]] = {
    "leads": COMMON
    | {"price": INT, "status_id": INT, "pipeline_id": INT, "closed_at": OPTIONAL_INT,
       "loss_reason_id": OPTIONAL_INT},
    "contacts": COMMON | {"first_name": OPTIONAL_TEXT, "last_name": OPTIONAL_TEXT},
    "companies": COMMON,
}  # fmt: skip
LINKS = {"leads": ("contacts", "companies"), "contacts": ("companies", "leads"),
         "companies": ("contacts", "leads")}  # fmt: skip
NOT_OF_THE_ROW = ("tags_to_add", "tags_to_delete", "_embedded", "custom_fields_values")


def create_cards(call: Call) -> Answer:
    """POST: new cards, all or none.

    Raises:
        ApiError: 400 with validation errors, 403 without the right, 422 above 250.
    """
    kind = kind_of(call)
    if not may(call, kind, "add"):
        raise forbidden()

    def save(clean: Json) -> Json:
        return self_link(
            call.account.href(f"{kind}/{(row := create(call, kind, clean))['id']}")
        ) | {"id": row["id"]}

    return run_batch(call, kind, lambda item: check(call.account, kind, item, None), save)


def update_cards(call: Call) -> Answer:
    """PATCH of many: each item with its id.

    Raises:
        ApiError: 400 with validation errors, 403 without the right, 422 above 250.
    """
    kind = kind_of(call)
    return update_batch(
        call,
        kind,
        lambda number: _editable(call, kind, number),
        lambda item, row: check(call.account, kind, item, row),
        lambda row, clean: _saved(call, kind, row, clean),
    )


def update_card(call: Call) -> Answer:
    """PATCH of one.

    Raises:
        ApiError: 400 with validation errors, 403 without the right.
    """
    kind = kind_of(call)
    return update_batch(
        call,
        kind,
        lambda number: _editable(call, kind, number),
        lambda item, row: check(call.account, kind, item, row),
        lambda row, clean: _saved(call, kind, row, clean),
        single=call.id(),
    )


def check(account: Account, kind: str, item: Json, row: Json | None) -> Checked:
    """What may be written of one item, and what is wrong with it. `row`: the card to update."""
    errors = Errors()
    clean = typed(errors, item, KINDS[kind])
    known_user(errors, clean, account.users)
    if "custom_fields_values" in clean:
        sent = clean["custom_fields_values"]
        clean["custom_fields_values"] = take_values(account, kind, sent, errors)
    if kind == "leads":
        _check_stage(account, clean, row, errors)
    for other in LINKS[kind] if row is None else ():
        _check_links(account, clean.get("_embedded", {}), other, errors)
    return clean, errors


def create(call: Call, kind: str, clean: Json) -> Json:
    """Enter one checked card and tell the world."""
    account, now = call.account, call.now()
    fields = {k: v for k, v in clean.items() if k not in NOT_OF_THE_ROW}
    fields["custom_fields_values"] = merged(None, clean.get("custom_fields_values") or {})
    if fields.get("status_id") in (WON, LOST):
        fields.setdefault("closed_at", now)
    row = new_card(account, kind, fields, by=call.user_id, at=now)
    _set_tags(account, kind, row, clean)
    for other in LINKS[kind]:
        for item in clean.get("_embedded", {}).get(other) or ():
            account.links.link((kind, row["id"]), (other, item["id"]), main=item.get("is_main"))
    call.changed(kind, "add", None, row, by=row["created_by"])
    return row


def update(call: Call, kind: str, row: Json, clean: Json) -> Json:
    """Change what was sent of one card, and tell the world what differs."""
    account, before = call.account, dict(row)
    changes = {k: v for k, v in clean.items() if k not in NOT_OF_THE_ROW}
    if kind == "leads":
        changes |= _stage(account, row, changes, call.now())
    if kind == "contacts":
        changes |= _full_name(row, changes)
    row.update(changes)
    if "custom_fields_values" in clean:
        row["custom_fields_values"] = merged(
            row["custom_fields_values"], clean["custom_fields_values"]
        )
    _set_tags(account, kind, row, clean)
    if "responsible_user_id" in changes:
        row["group_id"] = account.group_of(row["responsible_user_id"])
    row["updated_at"] = clean.get("updated_at", call.now())
    row["updated_by"] = clean.get("updated_by", call.user_id)
    account.phones.put(kind, row)
    keys = {key for key in row if row[key] != before.get(key)}
    call.changed(kind, "update", before, row, keys, by=row["updated_by"])
    return row


def _saved(call: Call, kind: str, row: Json, clean: Json) -> Json:
    update(call, kind, row, clean)
    named = {"name": row["name"]} if kind == "contacts" else {}
    return {"id": row["id"], **named, "updated_at": row["updated_at"]} | self_link(
        call.account.href(f"{kind}/{row['id']}")
    )


def _editable(call: Call, kind: str, number: Any) -> Json | None:
    row = call.account.live(kind, number)
    if row is not None and not may(call, kind, "edit", row):
        raise forbidden()
    return row


def _check_stage(account: Account, clean: Json, row: Json | None, errors: Errors) -> None:
    """A stage belongs to its pipeline: 142 and 143 belong to every one."""
    if "pipeline_id" in clean and clean["pipeline_id"] not in account.pipelines:
        errors.add(NOT_A_CHOICE, "pipeline_id")
        return
    if "status_id" not in clean:
        return
    if "pipeline_id" not in clean and row is None:
        owner = next(
            (p for p, r in account.pipelines.items() if clean["status_id"] in r["statuses"]), None
        )
        if owner is not None:
            clean["pipeline_id"] = owner
    pipeline = clean.get("pipeline_id") or (row["pipeline_id"] if row else None)
    if pipeline is None or clean["status_id"] not in account.pipelines[pipeline]["statuses"]:
        errors.add(NOT_A_CHOICE, "status_id")


def _check_links(account: Account, embedded: Json, other: str, errors: Errors) -> None:
    items = embedded.get(other)
    if items is None:
        return
    if not isinstance(items, list):
        errors.add(invalid_type("array"), f"_embedded.{other}")
        return
    for place, item in enumerate(items):
        number = item.get("id") if isinstance(item, dict) else None
        if account.live(other, number) is None:
            errors.add(NOT_A_CHOICE, f"_embedded.{other}.{place}.id")


def _stage(account: Account, row: Json, changes: Json, now: int) -> Json:
    """What follows from another stage or pipeline."""
    if "pipeline_id" in changes and "status_id" not in changes:
        if changes["pipeline_id"] == row["pipeline_id"]:
            return {}
        changes = changes | {"status_id": first_status(account, changes["pipeline_id"])}
    if "status_id" not in changes:
        return {}
    closed = changes["status_id"] in (WON, LOST)
    at = changes.get("closed_at") or row["closed_at"] or now
    return {"status_id": changes["status_id"], "closed_at": at if closed else None}


def _full_name(row: Json, changes: Json) -> Json:
    names: Json = {key: changes[key] or "" for key in ("first_name", "last_name") if key in changes}
    if not names or "name" in changes:
        return names
    whole = row | names
    return names | {"name": f"{whole['first_name']} {whole['last_name']}".strip()}


def _set_tags(account: Account, kind: str, row: Json, clean: Json) -> None:
    """`_embedded.tags` replaces (null clears); `tags_to_add` and `tags_to_delete` change."""
    tags: list[Json] = list(row["tags"])
    embedded = clean.get("_embedded", {})
    if "tags" in embedded:
        tags = _tags(account, kind, embedded["tags"])
    tags += [t for t in _tags(account, kind, clean.get("tags_to_add")) if t not in tags]
    gone = _tags(account, kind, clean.get("tags_to_delete"))
    row["tags"] = [tag for tag in tags if tag not in gone]


def _tags(account: Account, kind: str, wanted: Any) -> list[Json]:
    items = wanted if isinstance(wanted, list) else []
    found = (tag_of(account, kind, item) for item in items if isinstance(item, dict))
    return [tag for tag in found if tag is not None]


ROUTES = tuple(
    Route(method, f"/api/v4/{kind}{rest}", endpoint)
    for kind in ("leads", "contacts", "companies")
    for method, rest, endpoint in (
        ("POST", "", create_cards),
        ("PATCH", "", update_cards),
        ("PATCH", "/{id}", update_card),
    )
)
