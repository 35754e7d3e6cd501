"""Requirement 002's own paths, literally: hooks, extensions, cache and administration.

In the all-in-one process the API lies under `/retailcrm/api/…`; the separate service has it under
`/api/…`, and nginx joins the two (deploy/nginx.conf).
"""

from fastapi import FastAPI

from kommutator.doors.http.retailcrm import admin, extensions, hooks


def add(app: FastAPI) -> None:
    """Put the family's paths into an application."""
    app.include_router(hooks.router)
    app.include_router(admin.router)
    for prefix in ("/api", "/retailcrm/api"):
        shown = prefix == "/api"
        app.include_router(extensions.router, prefix=prefix, include_in_schema=shown)
