"""`GET /yclients/connect`: where YClients sends the browser of a salon that pressed "Connect".

The page shows who came with which salons, and binds nothing: a button does. What the vendor put
into the address stays there; ours, and the way through our sign-in, carry a cookie instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request, Response

from kommutator.domain.tenancy import EnterpriseNumber, Permission
from kommutator.doors.console.render import go, plain_page
from kommutator.doors.console.visit import Visit, stranger, visit
from kommutator.doors.http import cookies
from kommutator.doors.http.yclients.asked import read_said
from kommutator.doors.http.yclients.limits import limits_of, take
from kommutator.doors.http.yclients.linking import connect_address
from kommutator.doors.http.yclients.pages import CabinetRoute
from kommutator.flows.yclients.activate import Result
from kommutator.flows.yclients.arrive import LIFE, Arrived
from kommutator.flows.yclients.join import Joined
from kommutator.flows.yclients.tickets import CONNECT, Ticket
from kommutator.kit.errors import Forbidden, NotFound

PATH = "/yclients/connect"
_COOKIE = "arrival"
router = APIRouter(route_class=CabinetRoute, prefix=PATH, include_in_schema=False)
Open = Annotated[Visit, Depends(stranger)]
Token = Annotated[str, Form()]


@router.get("")
async def arrive(request: Request, see: Open) -> Response:
    """Registration Redirect Url of our application."""
    take(request, limits_of(request).arrivals)
    said = read_said(request.query_params.multi_items())
    flows = see.house.yclients
    if said.salon_ids or said.user_data:
        arrived = await flows.arrive(said)
    else:
        arrived = await flows.arrive.resume(_remembered(request))
    response = await _asking(see, arrived)
    cookies.keep(see.house, response, _COOKIE, arrived.token, int(LIFE.total_seconds()))
    return response


@router.post("/register")
async def register(request: Request, see: Open, token: Token) -> Response:
    """A new enterprise, and its first person is let in at once."""
    take(request, limits_of(request).arrivals)
    flows = see.house.yclients
    joined = await flows.join.register(token, locale=see.locale)
    results = await flows.activate.all(joined.enterprise, joined.connections)
    assert joined.user is not None
    response = _connected(see, joined, results, token)
    opened = await see.house.sign_in.open_session(
        joined.user, replaces=cookies.read(request), origin="yclients"
    )
    cookies.put(see.house, response, opened)
    return response


@router.post("/join")
async def join(see: Annotated[Visit, Depends(visit)], token: Token) -> Response:
    """Into the enterprise of whoever is signed in."""
    take(see.request, limits_of(see.request).arrivals)
    flows = see.house.yclients
    enterprise = see.demand(Permission.CONFIGURE)
    joined = await flows.join.into(see.actor, enterprise, token)
    results = await flows.activate.all(enterprise, joined.connections)
    return _connected(see, joined, results, token)


@router.post("/again")
async def again(request: Request, see: Open, token: Token) -> Response:
    """Try once more what the vendor did not hear the first time."""
    take(request, limits_of(request).arrivals)
    flows = see.house.yclients
    stored = await flows.arrive.stored(token)
    if stored.enterprise is None:
        raise Forbidden("yclients_arrival_unknown")
    shown = [one for one in await flows.standing.all(stored.enterprise) if one.state != "removed"]
    mine = [one.record.id for one in shown if one.salon_id in stored.salon_ids]
    results = await flows.activate.all(stored.enterprise, mine)
    return _connected(see, Joined(stored.enterprise, mine), results, token)


@router.post("/phone")
async def phone(
    request: Request, see: Open, token: Token, connection: Annotated[UUID, Form()]
) -> Response:
    """On to the page that links the salon's phone; a fresh address each time it is pressed."""
    take(request, limits_of(request).pages)
    flows = see.house.yclients
    stored = await flows.arrive.stored(token)
    if stored.enterprise is None:
        raise Forbidden("yclients_arrival_unknown")
    async with see.house.db.single() as unit:
        held = await unit.yclients_salons.of(stored.enterprise, connection)
    if held is None or held.salon_id not in stored.salon_ids:
        raise NotFound("connection_not_found")
    ticket = Ticket(held.company_id, held.salon_id)
    return go(connect_address(ticket, flows.tickets.issue(ticket, CONNECT)))


async def _asking(see: Visit, arrived: Arrived) -> Response:
    """Who comes, with what, into which enterprise."""
    actor = see.maybe_actor
    may = actor is not None and actor.may(Permission.CONFIGURE)
    name = None
    if may and see.enterprise is not None:
        name = await _name(see, see.enterprise)
    return plain_page(
        see,
        "yclients_connect.html",
        arrived=arrived,
        elsewhere=[b for b in arrived.branches if b.holder not in (None, see.enterprise)],
        signed_in=actor is not None,
        may=may,
        into=see.enterprise if may else None,
        into_name=name,
    )


async def _name(see: Visit, enterprise: EnterpriseNumber) -> str:
    async with see.house.db.single() as unit:
        return (await unit.enterprises.get(enterprise)).name


def _connected(see: Visit, joined: Joined, results: Sequence[Result], token: str) -> Response:
    return plain_page(
        see,
        "yclients_joined.html",
        joined=joined,
        results=results,
        token=token,
        waiting=[result for result in results if not result.done],
    )


def _remembered(request: Request) -> str:
    token = cookies.kept(request, _COOKIE)
    if not token:
        raise Forbidden("yclients_arrival_unknown")
    return token
