"""Every path of the API. A room lists its own in `ROUTES`; here they are put together."""

from __future__ import annotations

from kommutator.twins.amocrm import (
    about,
    calls,
    cards,
    cards_write,
    complex_leads,
    custom_fields,
    entity_links,
    events,
    legacy,
    notes,
    pipelines,
    tasks,
    unsorted,
    users,
    webhooks,
)
from kommutator.twins.amocrm.call import Route
from kommutator.twins.route_table import RouteTable

# Rooms of the API, each with its ROUTES.
ROOMS: tuple[tuple[Route, ...], ...] = (
    about.ROUTES,
    cards.ROUTES,
    cards_write.ROUTES,
    complex_leads.ROUTES,
    custom_fields.ROUTES,
    pipelines.ROUTES,
    users.ROUTES,
    tasks.ROUTES,
    notes.ROUTES,
    entity_links.ROUTES,
    events.ROUTES,
    calls.ROUTES,
    unsorted.ROUTES,
    webhooks.ROUTES,
    legacy.ROUTES,
)

TABLE = RouteTable(ROOMS)
