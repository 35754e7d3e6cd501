"""A salon without the marketplace: its own user's token, tried before it is kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from kommutator.domain.connection import ConnectionStatus
from kommutator.domain.salon.facts import Salon
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Permission
from kommutator.flows.forms import merged
from kommutator.flows.secrets import open_account, seal_secrets
from kommutator.flows.yclients.arrive import Branch
from kommutator.flows.yclients.bind import Bind, config_of, is_installed
from kommutator.flows.yclients.look import Look
from kommutator.flows.yclients.vendor import DIRECT, KIND, Vendors
from kommutator.kit.clock import Clock
from kommutator.kit.crypto import Vault
from kommutator.kit.errors import Conflict, InvalidInput, TooMany
from kommutator.kit.ids import Ids
from kommutator.kit.throttle import Throttle
from kommutator.store.connection_rows import ConnectionRecord
from kommutator.store.unit import Unit

if TYPE_CHECKING:
    from kommutator.store.database import Database

_LONGEST = 500
_SIGN_INS = (1 / 60, 6)
"""A second, and at once, by login and password of one enterprise: nobody guesses through us."""


@dataclass(frozen=True, slots=True)
class Pass:
    """How one gets into the salon: a token, or a login and a password, which are not kept."""

    user_token: str = field(default="", repr=False)
    login: str = ""
    password: str = field(default="", repr=False)


class ConnectDirectly:
    def __init__(
        self,
        db: Database,
        vault: Vault,
        vendors: Vendors,
        bind: Bind,
        look: Look,
        *,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._db = db
        self._vault = vault
        self._vendors = vendors
        self._bind = bind
        self._look = look
        self._ids = ids
        self._sign_ins = Throttle(*_SIGN_INS, clock)

    async def __call__(
        self, actor: Actor, enterprise: EnterpriseNumber, salon_id: int, given: Pass
    ) -> ConnectionRecord:
        """Connect, or give a salon that was connected so a new token.

        Raises:
            InvalidInput: `yclients_pass_missing`, `yclients_pass_invalid`.
            Conflict: `yclients_salon_elsewhere`, `yclients_salon_installed`.
            TooMany: `too_many_requests`: too many passwords were tried.
            Forbidden, NotFound: as `Actor.demand`.
            VendorError: the token does not open this salon, or the vendor is away.
        """
        actor.demand(Permission.CONFIGURE, enterprise)
        token = await self._token(enterprise, given)
        vendor = self._vendors.get()
        there = vendor.provisional(salon_id, self._ids, token)
        # Its rights first: anybody's token reads a salon's name.
        await vendor.reader.rights(there)
        salon = await vendor.reader.salon(there)
        async with self._db.unit() as unit:
            connection_id = await self._save(unit, enterprise, salon, token)
            await unit.connections.set_status(enterprise, connection_id, ConnectionStatus.ACTIVE)
            await unit.yclients_salons.open(enterprise, connection_id, salon_id, None)
            await unit.yclients_salons.connected(enterprise, connection_id, None)
            await unit.lanes.unpark(enterprise, connection_id=connection_id)
            await unit.audit.add(
                enterprise,
                actor=actor.name,
                action="yclients.connected",
                target=str(connection_id),
                detail={"salon": salon_id, "way": DIRECT},
            )
            unit.config_changed(enterprise, KIND.value)
            record = await unit.connections.get(enterprise, connection_id)
        await self._look(open_account(self._vault, record))
        return record

    async def _token(self, enterprise: EnterpriseNumber, given: Pass) -> str:
        token, login = given.user_token.strip(), given.login.strip()
        if any(len(text) > _LONGEST for text in (token, login, given.password)):
            raise InvalidInput("yclients_pass_invalid")
        if token:
            if not token.isascii() or not token.isprintable() or " " in token:
                raise InvalidInput("yclients_pass_invalid")
            return token
        if not login or not given.password:
            raise InvalidInput("yclients_pass_missing")
        if wait := self._sign_ins.take(enterprise):
            raise TooMany("too_many_requests", retry_after=wait)
        return await self._vendors.get().user_token_of(login, given.password)

    async def _save(
        self, unit: Unit, enterprise: EnterpriseNumber, salon: Salon, token: str
    ) -> UUID:
        branch = Branch(salon.id, salon.title or str(salon.id), salon.time_zone)
        config = config_of(branch, DIRECT)
        address = self._vendors.get().api_url
        found = await unit.connections.by_account_everywhere(KIND, str(salon.id))
        if found is None:
            connection_id = self._ids.uuid()
            await unit.connections.create(
                enterprise,
                connection_id,
                kind=KIND,
                name=branch.title,
                base_url=address,
                account_key=str(salon.id),
                config=config,
                sealed=self._bind.sealed(enterprise, connection_id, user_token=token),
            )
            return connection_id
        if await unit.connections.enterprise_of(found) != enterprise:
            raise Conflict("yclients_salon_elsewhere", salon=branch.title)
        stored = await unit.connections.lock(enterprise, found)
        if is_installed(stored) and stored.status is not ConnectionStatus.DRAFT:
            raise Conflict("yclients_salon_installed", salon=branch.title)
        anew = seal_secrets(self._vault, enterprise, found, {"user_token": token})
        await unit.connections.save(
            enterprise,
            found,
            name=branch.title,
            config=merged(stored.config, config),
            sealed={**self._bind.sealed(enterprise, found), **stored.sealed, **anew},
        )
        return found
