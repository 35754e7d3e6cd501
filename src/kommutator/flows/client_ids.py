"""Whose request is it, by the clientId it brought: the only proof there is on these paths.

Guessing is slowed down per address. A long random clientId that is right passes all the same:
one vendor's address speaks for many tenants, and one stale module must not lock the others out.
"""

from __future__ import annotations

import math
from typing import Protocol

from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.tenancy import EnterpriseNumber, enterprise_number
from kommutator.flows.refusals import CLICK, Refusals
from kommutator.kit.clock import Clock
from kommutator.kit.errors import InvalidInput, TooMany, Unauthorized
from kommutator.kit.throttle import Throttle

_UNKNOWN = {  # each kind's clientId is got in another way
    ConnectionKind.ASTERISK: "call_client_id_unknown",
    ConnectionKind.RETAILCRM: "client_id_unknown",
}
_GUESSES = 10  # at once, and per minute afterwards


class Accounts(Protocol):
    """What is needed of `Directory`."""

    async def by_client_id(self, client_id: str) -> Account | None: ...

    async def account_of(
        self, enterprise: EnterpriseNumber, kind: ConnectionKind
    ) -> Account | None: ...


class ClientIds:
    def __init__(self, accounts: Accounts, refusals: Refusals, *, clock: Clock) -> None:
        self._accounts = accounts
        self._refusals = refusals
        self._guesses = Throttle(_GUESSES / 60, _GUESSES, clock)

    async def sender(
        self, client_id: str, kind: ConnectionKind, *, address: str, action: str = CLICK
    ) -> Account:
        """The connection of this kind that holds the clientId, whatever its status.

        Args:
            address: what guesses are counted by, see `doors.http.client.Client.neighbourhood`.
            action: what is refused to strangers: a `CLICK` or a `HOOK`.

        Raises:
            Unauthorized: `client_id_unknown`, of an Asterisk `call_client_id_unknown`; the same
                for another kind's clientId.
            TooMany: `client_ids_too_many`.
        """
        account = await self._accounts.by_client_id(client_id)
        if account is not None and account.kind is kind:
            return account
        if wait := self._guesses.wait(address):
            await self._refusals.note(None, "client_ids_too_many", actor=address, action=action)
            raise TooMany("client_ids_too_many", retry_after=wait, seconds=math.ceil(wait))
        account = await self._by_number(client_id, kind)
        if account is not None:
            return account
        self._guesses.take(address)
        unknown = _UNKNOWN[kind]
        await self._refusals.note(None, unknown, actor=address, action=action)
        raise Unauthorized(unknown)

    async def _by_number(self, client_id: str, kind: ConnectionKind) -> Account | None:
        """A CRM that brings the enterprise's number instead, as requirement 002 did.

        Anybody can guess it, so it counts only where the tenant has switched that on.
        """
        try:
            number = enterprise_number(client_id)
        except InvalidInput:
            return None
        if kind is not ConnectionKind.RETAILCRM:
            return None
        account = await self._accounts.account_of(number, kind)
        weak = account is not None and account.config.get("accept_number_client_id") is True
        return account if weak else None
