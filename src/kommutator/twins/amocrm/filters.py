"""`filter[…]`, `query` and `order[…]` of lists (contract §1.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from kommutator.twins.amocrm.call import Call
from kommutator.twins.amocrm.phones import looks_like_phone

Json = dict[str, Any]
Test = Callable[[Json], bool]

EQUAL = frozenset({"id", "name", "pipeline_id", "created_by", "updated_by", "responsible_user_id"})
RANGES = frozenset({"price", "created_at", "updated_at", "closed_at", "closest_task_at"})
ORDERS = {
    "leads": frozenset({"created_at", "updated_at", "id"}),
    "contacts": frozenset({"updated_at", "id"}),
    "companies": frozenset({"updated_at", "id"}),
}
FEWEST_DIGITS = 4


def words_of(value: Any) -> list[str]:
    """A filter's values whether sent as one word, `[]=` items or `[0]=` items."""
    if isinstance(value, Mapping):
        return [str(v) for v in value.values()]
    return [str(value)]


def one_of(key: str, words: Iterable[str]) -> Test:
    """A test that a row's `key`, written out, is one of the words."""
    wanted = frozenset(words)
    return lambda row: str(row.get(key)) in wanted


def within(value: Any) -> Callable[[Any], bool]:
    """A test of a number against `[from]` and `[to]`, or one number."""
    if not isinstance(value, Mapping):
        return lambda number: str(number) == str(value)
    low, high = _number(value.get("from")), _number(value.get("to"))
    if low is None and high is None:
        wanted = set(words_of(value))
        return lambda number: str(number) in wanted

    def fits(number: Any) -> bool:
        mine = _number(number)
        if mine is None:
            return False
        return (low is None or mine >= low) and (high is None or mine <= high)

    return fits


def select_cards(call: Call, kind: str) -> Iterable[Json]:
    """The cards of a kind that the query asks for, in its order.

    A filter nobody documented is ignored, and so returns everybody; it is noted as a violation.
    """
    words = call.with_words()
    only_deleted = "only_deleted" in words
    rows: Iterable[Json] = _candidates(call, kind)
    tests = list(_tests(call))
    if "query" in call.query and not _is_phone(call):
        tests.append(_query(str(call.query["query"])))
    found = (
        row
        for row in rows
        if bool(row["is_deleted"]) == only_deleted and all(test(row) for test in tests)
    )
    return _ordered(call, kind, found)


def _candidates(call: Call, kind: str) -> Iterable[Json]:
    """All cards, or only those named by id or number: a look-up instead of a walk."""
    cards, ids = call.account.cards[kind], None
    wanted = call.filters().get("id")
    if wanted is not None and not _is_range(wanted):
        ids = _numbers(words_of(wanted))
    if _is_phone(call):
        text = str(call.query["query"])
        found = {n for k, n in call.account.phones.containing(text) if k == kind}
        found |= _numbers([text.strip()])
        ids = found if ids is None else ids & found
    if ids is None:
        return cards.values()
    return [cards[number] for number in sorted(ids) if number in cards]


def _numbers(words: Iterable[str]) -> set[int]:
    return {int(word) for word in words if word.isascii() and word.isdigit()}


def _is_phone(call: Call) -> bool:
    """Whether the search text is a number that is compared by its digits (a switch: as text)."""
    text = str(call.query.get("query", ""))
    enough = sum(c.isdigit() for c in text) >= FEWEST_DIGITS
    return call.switches.query_match == "digits" and enough and looks_like_phone(text)


def _tests(call: Call) -> Iterator[Test]:
    for name, value in call.filters().items():
        if name in RANGES or (name == "id" and _is_range(value)):
            yield _on(name, within(value))
        elif name in EQUAL:
            yield one_of(name, words_of(value))
        elif name == "statuses" and isinstance(value, Mapping):
            yield _statuses(value)
        elif name == "custom_fields_values" and isinstance(value, Mapping):
            for field_id, condition in value.items():
                yield _custom(str(field_id), condition)
        else:
            call.violation("unknown_filter", f"{call.path}: filter[{name}]")


def _is_range(value: Any) -> bool:
    return isinstance(value, Mapping) and bool({"from", "to"} & set(value))


def _on(name: str, fits: Callable[[Any], bool]) -> Test:
    return lambda row: fits(row.get(name))


def _statuses(value: Mapping[str, Any]) -> Test:
    pairs = {
        (str(pair.get("pipeline_id")), str(pair.get("status_id")))
        for pair in value.values()
        if isinstance(pair, Mapping)
    }
    return lambda row: (str(row.get("pipeline_id")), str(row.get("status_id"))) in pairs


def _custom(field_id: str, condition: Any) -> Test:
    fits = within(condition)

    def test(row: Json) -> bool:
        return any(
            fits(value.get("value")) or fits(value.get("enum_id"))
            for field in row["custom_fields_values"] or ()
            if str(field["field_id"]) == field_id
            for value in field["values"]
        )

    return test


def _query(text: str) -> Test:
    """A search for a text in filled fields."""
    needle = text.casefold()
    return lambda row: any(needle in word.casefold() for word in _filled(row))


def _filled(row: Json) -> Iterator[str]:
    yield str(row["id"])
    yield str(row["name"] or "")
    if "price" in row:
        yield str(row["price"])
    for field in row["custom_fields_values"] or ():
        for value in field["values"]:
            yield str(value.get("value"))


def _ordered(call: Call, kind: str, rows: Iterable[Json]) -> Iterable[Json]:
    order = call.query.get("order")
    if not isinstance(order, Mapping):
        return rows
    for name, way in order.items():
        if name in ORDERS[kind]:
            return sorted(rows, key=lambda row: (row[name], row["id"]), reverse=way == "desc")
    return rows


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
