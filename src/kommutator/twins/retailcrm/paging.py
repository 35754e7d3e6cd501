"""Pages of lists (contract §1.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from kommutator.twins.retailcrm.call import Call
from kommutator.twins.retailcrm.checks import whole_number
from kommutator.twins.retailcrm.phpform import NOTHING_WORDS
from kommutator.twins.retailcrm.replies import NOT_A_CHOICE, NOT_VALID, Answer, input_error

Json = dict[str, Any]
Test = Callable[[Json], bool]

PAGE_SIZES = (20, 50, 100)


def page(call: Call, name: str, rows: Sequence[Json]) -> Answer:
    """One page of `rows` under `name`.

    Raises:
        ApiError: 400, a page size or number the vendor does not know.
    """
    limit = _number(call, "limit", 20)
    current = _number(call, "page", 1)
    if limit not in PAGE_SIZES:
        raise input_error({"limit": NOT_A_CHOICE})
    if current < 1:
        raise input_error({"page": NOT_VALID})
    first = (current - 1) * limit
    return Answer(
        {
            "pagination": {
                "limit": limit,
                "totalCount": len(rows),
                "currentPage": current,
                "totalPageCount": -(-len(rows) // limit),
            },
            name: list(rows[first : first + limit]),
        }
    )


def _number(call: Call, name: str, default: int) -> int:
    value = call.query.get(name)
    if value is None or (isinstance(value, str) and value in NOTHING_WORDS):
        return default
    number = whole_number(value)
    if number is None:
        raise input_error({name: NOT_VALID})
    return number


def select(
    call: Call, rows: Iterable[Json], filters: dict[str, Callable[[Any], Test]]
) -> list[Json]:
    """Rows that pass every filter sent.

    A filter nobody documented is ignored, and so returns everybody: the trap real clients fall
    into. The switch `unknown_filter` turns it into a refusal.

    Raises:
        ApiError: 400 for a filter's bad value, or an unknown filter when the switch says so.
    """
    tests: list[Test] = []
    for name, value in call.filters().items():
        if name in filters:
            tests.append(filters[name](value))
            continue
        call.violation("unknown_filter", f"{call.path}: filter[{name}]")
        if call.switches.unknown_filter == "reject":
            raise input_error({name: "This form should not contain extra fields."})
    return [row for row in rows if all(test(row) for test in tests)]
