"""Every path of the API. A room lists its own in `ROUTES`; here they are put together."""

from __future__ import annotations

from kommutator.twins.route_table import RouteTable
from kommutator.twins.yclients import (
    about,
    activities,
    book_record,
    booked,
    booking,
    catalog,
    clients,
    clients_search,
    forms,
    hooks_settings,
    mailings,
    marketplace,
    marketplace_lists,
    records,
    reviews,
    timetable,
    visits,
    voip,
)
from kommutator.twins.yclients.call import Route

# Rooms of the API, each with its ROUTES.
ROOMS: tuple[tuple[Route, ...], ...] = (
    about.ROUTES,
    forms.ROUTES,
    catalog.ROUTES,
    timetable.ROUTES,
    booking.ROUTES,
    book_record.ROUTES,
    booked.ROUTES,
    activities.ROUTES,
    records.ROUTES,
    visits.ROUTES,
    clients.ROUTES,
    clients_search.ROUTES,
    reviews.ROUTES,
    mailings.ROUTES,
    marketplace.ROUTES,
    marketplace_lists.ROUTES,
    hooks_settings.ROUTES,
    voip.ROUTES,
)

TABLE: RouteTable[Route] = RouteTable(ROOMS)
