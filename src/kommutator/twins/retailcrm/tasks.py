"""Tasks for users (contract §1.10)."""

from __future__ import annotations

from typing import Any

from kommutator.twins.retailcrm import filters
from kommutator.twins.retailcrm.account import Account
from kommutator.twins.retailcrm.call import Call
from kommutator.twins.retailcrm.checks import DATETIME, DATETIME_TO_MINUTE, Checks, whole_number
from kommutator.twins.retailcrm.paging import Test, page, select
from kommutator.twins.retailcrm.replies import (
    NOT_A_CHOICE,
    Answer,
    ApiError,
    input_error,
    not_found,
)

Json = dict[str, Any]

PLAIN = ("text", "commentary", "phone", "phoneSite")


def _status(value: Any) -> Test:
    wanted = str(value)
    if wanted not in ("completed", "performing", "not-completed"):
        raise input_error({"status": NOT_A_CHOICE})
    return lambda task: bool(task["complete"]) is (wanted == "completed")


def _of_customer(value: Any) -> Test:
    return lambda task: str((task.get("customer") or {}).get("id")) == str(value)


FILTERS: dict[str, filters.Maker] = {
    "ids": filters.one_of("id"),
    "performers": filters.one_of("performer"),
    "text": filters.containing("text"),
    "customer": _of_customer,
    "status": _status,
    # Not in the contract's list, but in the TaskFilter of the vendor's own PHP SDK.
    "createdAtFrom": filters.local_date("createdAtFrom", "createdAt", earliest=True),
    "createdAtTo": filters.local_date("createdAtTo", "createdAt", earliest=False),
}


def list_tasks(call: Call) -> Answer:
    """`GET /tasks`, newest first."""
    rows = list(reversed(call.account.tasks.values()))
    return page(call, "tasks", select(call, rows, FILTERS))


def get_task(call: Call) -> Answer:
    """`GET /tasks/{id}`."""
    return Answer({"task": _task(call)})


def create_task(call: Call) -> Answer:
    """`POST /tasks/create`, form `task`, `site`."""
    sent = call.entity("task")
    site = call.site()
    _check(call, sent, required=("text", "performerId"))
    task = new_task(call.account, call.now(), _fields(call, sent, site))
    return call.created({"id": task["id"]})


def edit_task(call: Call) -> Answer:
    """`POST /tasks/{id}/edit`, form `task`."""
    task = _task(call)
    sent = call.entity("task")
    _check(call, sent, required=tuple(name for name in ("text", "performerId") if name in sent))
    task.update(_fields(call, sent, call.site()))
    if "complete" in sent:
        task["complete"] = bool(sent["complete"])
        if task["complete"]:
            task.setdefault("completedAt", call.now())
        else:
            task.pop("completedAt", None)
    return Answer({})


def new_task(account: Account, now: str, fields: Json) -> Json:
    """Keep a new task."""
    number = account.next_id()
    task: Json = {
        "id": number,
        "text": "",
        "createdAt": now,
        "complete": False,
        "performerType": "user",
        **fields,
    }
    account.tasks[number] = task
    return task


def _task(call: Call) -> Json:
    task = call.account.tasks.get(whole_number(call.args["id"]) or 0)
    if task is None:
        raise not_found()
    return task


def _check(call: Call, sent: Json, required: tuple[str, ...]) -> None:
    checks = Checks(sent)
    checks.required(*required)
    checks.moment("datetime", DATETIME_TO_MINUTE, DATETIME)
    performer = sent.get("performerId")
    if performer not in (None, "") and whole_number(performer) not in call.account.users:
        checks.complain("performerId", NOT_A_CHOICE)
    if checks.errors:
        raise ApiError(400, "Task is not loaded", checks.errors)


def _fields(call: Call, sent: Json, site: str | None) -> Json:
    fields: Json = {name: str(sent[name]) for name in PLAIN if sent.get(name) is not None}
    if sent.get("datetime"):
        fields["datetime"] = str(sent["datetime"])[:16]
    if sent.get("performerId"):
        fields["performer"] = whole_number(sent["performerId"])
    if isinstance(sent.get("customer"), dict):
        fields["customer"] = _link(sent["customer"], call.account.customers, site, "customer")
    if isinstance(sent.get("order"), dict):
        fields["order"] = _link(sent["order"], call.account.orders, site, None)
    return fields


def _link(named: Json, rows: dict[int, Json], site: str | None, kind: str | None) -> Json:
    for row in rows.values():
        by_id = named.get("id") is not None and str(row["id"]) == str(named["id"])
        by_external = named.get("externalId") and row.get("externalId") == named["externalId"]
        if by_id or by_external:
            link: Json = {"type": kind} if kind else {}
            link |= {key: row[key] for key in ("id", "externalId", "number") if key in row}
            return {**link, "site": row.get("site") or site}
    raise ApiError(400, "Task is not loaded", {kind or "order": "This value is not valid."})
