"""Pipelines and their stages (contract §1.4): 142 and 143 are in every pipeline."""

from __future__ import annotations

from typing import Any

from kommutator.twins.amocrm.account import Account
from kommutator.twins.amocrm.batches import request_id
from kommutator.twins.amocrm.call import Call, Route
from kommutator.twins.amocrm.checks import BOOL, INT, TEXT, Errors, Kind, required, typed
from kommutator.twins.amocrm.paging import self_link
from kommutator.twins.amocrm.replies import NO_CONTENT, Answer, forbidden, invalid, problem
from kommutator.twins.amocrm.seed_setup import add_status, new_pipeline

Json = dict[str, Any]

MOST_PIPELINES, MOST_STATUSES = 50, 100
DEFAULT_COLOR = "#fffeb2"
KINDS: dict[str, Kind] = {"name": TEXT, "sort": INT, "is_main": BOOL, "is_unsorted_on": BOOL}
STATUS_KINDS: dict[str, Kind] = {"name": TEXT, "sort": INT, "color": TEXT}


def list_pipelines(call: Call) -> Answer:
    """All pipelines with their stages, on one page."""
    rows = sorted(call.account.pipelines.values(), key=lambda row: int(row["sort"]))
    return Answer(
        {"_total_items": len(rows)}
        | self_link(call.account.href("leads/pipelines"))
        | {"_embedded": {"pipelines": [_show(call.account, row) for row in rows]}}
    )


def get_pipeline(call: Call) -> Answer:
    """One pipeline; 204 for an unknown id."""
    row = call.account.pipelines.get(call.id())
    return Answer(_show(call.account, row)) if row else NO_CONTENT


def create_pipelines(call: Call) -> Answer:
    """POST, administrators only.

    Raises:
        ApiError: 400 with validation errors, 403 above 50 pipelines.
    """
    account, shown = call.account, []
    items = call.items()
    if len(account.pipelines) + len(items) > MOST_PIPELINES:
        raise forbidden("Too many pipelines")
    cleans = [_typed(item, KINDS, place, "name") for place, item in enumerate(items)]
    for place, (item, clean) in enumerate(zip(items, cleans, strict=True)):
        row = new_pipeline(
            account,
            clean["name"],
            sort=clean.get("sort", 10),
            is_main=False,
            unsorted=clean.get("is_unsorted_on", True),
        )
        account.pipelines[row["id"]] = row
        _write(account, row, clean)
        for status in (item.get("_embedded") or {}).get("statuses") or ():
            _put_status(account, row, status)
        shown.append(_show(account, row) | {"request_id": request_id(item, place)})
    return Answer(
        {"_total_items": len(shown)}
        | self_link(account.href("leads/pipelines"))
        | {"_embedded": {"pipelines": shown}}
    )


def update_pipeline(call: Call) -> Answer:
    """PATCH of one, administrators only.

    Raises:
        ApiError: 400 with validation errors, 404 for an unknown id.
    """
    row = _pipeline(call, "id")
    _write(call.account, row, _typed(call.item(), KINDS, 0))
    return Answer(_show(call.account, row) | {"request_id": "0"})


def delete_pipeline(call: Call) -> Answer:
    """DELETE, administrators only.

    Raises:
        ApiError: 403 for the main one or one with leads, 404 for an unknown id.
    """
    row = _pipeline(call, "id")
    leads = call.account.cards["leads"].values()
    if row["is_main"] or any(lead["pipeline_id"] == row["id"] for lead in leads):
        raise forbidden("Pipeline can not be deleted")
    del call.account.pipelines[row["id"]]
    return NO_CONTENT


def list_statuses(call: Call) -> Answer:
    """The stages of a pipeline; 204 for an unknown pipeline."""
    row = call.account.pipelines.get(call.id("pipeline"))
    if row is None:
        return NO_CONTENT
    shown = [_show_status(call.account, status) for status in row["statuses"].values()]
    return Answer({"_total_items": len(shown), "_embedded": {"statuses": shown}})


def get_status(call: Call) -> Answer:
    """One stage; 204 for an unknown one."""
    row = call.account.pipelines.get(call.id("pipeline"), {"statuses": {}})
    status = row["statuses"].get(call.id())
    return Answer(_show_status(call.account, status)) if status else NO_CONTENT


