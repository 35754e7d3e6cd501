"""`data` of a hook: the thing as the API shows it, with a little more about a client (§1.10)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from kommutator.twins.yclients.show_record import ALL_SEEING, SEXES, client_body, record_body
from kommutator.twins.yclients.show_salon import category_row, company_body, service_row, staff_row

if TYPE_CHECKING:
    from kommutator.twins.yclients.changes import Change
    from kommutator.twins.yclients.company import Company
    from kommutator.twins.yclients.world import World

Json = dict[str, Any]


def hook_data(world: World, change: Change) -> Json | list[Any]:
    """What the hook says of the thing; an empty list for what is gone or never told."""
    company, number = change.company, change.id
    if change.resource == "company":
        return company_body(world, company, {})
    shows: dict[str, tuple[Mapping[int, Any], Callable[[], Json]]] = {
        "record": (company.records, lambda: _record(world, company, number)),
        "client": (company.clients, lambda: _client(world, company, number)),
        "staff": (company.staff, lambda: staff_row(company.staff[number])),
        "service": (
            company.services,
            lambda: service_row(company, company.services[number], words=False),
        ),
        "service_category": (
            company.categories,
            lambda: category_row(company, company.categories[number]),
        ),
    }
    rows, show = shows.get(change.resource, ({}, dict))
    return show() if number in rows else []


def _client(world: World, company: Company, number: int) -> Json:
    return client_body(world, company, company.clients[number], ALL_SEEING)


def _record(world: World, company: Company, number: int) -> Json:
    record = company.records[number]
    row = record_body(world, company, record)
    client = company.clients.get(record.client_id or 0)
    if row["client"] is not None and client is not None:
        row["client"] |= {
            "comment": client.comment,
            "sex": SEXES[client.sex_id],
            "birthday": client.birth_date,
            "client_tags": client.categories,
        }
    return row
