"""The vendor's shapes, read tolerantly into the house's own types.

Times are unix seconds; ids are numbers, though some places send them as strings; what is empty
may be null, `[]` or missing. An item without an id is no item.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from kommutator.connectors.crm.amocrm.manifest import COMPARED, INCOMING_TYPE, LOST, WON
from kommutator.domain.crm_data import (
    Entity,
    EntityKind,
    FieldChoice,
    FieldSpec,
    FieldType,
    Pipeline,
    Stage,
)
from kommutator.kit.phones import digits, to_e164
from kommutator.kit.plain_json import as_map, as_text, maps_in

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""Of what has no time: older than everything."""
_LATEST = 253_402_300_799  # the last second of the year 9999
_TYPES = {kind.value: kind for kind in FieldType}
_KINDS = {word: kind for kind in EntityKind for word in (kind.value, kind.one)}


def as_int(value: object) -> int | None:
    """A whole number, also one that came as text; true and false are none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    text = as_text(value) if isinstance(value, str) else None
    if text is not None and text.removeprefix("-").isdecimal() and len(text) <= 19:  # noqa: PLR2004  64 bits
        return int(text)
    return None


def as_time(value: object) -> datetime | None:
    """Unix seconds as UTC; 0, null and nonsense are no time."""
    seconds = as_int(value)
    if seconds is None or not 0 < seconds <= _LATEST:
        return None
    return datetime.fromtimestamp(seconds, UTC)


def kind_of(word: object) -> EntityKind | None:
    """Of the singular or the plural; None for what is none of our cards."""
    return _KINDS.get(word) if isinstance(word, str) else None


def read_entity(kind: EntityKind, item: Mapping[str, Any], region: str = "RU") -> Entity | None:
    """A card. `region`: whose national numbers it may hold."""
    entity_id = as_int(item.get("id"))
    if entity_id is None:
        return None
    embedded = as_map(item.get("_embedded"))
    status = as_int(item.get("status_id"))
    return Entity(
        kind=kind,
        id=entity_id,
        name=as_text(item.get("name")) or _full_name(item) or "",
        updated_at=as_time(item.get("updated_at")) or EPOCH,
        created_at=as_time(item.get("created_at")),
        responsible_id=as_int(item.get("responsible_user_id")) or None,
        deleted=item.get("is_deleted") is True,
        phones=_phones(item, region),
        emails=tuple(dict.fromkeys(_values(item, "EMAIL"))),
        pipeline_id=as_int(item.get("pipeline_id")),
        status_id=status,
        price=as_int(item.get("price")),
        contact_ids=_linked(embedded.get("contacts")),
        company_ids=_linked(embedded.get("companies")),
        closed=kind is EntityKind.LEADS and status in (WON, LOST),
        raw=without_links(item),
    )


def read_entities(
    kind: EntityKind, items: Iterable[Mapping[str, Any]], region: str = "RU"
) -> list[Entity]:
    return [entity for item in items if (entity := read_entity(kind, item, region)) is not None]


def without_links(value: Any) -> Any:
    """The same without the addresses of itself that stand in every object."""
    if isinstance(value, Mapping):
        return {key: without_links(item) for key, item in value.items() if key != "_links"}
    if isinstance(value, list):
        return [without_links(item) for item in value]
    return value


def _full_name(item: Mapping[str, Any]) -> str:
    parts = (as_text(item.get(key)) for key in ("first_name", "last_name"))
    return " ".join(part for part in parts if part)


def _phones(item: Mapping[str, Any], region: str) -> tuple[str, ...]:
    numbers = (to_e164(text, region) for text in _values(item, "PHONE"))
    return tuple(dict.fromkeys(number for number in numbers if number is not None))


def spellings(item: Mapping[str, Any]) -> tuple[str, ...]:
    """A card's phones as they were typed."""
    return tuple(_values(item, "PHONE"))


def tail(phone: str) -> str:
    """By what the vendor takes two numbers for one: their last ten digits [D]."""
    return digits(phone)[-COMPARED:]


def _values(item: Mapping[str, Any], code: str) -> Iterable[str]:
    for custom in maps_in(item.get("custom_fields_values")):
        if custom.get("field_code") == code:
            for value in maps_in(custom.get("values")):
                if text := as_text(value.get("value")):
                    yield text


def _linked(value: object) -> tuple[int, ...]:
    """Ids, the main one first."""
    rows = sorted(maps_in(value), key=lambda row: row.get("is_main") is not True)
    return tuple(found for row in rows if (found := as_int(row.get("id"))) is not None)


def read_field(kind: EntityKind, item: Mapping[str, Any]) -> FieldSpec | None:
    field_id = as_int(item.get("id"))
    if field_id is None:
        return None
    named = as_text(item.get("type")) or ""
    return FieldSpec(
        id=field_id,
        kind=kind,
        name=as_text(item.get("name")) or str(field_id),
        type=_TYPES.get(named, FieldType.OTHER),
        type_name=named,
        code=as_text(item.get("code")),
        sort=as_int(item.get("sort")) or 0,
        choices=tuple(_choices(item.get("enums"))),
        required_at=tuple(_stages(item.get("required_statuses"))),
        api_only=item.get("is_api_only") is True,
        predefined=item.get("is_predefined") is True,
        raw=without_links(item),
    )


def _choices(value: object) -> Iterable[FieldChoice]:
    for row in maps_in(value):
        found = as_int(row.get("id"))
        if found is not None:
            yield FieldChoice(
                found,
                as_text(row.get("value")) or "",
                as_text(row.get("code")),
                as_int(row.get("sort")) or 0,
            )


def _stages(value: object) -> Iterable[tuple[int, int]]:
    for row in maps_in(value):
        pipeline, status = as_int(row.get("pipeline_id")), as_int(row.get("status_id"))
        if pipeline is not None and status is not None:
            yield pipeline, status


def read_pipeline(item: Mapping[str, Any]) -> Pipeline | None:
    pipeline_id = as_int(item.get("id"))
    if pipeline_id is None:
        return None
    rows = maps_in(as_map(item.get("_embedded")).get("statuses"))
    stages = (stage for row in rows if (stage := _stage(pipeline_id, row)) is not None)
    return Pipeline(
        id=pipeline_id,
        name=as_text(item.get("name")) or str(pipeline_id),
        sort=as_int(item.get("sort")) or 0,
        main=item.get("is_main") is True,
        archived=item.get("is_archive") is True,
        incoming_on=item.get("is_unsorted_on") is True,
        stages=tuple(sorted(stages, key=lambda stage: stage.sort)),
    )


def _stage(pipeline_id: int, item: Mapping[str, Any]) -> Stage | None:
    stage_id = as_int(item.get("id"))
    if stage_id is None:
        return None
    return Stage(
        id=stage_id,
        pipeline_id=pipeline_id,
        name=as_text(item.get("name")) or str(stage_id),
        sort=as_int(item.get("sort")) or 0,
        color=as_text(item.get("color")),
        incoming=as_int(item.get("type")) == INCOMING_TYPE,
        won=stage_id == WON,
        lost=stage_id == LOST,
    )
