"""The live board: who rings, who talks, since when and why; and what one can do about it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Response

from kommutator.domain.reach import may_cancel
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Permission
from kommutator.doors.console.render import go, notice, page
from kommutator.doors.console.route_words import ShownRoute, explain_route
from kommutator.doors.console.visit import PageRoute, Visit, visit
from kommutator.kit.errors import InvalidInput
from kommutator.store.views import AccessViews, CallLine, CallViews, RouteLine, RouteViews

router = APIRouter(route_class=PageRoute, prefix="/calls")
Seen = Annotated[Visit, Depends(visit)]
CALM_S = 20.0
"""How long a page waits for news before it asks anew; seconds run in the browser."""

_HERE = "/console/calls"


@dataclass(frozen=True, slots=True)
class Acts:
    """What the visitor may do with a call right now.

    Attributes:
        take: to the own phone; `give`: to any phone.
        cancel: hang up what was ordered by a click.
    """

    take: bool = False
    give: bool = False
    cancel: bool = False

    def any(self) -> bool:
        return self.take or self.give or self.cancel


@dataclass(frozen=True, slots=True)
class LiveCall:
    """A call of the board."""

    call: CallLine
    route: ShownRoute | None
    acts: Acts


def acts_of(call: CallLine, actor: Actor, extension: str | None) -> Acts:
    """What `domain.reach` allows, of what is possible now. `extension` is the actor's own."""
    if not actor.may(Permission.PLACE_CALLS) or call.source != "ami":
        return Acts()
    ringing = call.phase == "ringing" and call.direction == "in"
    clicked = call.phase in ("ringing", "talking") and call.requested_by is not None
    return Acts(
        take=ringing and extension is not None,
        give=ringing and actor.may(Permission.CONFIGURE),
        cancel=clicked
        and may_cancel(actor, extension, requested_by=call.requested_by, phones=call.rang),
    )


def mark(calls: Sequence[LiveCall]) -> str:
    """Changes whenever the board would."""
    seen = [
        (
            c.call.id,
            c.call.phase,
            *c.call.rang,
            "|",
            *c.call.answered_by,
            c.call.client_name,
            c.route,
        )
        for c in calls
    ]
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]


def about(enterprise: EnterpriseNumber) -> Callable[[str], bool]:
    """News of the enterprise's calls."""
    sign = f'"enterprise_number":"{enterprise}"'
    return lambda item: sign in item


async def live_calls(
    see: Visit, enterprise: EnterpriseNumber, *, limit: int = 50
) -> dict[str, Any]:
    """What `parts/live.html` needs."""
    async with see.house.db.unit() as unit:
        lines = await CallViews(unit.connection).live(enterprise, limit=limit)
        routes = await RouteViews(unit.connection).of_calls(enterprise, [call.id for call in lines])
        access = AccessViews(unit.connection)
        phones = await access.extensions(enterprise)
        own = await own_extension(access, enterprise, see)
    holders = holders_of(phones)
    live = [
        LiveCall(
            call, shown_route(routes.get(call.id), holders, see), acts_of(call, see.actor, own)
        )
        for call in lines
    ]
    return {"live": live, "live_mark": mark(live), "holders": holders, "phones": phones}


def holders_of(phones: Sequence[Mapping[str, Any]]) -> dict[str, str | None]:
    return {row["phone_number"]: row["holder"] for row in phones}


def shown_route(
    route: RouteLine | None, holders: Mapping[str, str | None], see: Visit
) -> ShownRoute | None:
    if route is None:
        return None
    return explain_route(
        extension=route.extension,
        why=route.why,
        age_s=route.age_s,
        skipped=route.skipped,
        remembered=route.remembered,
        holders=holders,
        say=partial(see.house.texts.first, see.locale),
        locale=see.locale,
    )


async def own_extension(
    access: AccessViews, enterprise: EnterpriseNumber, see: Visit
) -> str | None:
    user_id = see.actor.user_id
    return None if user_id is None else await access.extension_of(enterprise, user_id)


@router.get("/live")
async def live_part(see: Seen, seen: str = "") -> Response:
    """The live board: at once when it differs from what was seen, else when something happens.

    204 when nothing did.
    """
    enterprise = see.demand(Permission.READ_CALLS)
    shown = await live_calls(see, enterprise)
    if seen == shown["live_mark"]:
        await see.house.news.wait(about(enterprise), CALM_S)
        shown = await live_calls(see, enterprise)
    if seen == shown["live_mark"]:
        return Response(status_code=204)
    return await page(see, "parts/live.html", **shown)


@router.post("/take")
async def take_call(
    see: Seen, call_id: Annotated[str, Form()], extension: Annotated[str, Form()] = ""
) -> Response:
    """Move a ringing call to the own phone, or to another one if the visitor may."""
    enterprise = see.demand(Permission.PLACE_CALLS)
    to = await see.house.take_over.take(see.actor, enterprise, call_id, extension or None)
    return await _done(see, "call.taken", extension=to)


@router.post("/cancel")
async def cancel_call(see: Seen, call_id: Annotated[str, Form()]) -> Response:
    """Hang up a call that a click ordered."""
    enterprise = see.demand(Permission.PLACE_CALLS)
    await see.house.clicks.cancel(see.actor, enterprise, call_id)
    return await _done(see, "call.cancelled")


async def _done(see: Visit, msgid: str, **params: Any) -> Response:
    if "HX-Request" in see.request.headers:
        return await notice(see, msgid, **params)
    return go(_HERE, done=msgid.replace(".", "_"))


async def demanded_extension(see: Visit, enterprise: EnterpriseNumber) -> str:
    """The visitor's own phone. Raises InvalidInput: `caller_has_no_extension`."""
    async with see.house.db.unit() as unit:
        found = await own_extension(AccessViews(unit.connection), enterprise, see)
    if found is None:
        raise InvalidInput("caller_has_no_extension")
    return found
