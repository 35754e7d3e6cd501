"""Visits of salons by HTTP: listed, booked, moved, cancelled. Paths of requirement 000."""

from kommutator.doors.http.app import Door
from kommutator.doors.http.salons import acting, booking, records, slots, vendor_shape


def add(app: Door) -> None:
    """Put the paths into an application."""
    app.state.salon_throttle = acting.throttle(app.state.house)
    for router in (records.router, slots.router, booking.router, vendor_shape.router):
        app.include_router(router)
