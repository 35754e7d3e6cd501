"""Notes on cards (contract §1.4)."""

from __future__ import annotations

from typing import Any

from kommutator.twins.amocrm.account import CARD_KINDS, Account
from kommutator.twins.amocrm.batches import Checked, run_batch, update_batch
from kommutator.twins.amocrm.call import Call, Route
from kommutator.twins.amocrm.cards import kind_of
from kommutator.twins.amocrm.checks import (
    INT,
    MAP,
    TEXT,
    Errors,
    Kind,
    known_user,
    required,
    typed,
)
from kommutator.twins.amocrm.filters import within, words_of
from kommutator.twins.amocrm.paging import page, self_link
from kommutator.twins.amocrm.replies import FIELD_MISSING, NO_CONTENT, NOT_A_CHOICE, Answer
from kommutator.twins.amocrm.rows import new_note

Json = dict[str, Any]

KINDS: dict[str, Kind] = {
    "entity_id": INT,
    "note_type": TEXT,
    "params": MAP,
    "responsible_user_id": INT,
    "created_by": INT,
    "updated_by": INT,
    "created_at": INT,
}
# type of a note -> what `params` must hold
PARAMS: dict[str, tuple[str, ...]] = {
    "common": ("text",),
    "call_in": ("uniq", "duration", "source", "phone"),
    "call_out": ("uniq", "duration", "source", "phone"),
    "service_message": ("text", "service"),
    "extended_service_message": ("text", "service"),
    "geolocation": ("text", "address", "longitude", "latitude"),
    "sms_in": ("text", "phone"),
    "sms_out": ("text", "phone"),
    "message_cashier": ("status", "text"),
    "attachment": ("file_name",),
}


def list_notes(call: Call) -> Answer:
    """Notes of one card, or of all cards of a kind."""
    account, kind = call.account, kind_of(call)
    if "id" in call.args:
        rows = [account.notes[n] for n in account.notes_of.get((kind, call.id()), ())]
    else:
        rows = [row for row in account.notes.values() if row["entity_type"] == kind]
    filters = call.filters()
    for name, key in (("id", "id"), ("note_type", "note_type"), ("entity_id", "entity_id")):
        if name in filters:
            words = set(words_of(filters[name]))
            rows = [row for row in rows if str(row[key]) in words]
    if "updated_at" in filters:
        fits = within(filters["updated_at"])
        rows = [row for row in rows if fits(row["updated_at"])]
    return page(call, "notes", rows, lambda row: show(account, row))


def get_note(call: Call) -> Answer:
    """One note; 204 for an unknown id."""
    row = call.account.notes.get(call.id("note"))
    if row is None or row["entity_type"] != kind_of(call) or row["entity_id"] != call.id():
        return NO_CONTENT
    return Answer(show(call.account, row))


def create_notes(call: Call) -> Answer:
    """POST on one card, or on many (`entity_id` in each item).

    Raises:
        ApiError: 400 with validation errors.
    """
    kind = kind_of(call)

    def save(clean: Json) -> Json:
        by = clean.get("created_by", call.user_id)
        at = clean.get("created_at", call.now())
        row = new_note(call.account, kind, clean["entity_id"], clean, by=by, at=at)
        call.changed("notes", "add", None, row, by=by)
        href = _href(call.account, row)
        return {"id": row["id"], "entity_id": row["entity_id"]} | self_link(href)

    return run_batch(call, "notes", lambda item: _check(call, kind, item, None), save)


def update_notes(call: Call) -> Answer:
    """PATCH of many or one.

    Raises:
        ApiError: 400 with validation errors.
    """
    kind = kind_of(call)

    def find(number: Any) -> Json | None:
        row = call.account.notes.get(number)
        return row if row is not None and row["entity_type"] == kind else None

    return update_batch(
        call,
        "notes",
        find,
        lambda item, row: _check(call, kind, item, row),
        lambda row, clean: _update(call, row, clean),
        single=call.id("note") if "note" in call.args else None,
    )


def show(account: Account, row: Json) -> Json:
    """A note as the API shows it."""
    body = {key: value for key, value in row.items() if key != "entity_type"}
    return body | self_link(_href(account, row))


def _check(call: Call, kind: str, item: Json, row: Json | None) -> Checked:
    errors = Errors()
    clean = typed(errors, item, KINDS)
    known_user(errors, clean, call.account.users)
    if row is None:
        if "id" in call.args:
            clean["entity_id"] = call.id()
        else:
            required(errors, item, "entity_id")
        required(errors, item, "note_type", "params")
        number = clean.get("entity_id")
        if number is not None and call.account.live(kind, number) is None:
            errors.add(NOT_A_CHOICE, "entity_id")
    note_type = clean.get("note_type", row and row["note_type"])
    if note_type is not None and note_type not in PARAMS:
        errors.add(NOT_A_CHOICE, "note_type")
    elif "params" in clean:
        for name in PARAMS.get(str(note_type), ()):
            if name not in clean["params"]:
                errors.add(FIELD_MISSING, f"params.{name}")
    return clean, errors


def _update(call: Call, row: Json, clean: Json) -> Json:
    before = dict(row)
    clean.pop("entity_id", None)
    row.update(clean)
    row["updated_at"], row["updated_by"] = call.now(), clean.get("updated_by", call.user_id)
    keys = {key for key in row if row[key] != before.get(key)}
    call.changed("notes", "update", before, row, keys)
    return {
        "id": row["id"],
        "entity_id": row["entity_id"],
        "updated_at": row["updated_at"],
    } | self_link(_href(call.account, row))


def _href(account: Account, row: Json) -> str:
    return account.href(f"{row['entity_type']}/{row['entity_id']}/notes/{row['id']}")


ROUTES = tuple(
    Route(method, f"/api/v4/{kind}{rest}", endpoint)
    for kind in CARD_KINDS
    for method, rest, endpoint in (
        ("GET", "/notes", list_notes),
        ("POST", "/notes", create_notes),
        ("PATCH", "/notes", update_notes),
        ("GET", "/{id}/notes", list_notes),
        ("POST", "/{id}/notes", create_notes),
        ("PATCH", "/{id}/notes", update_notes),
        ("GET", "/{id}/notes/{note}", get_note),
        ("PATCH", "/{id}/notes/{note}", update_notes),
    )
)
