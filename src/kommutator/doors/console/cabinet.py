"""Pages of salons also stand inside YClients' cabinet."""

from fastapi import Depends, Request

from kommutator.doors.http.frame import allow_framing_by_cabinet
from kommutator.flows.house import House


def _in_cabinet(request: Request) -> None:
    house: House = request.app.state.house
    allow_framing_by_cabinet(request, house.settings)


IN_CABINET = Depends(_in_cabinet)
"""A dependency of routers: their pages, and what these say when something is amiss."""
