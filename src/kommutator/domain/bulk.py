"""Bulk writes: which items go together, and what became of those whose answer got lost. Pure.

A vendor without idempotency keys is asked before anything is written twice. A creation is found
by the `created_at` that we chose ourselves; equal items are interchangeable. An update is looked
at: if the entity holds what was wanted, there is nothing left to write.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import isfinite
from typing import Any

from kommutator.kit.errors import InvalidInput

MOST_ITEMS = 10_000
_NOT_COMPARED = frozenset({"id", "request_id", "_embedded", "created_at", "updated_at"})
_TAGS = ("tags_to_add", "tags_to_delete")
_FIELDS = "custom_fields_values"
_OURS = frozenset({"request_id", "updated_at"})
_LAST_MOMENT = 2**32  # unix seconds, the year 2106
_LAST_ID = 2**63 - 1
_SPAN_S = 300
_DEEPEST = 20  # the deepest card of the vendor has six


class BulkAction(StrEnum):
    CREATE = "create"
    UPDATE = "update"


class ItemState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"  # left for the vendor; until its answer is stored nobody knows more
    DONE = "done"
    REFUSED = "refused"  # the vendor's words are beside it
    CANCELLED = "cancelled"


class JobState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    CANCELLING = "cancelling"  # what has left is still to be found out about
    CANCELLED = "cancelled"
    FINISHED = "finished"


OPEN = (JobState.WAITING, JobState.RUNNING, JobState.CANCELLING)


@dataclass(frozen=True, slots=True)
class BulkItem:
    """One entity of a job.

    Attributes:
        position: from 1, in the order given; our `request_id` towards the vendor.
        entity_id: whom it updates; of a creation, what came to be.
        stamp: `created_at` of a creation (unix): the moment of the order, or the item's own.
            Equal items of a job have different ones, so that none is taken for another.
    """

    position: int
    entity_id: int | None
    body: Mapping[str, Any]
    state: ItemState = ItemState.WAITING
    stamp: int | None = None


@dataclass(frozen=True, slots=True)
class ItemResult:
    """What became of one item. WAITING: not there, to be sent again."""

    position: int
    state: ItemState
    entity_id: int | None = None
    error: str | None = None
    note: str | None = None


def read_items(action: BulkAction, given: Sequence[Mapping[str, Any]]) -> list[BulkItem]:
    """Check what can be checked without the vendor; order is kept.

    Raises:
        InvalidInput: `bulk_empty`, `bulk_too_many`, and of one item `bulk_item_id_missing`,
            `bulk_item_id_given`, `bulk_item_empty`, `bulk_item_created_at`,
            `bulk_item_unreadable` with its `position`.
    """
    if not given:
        raise InvalidInput("bulk_empty")
    if len(given) > MOST_ITEMS:
        raise InvalidInput("bulk_too_many", most=MOST_ITEMS)
    return [_read(action, position, raw) for position, raw in enumerate(given, start=1)]


def _read(action: BulkAction, position: int, raw: Mapping[str, Any]) -> BulkItem:
    body = {key: value for key, value in raw.items() if key not in _OURS and key != "id"}
    made_at = body.get("created_at", 0)
    if not isinstance(made_at, int) or not 0 <= made_at <= _LAST_MOMENT:
        raise InvalidInput("bulk_item_created_at", position=position)
    if not _storable(body):
        raise InvalidInput("bulk_item_unreadable", position=position)
    if action is BulkAction.CREATE:
        if raw.get("id") is not None:
            raise InvalidInput("bulk_item_id_given", position=position)
        return BulkItem(position, None, body)
    entity_id = raw.get("id")
    if (
        not isinstance(entity_id, int)
        or isinstance(entity_id, bool)
        or not 1 <= entity_id <= _LAST_ID
    ):
        raise InvalidInput("bulk_item_id_missing", position=position)
    if not body:
        raise InvalidInput("bulk_item_empty", position=position)
    return BulkItem(position, entity_id, body)


def _storable(value: object, depth: int = 0) -> bool:
    """What PostgreSQL takes (no NUL, no half of a surrogate pair) and JSON can say (no NaN)."""
    if isinstance(value, str):
        return _is_text(value)
    if isinstance(value, dict | list):
        inner = value if isinstance(value, list) else [*value, *value.values()]
        return depth < _DEEPEST and all(_storable(one, depth + 1) for one in inner)
    if isinstance(value, float):
        return isfinite(value)
    return not isinstance(value, int) or -_LAST_ID <= value <= _LAST_ID


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\x00" not in text


def stamped(items: Sequence[BulkItem], ordered_at: int) -> list[BulkItem]:
    """Creations with the moment they are to be found at; `ordered_at` in unix seconds."""
    copies: Counter[str] = Counter()
    found: list[BulkItem] = []
    for item in items:
        own = item.body.get("created_at")
        likeness = json.dumps(item.body, sort_keys=True, default=str)
        stamp = ordered_at - copies[likeness] if own is None else own
        copies[likeness] += 1
        found.append(replace(item, stamp=stamp))
    return found


def next_batch(waiting: Sequence[BulkItem], limit: int) -> list[BulkItem]:
    """The next items to leave together, by position; of one entity only its first.

    The rest of that entity follows in later batches, so that the last word given is the last.
    """
    chosen: list[BulkItem] = []
    taken: set[int] = set()
    for item in waiting:
        if len(chosen) == limit:
            break
        if item.entity_id is not None:
            if item.entity_id in taken:
                continue
            taken.add(item.entity_id)
        chosen.append(item)
    return chosen


def found_updates(
    sent: Sequence[BulkItem], held: Mapping[int, Mapping[str, Any]]
) -> Iterator[ItemResult]:
    """Of updates without an answer: which of them the vendor holds already. `held` by id."""
    for item in sent:
        assert item.entity_id is not None
        entity = held.get(item.entity_id)
        if entity is not None and holds(item.body, entity):
            yield ItemResult(item.position, ItemState.DONE, item.entity_id, note="found_again")
        else:
            yield ItemResult(item.position, ItemState.WAITING)


def found_creations(
    sent: Sequence[BulkItem],
    candidates: Sequence[Mapping[str, Any]],
    known: Collection[int],
) -> Iterator[ItemResult]:
    """Of creations without an answer: which of them exist.

    `candidates` were made at the stamps of `sent`; `known` are ids that belong to other items.
    Whole likeness counts before likeness of the plain values alone: a vendor may write a phone
    number otherwise than it was sent.
    """
    free = {entity["id"]: entity for entity in candidates if entity["id"] not in known}
    found: dict[int, int] = {}
    for like in (holds, _plainly_holds):
        for item in sent:
            if item.position in found:
                continue
            same = (
                entity_id
                for entity_id, entity in free.items()
                if entity.get("created_at") == item.stamp and like(item.body, entity)
            )
            if (entity_id := next(same, None)) is not None:
                del free[entity_id]
                found[item.position] = entity_id
    for item in sent:
        if (made := found.get(item.position)) is not None:
            yield ItemResult(item.position, ItemState.DONE, made, note="found_again")
        else:
            yield ItemResult(item.position, ItemState.WAITING)


def holds(body: Mapping[str, Any], entity: Mapping[str, Any]) -> bool:
    """Whether the entity, as the vendor shows it, has every value that `body` would write."""
    if not _plainly_holds(body, entity):
        return False
    names = {tag.get("name") for tag in _tags(entity)} | {tag.get("id") for tag in _tags(entity)}
    wanted = [tag.get("id") or tag.get("name") for tag in body.get("tags_to_add") or ()]
    unwanted = [tag.get("id") or tag.get("name") for tag in body.get("tags_to_delete") or ()]
    if not names.issuperset(wanted) or not names.isdisjoint(unwanted):
        return False
    return all(_field_holds(field, entity) for field in body.get(_FIELDS) or ())


def _plainly_holds(body: Mapping[str, Any], entity: Mapping[str, Any]) -> bool:
    return all(
        key in entity and entity[key] == value
        for key, value in body.items()
        if key not in _NOT_COMPARED and key not in _TAGS and key != _FIELDS
    )


def _tags(entity: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    embedded = entity.get("_embedded") or {}
    tags: Sequence[Mapping[str, Any]] = embedded.get("tags") or ()
    return tags


def _field_holds(wanted: Mapping[str, Any], entity: Mapping[str, Any]) -> bool:
    values = wanted.get("values") or []
    for field in entity.get(_FIELDS) or ():
        same_id = "field_id" in wanted and field.get("field_id") == wanted["field_id"]
        same_code = "field_code" in wanted and field.get("field_code") == wanted["field_code"]
        if same_id or same_code:
            held = field.get("values") or []
            return len(held) == len(values) and all(map(_value_holds, values, held))
    return not values


def _value_holds(wanted: Mapping[str, Any], held: Mapping[str, Any]) -> bool:
    return all(str(held.get(key)) == str(value) for key, value in wanted.items())


def spans(sent: Sequence[BulkItem]) -> Iterator[list[BulkItem]]:
    """Creations by the spans of time they are to be found in, a few minutes apart at least."""
    span: list[BulkItem] = []
    for item in sorted(sent, key=lambda item: item.stamp or 0):
        if span and (item.stamp or 0) - (span[-1].stamp or 0) > _SPAN_S:
            yield span
            span = []
        span.append(item)
    if span:
        yield span
