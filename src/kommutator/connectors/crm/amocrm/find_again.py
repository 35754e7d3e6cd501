"""Whether something that may have been created really was.

The vendor has no idempotency key. What we create carries our own `created_at`, so an item found
with that time and everything else we sent is ours, or equal to ours: equal ones are counted, not
told apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kommutator.connectors.crm.amocrm.client import AmoCrmClient
from kommutator.connectors.crm.amocrm.errors import AmoCrmError
from kommutator.connectors.crm.amocrm.manifest import COMPARED
from kommutator.connectors.crm.amocrm.queries import Pair, page_pairs
from kommutator.connectors.crm.amocrm.schemas import as_int, tail
from kommutator.kit.errors import ErrorKind
from kommutator.kit.plain_json import as_map, as_text, maps_in

_MOST_PAGES = 8
_SAME = ("name", "first_name", "last_name", "price", "pipeline_id", "status_id",
         "responsible_user_id", "created_at", "entity_id", "entity_type", "text",
         "complete_till", "note_type")  # fmt: skip


async def find_again(
    client: AmoCrmClient, path: str, name: str, items: Sequence[Mapping[str, Any]]
) -> dict[int, int]:
    """Position in `items` → id of what is already there.

    Args:
        path: of the list, such as "/api/v4/leads" or "/api/v4/leads/notes".
        name: of the list in `_embedded`.

    Raises:
        AmoCrmError: nobody knows, then; also where the list does not end.
    """
    times = [at for item in items if (at := as_int(item.get("created_at"))) is not None]
    if not times:
        return {}
    missing = dict(enumerate(items))
    found: dict[int, int] = {}
    pairs = _pairs(name, items, min(times), max(times))
    for number in range(1, _MOST_PAGES + 1):
        reply = await client.get(path, [*pairs, *page_pairs(number)])
        rows = reply.embedded(name)
        for row in rows:
            position = next((at for at, item in missing.items() if is_same(item, row)), None)
            row_id = as_int(row.get("id"))
            if position is not None and row_id is not None:
                found[position] = row_id
                del missing[position]
        passed = rows and all((as_int(row.get("created_at")) or 0) < min(times) for row in rows)
        if not missing or not reply.more or passed:
            return found
    raise AmoCrmError(ErrorKind.UNSURE, "the list is too long to be looked through")


def _pairs(name: str, items: Sequence[Mapping[str, Any]], first: int, last: int) -> list[Pair]:
    """Newest first, for accounts that ignore filters."""
    pairs: list[Pair] = [("order[id]", "desc")]
    if name in ("notes", "tasks"):
        owners = {owner for item in items if (owner := as_int(item.get("entity_id"))) is not None}
        pairs += [("filter[entity_id][]", str(owner)) for owner in sorted(owners)]
        kinds = {kind for item in items if (kind := as_text(item.get("entity_type"))) is not None}
        if len(kinds) == 1:
            pairs.append(("filter[entity_type]", kinds.pop()))
        return pairs
    return [
        *pairs,
        ("filter[created_at][from]", str(first)),
        ("filter[created_at][to]", str(last)),
    ]


def is_same(sent: Mapping[str, Any], held: Mapping[str, Any]) -> bool:
    """Whether a card, task or note holds everything that was sent. More may have been added."""
    for key in _SAME:
        if sent.get(key) is not None and sent[key] != held.get(key):
            return False
    texts, here = as_map(sent.get("params")), as_map(held.get("params"))
    if any(here.get(key) != value for key, value in texts.items() if value is not None):
        return False
    return _values(sent) <= _values(held)


def _values(item: Mapping[str, Any]) -> set[str]:
    """What the custom fields hold, phones by the digits that count."""
    found = set()
    for custom in maps_in(item.get("custom_fields_values")):
        for value in maps_in(custom.get("values")):
            text = as_text(value.get("value"))
            number = tail(text or "")
            if text and len(number) == COMPARED and not any(map(str.isalpha, text)):
                found.add(number)
            elif text:
                found.add(text)
    return found
