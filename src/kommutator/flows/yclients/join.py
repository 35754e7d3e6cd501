"""Into which enterprise the salons of an arrival go: a new one, or that of who is signed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from kommutator.domain.salon.marketplace import Installer
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Permission, Role
from kommutator.flows.yclients.arrive import Arrive, Arrived, Branch, digest
from kommutator.flows.yclients.bind import Bind
from kommutator.flows.yclients.vendor import Vendors
from kommutator.kit.errors import Conflict, Forbidden, InvalidInput
from kommutator.kit.ids import Ids
from kommutator.kit.zones import is_zone
from kommutator.store.people import User
from kommutator.store.unit import Unit

if TYPE_CHECKING:
    from kommutator.store.database import Database

LINK_LIFE = timedelta(days=3)
_LINK_BYTES = 32
_LONGEST_NAME = 200
_ZONE = "Europe/Moscow"


@dataclass(frozen=True, slots=True)
class Joined:
    """What became of it.

    Attributes:
        connections: of the salons, to be connected at the vendor now.
        user, link: of a new enterprise: its first person, and the one-time token by which they
            choose a password.
    """

    enterprise: EnterpriseNumber
    connections: Sequence[UUID]
    user: User | None = None
    link: str | None = field(default=None, repr=False)


class Join:
    def __init__(
        self, db: Database, vendors: Vendors, arrive: Arrive, bind: Bind, *, ids: Ids
    ) -> None:
        self._db = db
        self._vendors = vendors
        self._arrive = arrive
        self._bind = bind
        self._ids = ids

    async def register(self, token: str, *, locale: str) -> Joined:
        """A new enterprise, named and timed as its first salon, and its first administrator.

        Raises:
            Conflict: `yclients_email_known`: sign in first; `yclients_salon_elsewhere`.
            InvalidInput: `yclients_email_missing`.
            Forbidden: `yclients_arrival_unknown`, `yclients_arrival_used`, and as `Arrive`.
            VendorError: the vendor could not be asked.
        """
        arrived = await self._arrive.resume(token)
        if not arrived.installer.email:
            raise InvalidInput("yclients_email_missing")
        if arrived.known:
            raise Conflict("yclients_email_known", email=arrived.installer.email)
        branches = await self._still_pending(arrived, None)
        async with self._db.unit() as unit:
            enterprise, user, link = await self._found(unit, arrived.installer, branches[0], locale)
            made = await self._take(unit, enterprise, token, branches, actor=user.email)
        return Joined(enterprise, made, user, link)

    async def into(self, actor: Actor, enterprise: EnterpriseNumber, token: str) -> Joined:
        """The enterprise of whoever is signed in.

        Raises:
            Forbidden, NotFound: as `Actor.demand`, and as `register`.
            Conflict: `yclients_salon_elsewhere`.
        """
        actor.demand(Permission.CONFIGURE, enterprise)
        arrived = await self._arrive.resume(token)
        branches = await self._still_pending(arrived, enterprise)
        async with self._db.unit() as unit:
            await unit.enterprises.get(enterprise)
            made = await self._take(unit, enterprise, token, branches, actor=actor.name)
        return Joined(enterprise, made)

    async def _still_pending(
        self, arrived: Arrived, enterprise: EnterpriseNumber | None
    ) -> Sequence[Branch]:
        """Asked again: between the page and the button there may be an hour.

        Raises:
            Forbidden: why none of them can be connected.
            Conflict: `yclients_salon_elsewhere`: all of them are another enterprise's.
        """
        stored = await self._arrive.stored(arrived.token)
        whose = arrived.installer.id if stored.proof is None else f"yclients:{arrived.installer.id}"
        seen = await self._arrive.again(self._vendors.application(), arrived.branches, whose)
        seen = await self._arrive.claim(seen, whose)
        pending = [branch for branch in seen if branch.problem is None]
        fine = [branch for branch in pending if branch.holder in (None, enterprise)]
        if fine:
            return fine
        if pending:
            raise Conflict("yclients_salon_elsewhere", salon=pending[0].title)
        if stored.used_at is not None:
            raise Forbidden("yclients_arrival_used")
        raise Forbidden(seen[0].problem or "yclients_not_pending")

    async def _found(
        self, unit: Unit, installer: Installer, branch: Branch, locale: str
    ) -> tuple[EnterpriseNumber, User, str]:
        name = (installer.salon_name or branch.title)[:_LONGEST_NAME]
        zone = branch.time_zone if is_zone(branch.time_zone) else _ZONE
        made = await unit.enterprises.create_next_everywhere(
            name=name, time_zone=zone, locale=locale
        )
        user = await unit.people.create(
            made.number,
            user_id=self._ids.uuid(),
            email=installer.email,
            name=(installer.name or installer.email)[:_LONGEST_NAME],
            role=Role.ENTERPRISE_ADMIN,
            password_hash=None,
            locale=locale,
        )
        link = self._ids.token(_LINK_BYTES)
        await unit.password_links.create(made.number, user.id, digest(link), LINK_LIFE)
        await unit.audit.add(
            made.number,
            actor=f"yclients:{installer.id}",
            action="enterprise.registered",
            target=made.number,
            detail={"email": user.email, "name": name},
        )
        return made.number, user, link

    async def _take(
        self,
        unit: Unit,
        enterprise: EnterpriseNumber,
        token: str,
        branches: Sequence[Branch],
        *,
        actor: str,
    ) -> Sequence[UUID]:
        if not await unit.yclients_arrivals.use_everywhere(digest(token), enterprise):
            raise Forbidden("yclients_arrival_used")
        made = []
        for branch in branches:
            connection_id = await self._bind(unit, enterprise, branch)
            made.append(connection_id)
            await unit.audit.add(
                enterprise,
                actor=actor,
                action="yclients.joined",
                target=str(connection_id),
                detail={"salon": branch.id, "title": branch.title},
            )
        return made
