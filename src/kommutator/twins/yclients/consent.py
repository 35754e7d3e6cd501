"""A person connects an application: consent, and the redirect that follows (§1.11)."""

from __future__ import annotations

from typing import Any

from kommutator.twins.orders import OrderRefused
from kommutator.twins.yclients.applications import Application
from kommutator.twins.yclients.connect import Redirect, person_view
from kommutator.twins.yclients.people import User
from kommutator.twins.yclients.world import World

Json = dict[str, Any]


class Consent:
    """What the button Connect does."""

    def __init__(self, world: World) -> None:
        self._world = world

    def person(self, number: Any = None) -> User:
        """Who clicks; the first one who is no system user for None.

        Raises:
            ValueError: there is none.
        """
        if number:
            return self._world.user(str(number))
        return next(user for user in self._world.users.values() if not user.is_system)

    def give(
        self, application: Application, salons: list[int], user: User, more: Json | None = None
    ) -> str:
        """The person says yes for these salons; returns where the browser goes.

        Raises:
            OrderRefused: the person does not manage a salon, or it cannot be connected.
        """
        if foreign := [one for one in salons if one not in user.access]:
            raise OrderRefused(f"{user.name} does not manage {foreign}")
        self._world.outside.market.ask(application, salons)
        location = self.location(application, salons, user, more)
        self._world.outside.redirects.append(location)
        self._world.core.bell.ring()
        return location

    def location(
        self,
        application: Application,
        salons: list[int],
        user: User,
        more: Json | None = None,
        *,
        spoil: str = "",
    ) -> str:
        """The redirect itself, whether or not anybody consented.

        `more` overwrites what it says of the person; `spoil` as in `Redirect`.
        """
        world = self._world
        shape = world.switches.user_data_shape
        person = person_view(user, world.company(salons[0]).title, shape) | (more or {})
        redirect = Redirect(salons, person, spoil)
        return redirect.url(application, world.standing.partner_token, world.switches)
