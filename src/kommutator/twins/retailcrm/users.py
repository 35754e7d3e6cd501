"""Users and groups (contract §1.9)."""

from __future__ import annotations

from typing import Any

from kommutator.twins.retailcrm import filters
from kommutator.twins.retailcrm.call import Call
from kommutator.twins.retailcrm.checks import whole_number
from kommutator.twins.retailcrm.paging import Test, page, select
from kommutator.twins.retailcrm.phpform import as_list
from kommutator.twins.retailcrm.replies import NOT_A_CHOICE, Answer, entity_error, not_found

Json = dict[str, Any]

STATUSES = frozenset({"free", "busy", "dinner", "break"})


def _in_groups(value: Any) -> Test:
    wanted = set(as_list(value))
    return lambda user: any(
        str(group["id"]) in wanted or group["code"] in wanted for group in user["groups"]
    )


FILTERS: dict[str, filters.Maker] = {
    "active": filters.flag("active"),
    "isManager": filters.flag("isManager"),
    "isAdmin": filters.flag("isAdmin"),
    "isPosManager": filters.flag("isPosManager"),
    "online": filters.flag("online"),
    "status": filters.word("status", STATUSES),
    "email": filters.containing("email"),
    "ids": filters.one_of("id"),
    "groups": _in_groups,
}


def list_users(call: Call) -> Answer:
    """`GET /users`."""
    return page(call, "users", select(call, call.account.users.values(), FILTERS))


def get_user(call: Call) -> Answer:
    """`GET /users/{id}`."""
    return Answer({"user": _user(call)})


def set_status(call: Call) -> Answer:
    """`POST /users/{id}/status`, form `status`."""
    user = _user(call)
    status = call.required_param("status")
    if status not in STATUSES:
        raise entity_error({"status": NOT_A_CHOICE})
    user["status"] = status
    return Answer({})


def list_groups(call: Call) -> Answer:
    """`GET /user-groups`."""
    return page(call, "groups", call.account.groups)


def _user(call: Call) -> Json:
    number = whole_number(call.args["id"])
    user = call.account.users.get(number) if number is not None else None
    if user is None:
        raise not_found()
    return user
