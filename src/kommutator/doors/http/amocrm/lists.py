"""What lists of cards are asked by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Query

from kommutator.domain.crm_data import EntityPage
from kommutator.domain.crm_ports import EntityQuery, Order
from kommutator.doors.http.paging import BIGGEST_ID
from kommutator.doors.http.v1.words import Found, Moment

PageNumber = Annotated[int, Query(ge=1, le=1_000_000, description="From 1.")]
Limit = Annotated[int, Query(ge=1, le=250, description="How many at most; amoCRM gives 250.")]
Ids = Annotated[
    list[Annotated[int, Query(ge=1, le=BIGGEST_ID)]] | None,
    Query(description="One or several, repeated.", max_length=100),
]
_MOMENT = "ISO with a time zone, or unix seconds; inclusive."
Since = Annotated[Moment | None, Query(description=_MOMENT)]


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filters that all kinds of cards have."""

    page: PageNumber = 1
    limit: Limit = 50
    query: Annotated[
        Found | None, Query(description="Searched for in names, phones and other filled fields.")
    ] = None
    ids: Annotated[Ids, Query(alias="id")] = None
    responsible_user_id: Ids = None
    updated_from: Since = None
    updated_to: Since = None
    created_from: Since = None
    created_to: Since = None
    order: Annotated[Order, Query(description="`id`, or `updated_at`.")] = Order.ID
    newest_first: bool = False

    def ask(self, pipelines: Ids = None) -> EntityQuery:
        return EntityQuery(
            page=self.page,
            limit=self.limit,
            text=self.query or None,
            ids=tuple(self.ids or ()),
            responsible_ids=tuple(self.responsible_user_id or ()),
            pipeline_ids=tuple(pipelines or ()),
            updated_from=self.updated_from,
            updated_to=self.updated_to,
            created_from=self.created_from,
            created_to=self.created_to,
            order=self.order,
            newest_first=self.newest_first,
        )

    def around(self, found: EntityPage) -> dict[str, int | bool]:
        """What a page says of itself."""
        return {"page": self.page, "limit": self.limit, "has_more": found.more}
