"""Which salon a request means."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from kommutator.domain.connection import Account, ConnectionStatus
from kommutator.domain.salon.copy import SALONS
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.directory import Directory
from kommutator.kit.errors import Conflict, NotFound


class SalonAccounts:
    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def all(self, enterprise: EnterpriseNumber) -> Sequence[Account]:
        """Salons of the enterprise that work or wait."""
        accounts = await self._directory.accounts(enterprise)
        return [account for account in accounts if account.kind in SALONS]

    async def of(self, enterprise: EnterpriseNumber, salon_id: int | None = None) -> Account:
        """The named salon, by the vendor's number; without a name the only one.

        Raises:
            NotFound: `salon_unknown`; `salon_not_connected` when there is none at all.
            Conflict: `salons_several`, when one has to be named.
        """
        salons = await self.all(enterprise)
        if not salons:
            raise NotFound("salon_not_connected")
        if salon_id is None:
            if len(salons) > 1:
                raise Conflict("salons_several")
            return salons[0]
        for account in salons:
            if account.account_key == str(salon_id):
                return account
        raise NotFound("salon_unknown")

    async def connected(self, enterprise: EnterpriseNumber, connection_id: UUID) -> Account:
        """The salon of this connection. Raises NotFound `salon_unknown`."""
        for account in await self.all(enterprise):
            if account.connection_id == connection_id:
                return account
        raise NotFound("salon_unknown")

    async def working(self, enterprise: EnterpriseNumber, salon_id: int | None = None) -> Account:
        """As `of`, for acts at the vendor. Raises Conflict `salon_not_working`, too."""
        return at_work(await self.of(enterprise, salon_id))


def at_work(account: Account) -> Account:
    """The same. Raises Conflict `salon_not_working`: frozen, broken or not connected yet."""
    if account.status is not ConnectionStatus.ACTIVE:
        raise Conflict("salon_not_working", status=account.status.value)
    return account
