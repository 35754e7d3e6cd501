"""Requirement 001's registration of a salon by its API: only for who proves that it is theirs."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kommutator.domain.salon.marketplace import Installer
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Permission
from kommutator.flows.secrets import digest, open_account
from kommutator.flows.yclients.activate import Activate, Result
from kommutator.flows.yclients.arrive import Arrive, Arrived, Said
from kommutator.flows.yclients.bind import API_KEY
from kommutator.flows.yclients.join import Join, Joined
from kommutator.flows.yclients.tickets import CONNECT, Ticket, Tickets
from kommutator.flows.yclients.vendor import KIND, Vendors
from kommutator.kit.crypto import Vault
from kommutator.kit.errors import Forbidden, NotFound

if TYPE_CHECKING:
    from kommutator.store.database import Database


@dataclass(frozen=True, slots=True)
class Registered:
    """A salon that was proved.

    Attributes:
        key: what the vendor shows us when it hands over messages of this salon.
        token: opens the page that connects a messenger, once.
        result: None: it was connected before.
        link: of a new enterprise: by which its first person chooses a password, once.
    """

    company_id: int
    salon_id: int
    enterprise: EnterpriseNumber
    key: str = field(repr=False)
    token: str = field(repr=False)
    result: Result | None
    link: str | None = field(default=None, repr=False)


class Register:
    def __init__(
        self,
        db: Database,
        vault: Vault,
        vendors: Vendors,
        arrive: Arrive,
        join: Join,
        activate: Activate,
        tickets: Tickets,
    ) -> None:
        self._db = db
        self._vault = vault
        self._vendors = vendors
        self._arrive = arrive
        self._join = join
        self._activate = activate
        self._tickets = tickets

    async def signed(self, said: Said, actor: Actor | None, *, locale: str) -> Registered:
        """By what the vendor signed. Somebody we know signs in as well.

        Raises:
            Forbidden, InvalidInput, Conflict, Unavailable, VendorError: as `Arrive` and `Join`.
        """
        arrived = await self._arrive(said)
        if actor is not None:
            joined = await self._join.into(actor, _own(actor), arrived.token)
        else:
            joined = await self._join.register(arrived.token, locale=locale)
        return await self._connected(joined)

    async def by_administrator(
        self, actor: Actor, enterprise: EnterpriseNumber, salon_id: int
    ) -> Registered:
        """By who is signed in; a salon they have already is theirs, any other must be pending.

        Raises:
            Forbidden: as `Arrive`, and `Actor.demand`.
            Conflict: `yclients_salon_elsewhere`.
            TooMany, Unavailable, VendorError: as `Arrive`.
        """
        actor.demand(Permission.CONFIGURE, enterprise)
        vendor = self._vendors.application()
        held = await self._held(enterprise, salon_id)
        if held is not None:
            return held
        whose = f"enterprise:{enterprise}"
        seen = await self._arrive.look(vendor, [salon_id], whose)
        branches = await self._arrive.claim(seen, whose)
        if branches[0].problem is not None:
            raise Forbidden(branches[0].problem)
        arrived: Arrived = await self._arrive.open(Installer(id=whose), branches, None)
        return await self._connected(await self._join.into(actor, enterprise, arrived.token))

    async def bearer(self, company_id: int, key: str) -> Registered:
        """Whoever holds the salon's own key.

        Raises Forbidden: `marketplace_key_wrong`; the same for a company that is not there.
        """
        async with self._db.single() as unit:
            held = await unit.yclients_salons.by_company_everywhere(company_id)
        found = None if held is None else await self._held(held.enterprise, held.salon_id)
        known = "" if found is None else found.key
        same = hmac.compare_digest(digest(known), digest(key))
        if found is None or not known or not same:
            raise Forbidden("marketplace_key_wrong")
        return found

    async def _held(self, enterprise: EnterpriseNumber, salon_id: int) -> Registered | None:
        """None also where another enterprise has it: nothing proves yet that it is the caller's."""
        async with self._db.single() as unit:
            found = await unit.connections.by_account_everywhere(KIND, str(salon_id))
            if found is None:
                return None
            if await unit.connections.enterprise_of(found) != enterprise:
                return None
            record = await unit.connections.get(enterprise, found)
            held = await unit.yclients_salons.of(enterprise, found)
        if held is None:
            return None
        key = open_account(self._vault, record).secrets.get(API_KEY, "")
        ticket = Ticket(held.company_id, held.salon_id)
        token = self._tickets.issue(ticket, CONNECT)
        return Registered(held.company_id, held.salon_id, enterprise, key, token, None)

    async def _connected(self, joined: Joined) -> Registered:
        (result,) = await self._activate.all(joined.enterprise, joined.connections[:1])
        found = await self._held(joined.enterprise, result.salon_id)
        if found is None:
            raise NotFound("connection_not_found")
        return Registered(
            found.company_id,
            found.salon_id,
            found.enterprise,
            found.key,
            found.token,
            result,
            joined.link,
        )


def _own(actor: Actor) -> EnterpriseNumber:
    return actor.demand(Permission.CONFIGURE)
