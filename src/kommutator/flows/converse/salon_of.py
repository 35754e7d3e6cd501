"""Which salon a messenger's account speaks for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from kommutator.domain.connection import Account, ConnectionStatus
from kommutator.domain.salon.copy import SALONS
from kommutator.domain.tenancy import EnterpriseNumber


class Accounts(Protocol):
    """What is needed of `Directory`."""

    async def accounts(self, enterprise: EnterpriseNumber) -> Sequence[Account]: ...


class SalonOf:
    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    async def __call__(self, channel: Account) -> Account | None:
        """The one that its config names, else the only one that works; None: nobody can say."""
        salons = [
            account
            for account in await self._accounts.accounts(channel.enterprise)
            if account.kind in SALONS and account.status is ConnectionStatus.ACTIVE
        ]
        named = channel.config.get("salon")
        if named is not None:
            return next((one for one in salons if str(one.connection_id) == str(named)), None)
        return salons[0] if len(salons) == 1 else None
