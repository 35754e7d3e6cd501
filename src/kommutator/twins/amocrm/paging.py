"""Pages of lists: `_links.next` until there is none, no totals (contract §1.3)."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

from kommutator.twins.amocrm.call import MOST_PER_REQUEST, Call
from kommutator.twins.amocrm.replies import NO_CONTENT, Answer

Json = dict[str, Any]
Show = Callable[[Json], Json]


def page(
    call: Call, name: str, rows: Iterable[Json], show: Show, *, most: int = MOST_PER_REQUEST
) -> Answer:
    """One page of a list without totals; 204 when it is empty.

    Raises:
        ApiError: 422 for a limit above `most`.
    """
    number, limit = call.page(most)
    first = (number - 1) * limit
    found = list(itertools.islice(rows, first, first + limit + 1))
    if not found:
        return NO_CONTENT
    links = {"self": _link(call, number, limit)}
    if len(found) > limit:
        links["next"] = _link(call, number + 1, limit)
    if number > 1:
        links["first"] = _link(call, 1, limit)
        links["prev"] = _link(call, number - 1, limit)
    shown = [show(row) for row in found[:limit]]
    return Answer({"_page": number, "_links": links, "_embedded": {name: shown}})


def counted_page(
    call: Call, name: str, rows: Sequence[Json], show: Show, *, most: int = MOST_PER_REQUEST
) -> Answer:
    """One page of the few lists that have totals: users, pipelines, fields, hooks.

    Raises:
        ApiError: 422 for a limit above `most`.
    """
    number, limit = call.page(most)
    first = (number - 1) * limit
    found = rows[first : first + limit]
    if not found:
        return NO_CONTENT
    pages = -(-len(rows) // limit)
    links = {"self": _link(call, number, limit)}
    if number < pages:
        links["next"] = _link(call, number + 1, limit)
        links["last"] = _link(call, pages, limit)
    if number > 1:
        links["first"] = _link(call, 1, limit)
        links["prev"] = _link(call, number - 1, limit)
    return Answer(
        {
            "_total_items": len(rows),
            "_page": number,
            "_page_count": pages,
            "_links": links,
            "_embedded": {name: [show(row) for row in found]},
        }
    )


def self_link(href: str) -> Json:
    """`_links` of one entity."""
    return {"_links": {"self": {"href": href}}}


def _link(call: Call, number: int, limit: int) -> Json:
    pairs = [(k, v) for k, v in parse_qsl(call.raw_query, keep_blank_values=True)
             if k not in ("page", "limit")]  # fmt: skip
    query = urlencode([*pairs, ("page", str(number)), ("limit", str(limit))])
    return {"href": f"{call.account.base_url}{call.path}?{query}"}
