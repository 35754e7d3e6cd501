"""Visits of salons by HTTP: listed, booked, moved, cancelled. Paths of requirement 000."""

from fastapi import FastAPI

from kommutator.doors.http.salons import booking, records, slots, vendor_shape


def add(app: FastAPI) -> None:
    """Put the paths into an application."""
    for router in (records.router, slots.router, booking.router, vendor_shape.router):
        app.include_router(router)
