"""What YClients calls and where it sends browsers, and the paths of requirements 000 and 001.

In the all-in-one process and in `kommutator api --only yclients`.
"""

from kommutator.doors.http.app import Door
from kommutator.doors.http.salons import add as add_visits
from kommutator.doors.http.yclients import (
    connect,
    first_password,
    lifecycle,
    marketplace,
    marketplace_pages,
    marketplace_qr,
    marketplace_socket,
    marketplace_state,
    operator,
    salons,
)
from kommutator.doors.http.yclients.hooks import HotSalonHooks
from kommutator.doors.http.yclients.limits import Limits


def add(app: Door) -> None:
    """Put the family's paths into an application."""
    app.state.yclients_limits = Limits(app.state.house.clock)
    app.hot.add(HotSalonHooks(app.state.house))
    app.include_router(connect.router)
    app.include_router(first_password.router)
    app.include_router(lifecycle.router)
    app.include_router(marketplace_pages.router)
    app.include_router(marketplace.router)
    app.include_router(marketplace_state.router)
    app.include_router(marketplace_qr.router)
    app.include_router(marketplace_socket.router)
    app.include_router(operator.router)
    app.include_router(salons.router)
    add_visits(app)
