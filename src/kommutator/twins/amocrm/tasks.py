"""Tasks (contract §1.4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import Any

from kommutator.twins.amocrm.account import CARD_KINDS, Account
from kommutator.twins.amocrm.batches import Checked, run_batch, update_batch
from kommutator.twins.amocrm.call import Call, Route
from kommutator.twins.amocrm.checks import (
    BOOL,
    INT,
    OPTIONAL_INT,
    OPTIONAL_TEXT,
    TEXT,
    Errors,
    Kind,
    known_user,
    required,
    typed,
)
from kommutator.twins.amocrm.filters import Test, one_of, within, words_of
from kommutator.twins.amocrm.paging import page, self_link
from kommutator.twins.amocrm.replies import NO_CONTENT, NOT_A_CHOICE, Answer, invalid_type
from kommutator.twins.amocrm.rows import new_task, place_task

Json = dict[str, Any]

KINDS: dict[str, Kind] = {
    "responsible_user_id": INT,
    "entity_id": OPTIONAL_INT,
    "entity_type": OPTIONAL_TEXT,
    "is_completed": BOOL,
    "task_type_id": INT,
    "text": TEXT,
    "duration": INT,
    "complete_till": INT,
    "created_by": INT,
    "updated_by": INT,
    "created_at": INT,
    "updated_at": INT,
}
# name of the filter -> key of the row
FILTERS = {"responsible_user_id": "responsible_user_id", "task_type": "task_type_id",
           "entity_type": "entity_type", "entity_id": "entity_id", "id": "id"}  # fmt: skip
BOOLS = {"1": "True", "true": "True", "0": "False", "false": "False"}


def list_tasks(call: Call) -> Answer:
    """A page of tasks."""
    tests = list(_tests(call))
    rows: Iterable[Json] = (
        row for row in call.account.tasks.values() if all(test(row) for test in tests)
    )
    order = call.query.get("order")
    for name, way in order.items() if isinstance(order, dict) else ():
        if name in ("created_at", "complete_till", "id"):
            rows = sorted(rows, key=itemgetter(name), reverse=way == "desc")
    return page(call, "tasks", rows, lambda row: _show(call.account, row))


def get_task(call: Call) -> Answer:
    """One task; 204 for an unknown id."""
    row = call.account.tasks.get(call.id())
    return Answer(_show(call.account, row)) if row else NO_CONTENT


def create_tasks(call: Call) -> Answer:
    """POST: `text` and `complete_till` are required.

    Raises:
        ApiError: 400 with validation errors.
    """

    def save(clean: Json) -> Json:
        by = clean.pop("created_by", call.user_id)
        row = new_task(call.account, clean, by=by, at=clean.pop("created_at", call.now()))
        call.changed("tasks", "add", None, row, by=by)
        return {"id": row["id"]} | self_link(call.account.href(f"tasks/{row['id']}"))

    return run_batch(call, "tasks", lambda item: _check(call.account, item, None), save)


def update_tasks(call: Call) -> Answer:
    """PATCH of many or one; completing is `is_completed` with `result.text`.

    Raises:
        ApiError: 400 with validation errors.
    """
    return update_batch(
        call,
        "tasks",
        call.account.tasks.get,
        lambda item, row: _check(call.account, item, row),
        lambda row, clean: _update(call, row, clean),
        single=call.id() if "id" in call.args else None,
    )


def _check(account: Account, item: Json, row: Json | None) -> Checked:
    errors = Errors()
    clean = typed(errors, item, KINDS)
    known_user(errors, clean, account.users)
    if row is None:
        required(errors, item, "text", "complete_till")
    kind = clean.get("entity_type", row and row["entity_type"])
    if kind is not None and kind not in CARD_KINDS:
        errors.add(NOT_A_CHOICE, "entity_type")
    elif clean.get("entity_id") is not None and account.live(str(kind), clean["entity_id"]) is None:
        errors.add(NOT_A_CHOICE, "entity_id")
    result = item.get("result")
    if isinstance(result, dict) and isinstance(result.get("text"), str):
        clean["result"] = {"text": result["text"]}
    elif result:
        errors.add(invalid_type("object"), "result")
    return clean, errors


def _update(call: Call, row: Json, clean: Json) -> Json:
    before = dict(row)
    row.update(clean)
    row["updated_at"] = clean.get("updated_at", call.now())
    row["updated_by"] = clean.get("updated_by", call.user_id)
    place_task(call.account, row)
    keys = {key for key in row if row[key] != before.get(key)}
    call.changed("tasks", "update", before, row, keys, by=row["updated_by"])
    return {"id": row["id"], "updated_at": row["updated_at"]} | self_link(
        call.account.href(f"tasks/{row['id']}")
    )


def _tests(call: Call) -> Iterator[Test]:
    for name, value in call.filters().items():
        if name == "is_completed":
            yield one_of("is_completed", (BOOLS.get(w.lower(), w) for w in words_of(value)))
        elif name == "updated_at":
            yield _updated(value)
        elif name in FILTERS:
            yield one_of(FILTERS[name], words_of(value))
        else:
            call.violation("unknown_filter", f"{call.path}: filter[{name}]")


def _updated(value: Any) -> Test:
    fits = within(value)
    return lambda row: fits(row["updated_at"])


def _show(account: Account, row: Json) -> Json:
    return row | self_link(account.href(f"tasks/{row['id']}"))


ROUTES = (
    Route("GET", "/api/v4/tasks", list_tasks),
    Route("POST", "/api/v4/tasks", create_tasks),
    Route("PATCH", "/api/v4/tasks", update_tasks),
    Route("GET", "/api/v4/tasks/{id}", get_task),
    Route("PATCH", "/api/v4/tasks/{id}", update_tasks),
)
