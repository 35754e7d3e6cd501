"""Writing many items at once: checked first, then all or none (a switch: the sound ones)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kommutator.twins.amocrm.call import Call
from kommutator.twins.amocrm.checks import Errors
from kommutator.twins.amocrm.paging import self_link
from kommutator.twins.amocrm.replies import FIELD_MISSING, NOT_A_CHOICE, Answer, invalid

Json = dict[str, Any]
Checked = tuple[Json, Errors]


def request_id(item: Json, place: int) -> str:
    """The mark the client gave the item, or its place: "0" for the first."""
    return str(item.get("request_id", place))


def run_batch(
    call: Call,
    name: str,
    check: Callable[[Json], Checked],
    save: Callable[[Json], Json],
    *,
    most: int = 250,
) -> Answer:
    """Create: each saved item goes out with its `request_id`.

    Raises:
        ApiError: 400 with validation errors, 422 above `most`.
    """
    items = call.items(most)
    checked = [check(item) for item in items]
    sound = _sound(call, [(request_id(i, n), e) for n, (i, (_, e)) in enumerate(
        zip(items, checked, strict=True))])  # fmt: skip
    shown = []
    for place in sound:
        row = save(checked[place][0])
        shown.append({"id": row.pop("id"), "request_id": request_id(items[place], place)} | row)
    return _embedded(call, name, shown)


def update_batch(
    call: Call,
    name: str,
    find: Callable[[Any], Json | None],
    check: Callable[[Json, Json], Checked],
    save: Callable[[Json, Json], Json],
    *,
    single: int | None = None,
) -> Answer:
    """Update: items with their ids, or one object whose id is in the path (`single`).

    Raises:
        ApiError: 400 with validation errors, 422 above 250.
    """
    items = call.items() if single is None else [{**call.item(), "id": single}]
    rows: list[Json] = []
    found: list[tuple[str, Errors]] = []
    cleans: list[Json] = []
    for place, item in enumerate(items):
        row = find(item.get("id"))
        clean, errors = check(item, row) if row is not None else ({}, Errors())
        if row is None:
            errors.add(NOT_A_CHOICE if "id" in item else FIELD_MISSING, "id")
        rows.append(row or {})
        cleans.append(clean)
        found.append((request_id(item, place), errors))
    shown = [save(rows[place], cleans[place]) for place in _sound(call, found)]
    return Answer(shown[0]) if single is not None else _embedded(call, name, shown)


def _sound(call: Call, found: list[tuple[str, Errors]]) -> list[int]:
    """Places of the items to be saved.

    Raises:
        ApiError: 400: some are not sound and the batch is one whole, or none is sound.
    """
    sound = [place for place, (_, errors) in enumerate(found) if not errors]
    wrong = [{"request_id": mark, "errors": e.found} for mark, e in found if e]
    if wrong and (call.switches.batch_invalid == "reject" or not sound):
        raise invalid(wrong)
    return sound


def _embedded(call: Call, name: str, shown: list[Json]) -> Answer:
    href = f"{call.account.base_url}{call.path}"
    return Answer(self_link(href) | {"_embedded": {name: shown}})
