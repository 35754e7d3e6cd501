"""`…/links`, `…/link` and `…/unlink` of cards (contract §1.4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kommutator.twins.amocrm.account import CARD_KINDS
from kommutator.twins.amocrm.call import Call, Route
from kommutator.twins.amocrm.cards import kind_of
from kommutator.twins.amocrm.checks import Errors
from kommutator.twins.amocrm.filters import words_of
from kommutator.twins.amocrm.paging import self_link
from kommutator.twins.amocrm.replies import (
    FIELD_MISSING,
    NO_CONTENT,
    NOT_A_CHOICE,
    Answer,
    invalid,
)

Json = dict[str, Any]


def links_of_card(call: Call) -> Answer:
    """What hangs on one card; 204 for an unknown one."""
    kind, number = kind_of(call), call.id()
    if call.account.live(kind, number) is None:
        return NO_CONTENT
    return _listed(call, [_shown(row) for row in _rows(call, kind, number)])


def links_of_many(call: Call) -> Answer:
    """What hangs on the cards named in `filter[entity_id]`."""
    kind = kind_of(call)
    numbers = [int(w) for w in words_of(call.filters().get("entity_id", {})) if w.isdigit()]
    return _listed(call, [row for number in numbers for row in _rows(call, kind, number)])


def link(call: Call) -> Answer:
    """Tie cards together.

    Raises:
        ApiError: 400 with validation errors.
    """
    kind, shown = kind_of(call), []
    for number, item in _checked(call, kind):
        other = (item["to_entity_type"], item["to_entity_id"])
        sent = item.get("metadata") or {}
        main = sent.get("is_main", sent.get("main_contact"))
        call.account.links.link((kind, number), other, main=main)
        call.changed("links", "link", None, _pair(kind, number, other))
        shown += [row for row in _rows(call, kind, number)
                  if (row["to_entity_type"], row["to_entity_id"]) == other]  # fmt: skip
    path = f"{kind}/{call.id()}/links" if "id" in call.args else f"{kind}/links"
    return Answer(
        {"_total_items": len(shown)}
        | self_link(call.account.href(path))
        | {"_embedded": {"links": shown}}
    )


def unlink(call: Call) -> Answer:
    """Untie cards.

    Raises:
        ApiError: 400 with validation errors.
    """
    kind = kind_of(call)
    for number, item in _checked(call, kind):
        other = (item["to_entity_type"], item["to_entity_id"])
        if call.account.links.unlink((kind, number), other):
            call.changed("links", "unlink", None, _pair(kind, number, other))
    return NO_CONTENT


def _checked(call: Call, kind: str) -> list[tuple[int, Json]]:
    found, wrong = [], []
    for place, item in enumerate(call.items()):
        errors = Errors()
        number = call.id() if "id" in call.args else item.get("entity_id")
        if number is None:
            errors.add(FIELD_MISSING, "entity_id")
        elif call.account.live(kind, number) is None:
            errors.add(NOT_A_CHOICE, "entity_id")
        other = item.get("to_entity_type")
        if other not in CARD_KINDS or other == kind:
            errors.add(NOT_A_CHOICE, "to_entity_type")
        elif call.account.live(str(other), item.get("to_entity_id")) is None:
            errors.add(NOT_A_CHOICE, "to_entity_id")
        found.append((int(number or 0), item))
        if errors:
            wrong.append({"request_id": str(place), "errors": errors.found})
    if wrong:
        raise invalid(wrong)
    return found


def _rows(call: Call, kind: str, number: int) -> Iterator[Json]:
    for (other, other_id), main in call.account.links.all_of((kind, number)):
        yield {
            "entity_id": number,
            "entity_type": kind,
            "to_entity_id": other_id,
            "to_entity_type": other,
            "metadata": {"main_contact": main} if other == "contacts" else None,
        }


def _shown(row: Json) -> Json:
    return {key: value for key, value in row.items() if not key.startswith("entity_")}


def _listed(call: Call, rows: list[Json]) -> Answer:
    if not rows:
        return NO_CONTENT
    query = f"?{call.raw_query}" if call.raw_query else ""
    return Answer(
        {"_total_items": len(rows)}
        | self_link(f"{call.account.base_url}{call.path}{query}")
        | {"_embedded": {"links": rows}}
    )


def _pair(kind: str, number: int, other: tuple[str, int]) -> Json:
    return {"entity_id": number, "entity_type": kind, "to_entity_id": other[1],
            "to_entity_type": other[0]}  # fmt: skip


ROUTES = tuple(
    Route(method, f"/api/v4/{kind}{rest}", endpoint)
    for kind in CARD_KINDS
    for method, rest, endpoint in (
        ("GET", "/{id}/links", links_of_card),
        ("POST", "/{id}/link", link),
        ("POST", "/{id}/unlink", unlink),
        ("GET", "/links", links_of_many),
        ("POST", "/link", link),
        ("POST", "/unlink", unlink),
    )
)
