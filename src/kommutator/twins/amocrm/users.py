"""Users: administrators only, and never for external integrations (contract §1.2, §1.4)."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from kommutator.twins.amocrm.account import Account
from kommutator.twins.amocrm.batches import request_id
from kommutator.twins.amocrm.call import Call, Route
from kommutator.twins.amocrm.checks import TEXT, Errors, required, typed
from kommutator.twins.amocrm.paging import counted_page, self_link
from kommutator.twins.amocrm.replies import NO_CONTENT, Answer, invalid
from kommutator.twins.amocrm.seed_setup import new_user

Json = dict[str, Any]


def list_users(call: Call) -> Answer:
    """A page of users, with totals."""
    words = call.with_words()
    rows = list(call.account.users.values())
    return counted_page(call, "users", rows, lambda row: _show(call.account, row, words))


def get_user(call: Call) -> Answer:
    """One user; 204 for an unknown id."""
    row = call.account.users.get(call.id())
    return Answer(_show(call.account, row, call.with_words())) if row else NO_CONTENT


def create_users(call: Call) -> Answer:
    """POST: new people.

    Raises:
        ApiError: 400 with validation errors.
    """
    items, shown = call.items(), []
    for place, item in enumerate(items):
        errors = Errors()
        typed(errors, item, {"name": TEXT, "email": TEXT})
        required(errors, item, "name", "email")
        if errors:
            raise invalid([{"request_id": request_id(item, place), "errors": errors.found}])
    for place, item in enumerate(items):
        row = new_user(call.account, item["name"], item["email"], admin=False)
        call.account.users[row["id"]] = row
        mark = {"request_id": request_id(item, place)}
        shown.append(_show(call.account, row, ()) | mark)
    return Answer({"_total_items": len(shown), "_embedded": {"users": shown}})


def _show(account: Account, row: Json, words: Collection[str]) -> Json:
    body = {key: value for key, value in row.items() if key != "phone_number"}
    if "uuid" in words:
        body["uuid"] = str(uuid.uuid5(uuid.NAMESPACE_URL, f"user/{row['id']}"))
    if "amojo_id" in words:
        body["amojo_id"] = str(uuid.uuid5(uuid.NAMESPACE_URL, f"amojo/user/{row['id']}"))
    if "user_rank" in words:
        body["user_rank"] = "master"
    if "phone_number" in words:
        body["phone_number"] = row.get("phone_number")
    body |= self_link(account.href(f"users/{row['id']}"))
    embedded: Json = {}
    if "role" in words:
        embedded["roles"] = []
    if "group" in words:
        group = account.group_of(row["id"])
        embedded["groups"] = [g for g in account.groups if g["id"] == group]
    return body | ({"_embedded": embedded} if embedded else {})


ROUTES = (
    Route("GET", "/api/v4/users", list_users, admin=True),
    Route("POST", "/api/v4/users", create_users, admin=True),
    Route("GET", "/api/v4/users/{id}", get_user, admin=True),
)
