"""Questions in the vendor's spelling: PHP brackets, unix seconds, one pair per value.

Filters need `is_api_filter_enabled` of the account; without it the vendor ignores them, so what
must hold is looked at once more by whoever asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from kommutator.connectors.crm.amocrm.manifest import EVENT_ENTITIES, EVENTS_PAGE, PAGE
from kommutator.domain.crm_data import EntityKind
from kommutator.domain.crm_ports import EntityQuery, EventQuery, TaskQuery

Pair = tuple[str, str]

_LINKED = {
    EntityKind.LEADS: "contacts",
    EntityKind.CONTACTS: "leads",
    EntityKind.COMPANIES: "contacts",
}


def entity_with(kind: EntityKind, *, deleted: bool = False) -> Pair:
    """Which neighbours come along: contacts are shown only to those who ask for them."""
    return ("with", f"{_LINKED[kind]},only_deleted" if deleted else _LINKED[kind])


def entity_pairs(kind: EntityKind, query: EntityQuery) -> list[Pair]:
    way = "desc" if query.newest_first else "asc"
    pairs = [*_page(query.page, query.limit, PAGE), entity_with(kind, deleted=query.deleted)]
    pairs.append((f"order[{query.order.value}]", way))
    if query.text is not None:
        pairs.append(("query", query.text))
    pairs += _many("id", query.ids)
    pairs += _many("name", () if query.name is None else (query.name,))
    pairs += _many("responsible_user_id", query.responsible_ids)
    pairs += _many("pipeline_id", query.pipeline_ids)
    for number, (pipeline, status) in enumerate(query.stages):
        pairs.append((f"filter[statuses][{number}][pipeline_id]", str(pipeline)))
        pairs.append((f"filter[statuses][{number}][status_id]", str(status)))
    pairs += _range("updated_at", query.updated_from, query.updated_to)
    pairs += _range("created_at", query.created_from, query.created_to)
    pairs += _range("price", query.price_from, query.price_to)
    for field_id, values in query.fields.items():
        pairs += _many(f"custom_fields_values][{field_id}", values)
    return pairs


def event_pairs(query: EventQuery) -> list[Pair]:
    pairs = [*_page(query.page, query.limit, EVENTS_PAGE), *_many("type", query.types)]
    pairs += _many("entity", (kind.one for kind in query.kinds))
    pairs += _many("entity_id", query.entity_ids[:EVENT_ENTITIES])
    pairs += _range("created_at", query.created_from, query.created_to)
    return pairs


def task_pairs(query: TaskQuery) -> list[Pair]:
    pairs = [*_page(query.page, query.limit, PAGE), *_many("id", query.ids)]
    pairs += _many("responsible_user_id", query.responsible_ids)
    pairs += _many("task_type", query.type_ids)
    if query.completed is not None:
        pairs.append(("filter[is_completed]", str(int(query.completed))))
    if query.kind is not None:
        pairs.append(("filter[entity_type]", query.kind.value))
    pairs += _many("entity_id", query.entity_ids)
    pairs += _range("updated_at", query.updated_from, None)
    return pairs


def page_pairs(page: int, limit: int = PAGE) -> list[Pair]:
    return list(_page(page, limit, PAGE))


def _page(page: int, limit: int, most: int) -> Iterator[Pair]:
    yield "page", str(max(1, page))
    yield "limit", str(min(max(1, limit), most))


def _many(name: str, values: Iterable[object]) -> Iterator[Pair]:
    for value in values:
        yield f"filter[{name}][]", str(value)


def _range(name: str, begin: datetime | int | None, end: datetime | int | None) -> Iterator[Pair]:
    for word, value in (("from", begin), ("to", end)):
        if value is not None:
            number = int(value.timestamp()) if isinstance(value, datetime) else value
            yield f"filter[{name}][{word}]", str(number)
