"""Whose phone a marketplace page links: by the token that the page was given."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from starlette.requests import HTTPConnection

from kommutator.domain.tenancy import Actor, EnterpriseNumber, Role
from kommutator.domain.whatsapp.states import SessionState
from kommutator.doors.http.linking.sockets import house_of, neighbourhood_of
from kommutator.doors.http.yclients.limits import Limits
from kommutator.flows.house import House
from kommutator.flows.whatsapp.shown import SessionShown
from kommutator.flows.yclients.tickets import PAGE, Ticket
from kommutator.kit.errors import Forbidden, TooMany

_WHO = "marketplace"


@dataclass(frozen=True, slots=True)
class Linking:
    """The salon that a token is for, and the phone that speaks for it."""

    enterprise: EnterpriseNumber
    salon: UUID
    phone: UUID


async def linking_of(house: House, ticket: Ticket) -> Linking:
    """Raises NotFound: `marketplace_company_unknown`; Forbidden: `marketplace_token_invalid`."""
    record, held = await house.yclients.standing.of_company(ticket.company_id)
    if held.salon_id != ticket.salon_id:
        raise Forbidden("marketplace_token_invalid")
    actor = Actor(_WHO, Role.ENTERPRISE_ADMIN, record.enterprise)
    phone = await house.whatsapp.for_salon(actor, record.enterprise, record.id)
    return Linking(record.enterprise, record.id, phone)


async def proven(asking: HTTPConnection, token: str) -> Linking:
    """By a page's token. Whoever guesses waits.

    Raises:
        TooMany: `too_many_requests`. Forbidden: as `Tickets.read`. NotFound: as `linking_of`.
    """
    house, address = house_of(asking), neighbourhood_of(asking)
    limits: Limits = asking.app.state.yclients_limits
    if wait := limits.wrong.wait(address):
        raise TooMany("too_many_requests", retry_after=wait)
    try:
        ticket = house.yclients.tickets.read(token, PAGE)
    except Forbidden:
        limits.wrong.take(address)
        raise
    return await linking_of(house, ticket)


async def begun(house: House, linking: Linking) -> SessionShown:
    """How the session stands; one that nobody ever asked for begins. It never begins anew here."""
    shown = await house.whatsapp.state(linking.enterprise, linking.phone)
    if shown.state is SessionState.NEW:
        shown = await house.whatsapp.link(linking.enterprise, linking.phone)
    return shown


def connect_address(ticket: Ticket, token: str) -> str:
    """Of the page that links the salon's phone."""
    named = {"token": token, "company": ticket.company_id, "salon": ticket.salon_id}
    return f"/marketplace/connect?{urlencode(named)}"
