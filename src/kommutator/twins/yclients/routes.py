"""Every path of the API. A room lists its own in `ROUTES`; here they are put together."""

from __future__ import annotations

from kommutator.twins.route_table import RouteTable
from kommutator.twins.yclients import (
    about,
    hooks_settings,
    marketplace,
    marketplace_lists,
    voip,
)
from kommutator.twins.yclients.call import Route

# Rooms of the API, each with its ROUTES.
ROOMS: tuple[tuple[Route, ...], ...] = (
    about.ROUTES,
    marketplace.ROUTES,
    marketplace_lists.ROUTES,
    hooks_settings.ROUTES,
    voip.ROUTES,
)

TABLE: RouteTable[Route] = RouteTable(ROOMS)
