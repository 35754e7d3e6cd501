"""What amoCRM calls, and the paths of requirements 003 and 004.

In the all-in-one process and in `kommutator api --only amocrm`.
"""

from fastapi import APIRouter

from kommutator.doors.http.amocrm import (
    bulk,
    callback,
    companies,
    connecting,
    contacts,
    directory,
    fields,
    leads,
    notes,
    personal,
    tasks,
    widget,
)
from kommutator.doors.http.amocrm.hooks import HotHooks
from kommutator.doors.http.app import Door

# `bulk` before the cards: "bulk" is no lead's id, and no kind of card.
_CARDS: tuple[APIRouter, ...] = (
    bulk.router,
    leads.router,
    contacts.router,
    companies.router,
    directory.router,
    tasks.router,
    notes.router,
)


def add(app: Door) -> None:
    """Put the family's paths into an application."""
    app.include_router(callback.router)
    app.include_router(connecting.router)
    app.include_router(personal.router)
    app.include_router(fields.router)
    app.include_router(widget.router)
    for router in _CARDS:
        app.include_router(router)
    app.hot.add(HotHooks(app.state.house))