def create_statuses(call: Call) -> Answer:
    """POST, administrators only.

    Raises:
        ApiError: 400 with validation errors, 403 above 100 stages, 404 for an unknown pipeline.
    """
    row, items = _pipeline(call, "pipeline"), call.items()
    if len(row["statuses"]) + len(items) > MOST_STATUSES:
        raise forbidden("Too many statuses")
    cleans = [_typed(item, STATUS_KINDS, place, "name") for place, item in enumerate(items)]
    shown = [
        _show_status(call.account, _put_status(call.account, row, clean))
        | {"request_id": request_id(items[place], place)}
        for place, clean in enumerate(cleans)
    ]
    return Answer({"_total_items": len(shown), "_embedded": {"statuses": shown}})


def update_status(call: Call) -> Answer:
    """PATCH of one stage, administrators only.

    Raises:
        ApiError: 400 with validation errors, 404 for an unknown one.
    """
    status = _pipeline(call, "pipeline")["statuses"].get(call.id())
    if status is None:
        raise problem(404, "Status not found")
    status.update(_typed(call.item(), STATUS_KINDS, 0))
    return Answer(_show_status(call.account, status) | {"request_id": "0"})


def delete_status(call: Call) -> Answer:
    """DELETE, administrators only.

    Raises:
        ApiError: 403 for the system's stages or one with leads, 404 for an unknown one.
    """
    row = _pipeline(call, "pipeline")
    status = row["statuses"].get(call.id())
    if status is None:
        raise problem(404, "Status not found")
    busy = any(
        lead["pipeline_id"] == row["id"] and lead["status_id"] == status["id"]
        for lead in call.account.cards["leads"].values()
    )
    if busy or not status["is_editable"]:
        raise forbidden("Status can not be deleted")
    del row["statuses"][status["id"]]
    return NO_CONTENT


def _pipeline(call: Call, name: str) -> Json:
    row = call.account.pipelines.get(call.id(name))
    if row is None:
        raise problem(404, "Pipeline not found")
    return row


def _typed(item: Json, kinds: dict[str, Kind], place: int, *names: str) -> Json:
    errors = Errors()
    clean = typed(errors, item, kinds)
    required(errors, item, *names)
    if errors:
        raise invalid([{"request_id": request_id(item, place), "errors": errors.found}])
    return clean


def _write(account: Account, row: Json, clean: Json) -> None:
    if clean.pop("is_main", False):
        for other in account.pipelines.values():
            other["is_main"] = False
        row["is_main"] = True
    row.update(clean)


def _put_status(account: Account, pipeline: Json, sent: Json) -> Json:
    known: Json | None = pipeline["statuses"].get(sent.get("id"))
    if known is not None:
        known["name"] = sent.get("name", known["name"])
        return known
    return add_status(
        account,
        pipeline,
        str(sent.get("name", "")),
        sort=int(sent.get("sort", 100)),
        color=str(sent.get("color", DEFAULT_COLOR)),
    )


def _show(account: Account, row: Json) -> Json:
    plain = {key: value for key, value in row.items() if key != "statuses"}
    statuses = [_show_status(account, status) for status in row["statuses"].values()]
    return (
        plain
        | self_link(account.href(f"leads/pipelines/{row['id']}"))
        | {"_embedded": {"statuses": statuses}}
    )


def _show_status(account: Account, status: Json) -> Json:
    path = f"leads/pipelines/{status['pipeline_id']}/statuses/{status['id']}"
    return status | self_link(account.href(path))


_PIPELINES, _STATUSES = "/api/v4/leads/pipelines", "/api/v4/leads/pipelines/{pipeline}/statuses"
ROUTES = (
    Route("GET", _PIPELINES, list_pipelines),
    Route("POST", _PIPELINES, create_pipelines, admin=True),
    Route("GET", _PIPELINES + "/{id}", get_pipeline),
    Route("PATCH", _PIPELINES + "/{id}", update_pipeline, admin=True),
    Route("DELETE", _PIPELINES + "/{id}", delete_pipeline, admin=True),
    Route("GET", _STATUSES, list_statuses),
    Route("POST", _STATUSES, create_statuses, admin=True),
    Route("GET", _STATUSES + "/{id}", get_status),
    Route("PATCH", _STATUSES + "/{id}", update_status, admin=True),
    Route("DELETE", _STATUSES + "/{id}", delete_status, admin=True),
)
