"""Tokens for requests: from memory while they live, renewed in time, by one of all processes.

All times are the database's: what is left of a token is asked there and counted down on our
monotonic clock, so neither our wall clock nor the vendor's has to be right.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.grants import RENEWABLE
from kommutator.domain.oauth import Access, GrantState
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.grant_outcome import follow
from kommutator.flows.grant_secrets import OAuthVendor, open_access
from kommutator.flows.renew_grant import RenewGrant
from kommutator.kit.clock import Clock
from kommutator.kit.crypto import Vault, VaultError
from kommutator.kit.errors import ErrorKind, Stage, VendorError
from kommutator.kit.ids import Ids
from kommutator.kit.redact import Redactor
from kommutator.store.grant_rows import GrantRecord

if TYPE_CHECKING:
    from kommutator.store.database import Database
    from kommutator.store.unit import Unit

MARGIN_S = 300.0  # on demand: a token that lives less is renewed first
_NEW_S = 60.0  # a pair that is refused so young was never any good
_TRUST_S = 60.0  # before the database is asked again; a NOTIFY ends it at once
_BRIEFLY_S = 2.0  # the same for a token that could not be renewed
_TELLTALE = 43
_LOOK_AGAIN = timedelta(hours=1)

_Place = tuple[EnterpriseNumber, UUID]


@dataclass(frozen=True, slots=True)
class _Held:
    access: Access
    until: float  # monotonic
    enterprise: EnterpriseNumber


class Grants:
    """The `AccessSource` of all connectors. One per process."""

    def __init__(
        self,
        db: Database,
        vault: Vault,
        vendors: Mapping[ConnectionKind, OAuthVendor],
        *,
        clock: Clock,
        ids: Ids,
        redactor: Redactor,
    ) -> None:
        self._db = db
        self._vault = vault
        self._clock = clock
        self._redactor = redactor
        self._renew = RenewGrant(db, vault, vendors, clock=clock, ids=ids, redactor=redactor)
        self._held: dict[UUID, _Held] = {}
        self._flights: dict[tuple[UUID, int], asyncio.Task[GrantRecord | None]] = {}

    async def access(self, account: Account) -> Access:
        """As `AccessSource.access`."""
        held = self._held.get(account.connection_id)
        if held is not None and self._clock.monotonic() < held.until:
            return held.access
        place = (account.enterprise, account.connection_id)
        record = await self._read(place)
        if record.state in RENEWABLE and record.left_s <= MARGIN_S and _may_renew(record):
            record = _present(await self.renew(*place, record.generation))
        return await self._handed_out(record)

    async def renewed(self, account: Account, stale: Access) -> Access:
        """As `AccessSource.renewed`."""
        place = (account.enterprise, account.connection_id)
        self._held.pop(account.connection_id, None)
        record = await self._read(place)
        if record.generation != stale.generation:
            return await self._handed_out(record)
        if (ended := _ends_with(record)) is not None:
            await self._end(record, *ended)
            raise _refusal(await self._read(place))
        record = _present(await self.renew(*place, record.generation))
        if record.generation == stale.generation:
            raise _refusal(record)
        return await self._handed_out(record)

    async def renew(
        self, enterprise: EnterpriseNumber, connection_id: UUID, generation: int
    ) -> GrantRecord | None:
        """Exchange this pair now, once for everybody in this process; the grant afterwards.

        Goes on though the caller is cancelled: a token that left must not lose its answer.
        """
        key = (connection_id, generation)
        flight = self._flights.get(key)
        if flight is None:
            work = self._renew(enterprise, connection_id, generation)
            flight = self._flights[key] = asyncio.create_task(work, name="renew-grant")
            flight.add_done_callback(lambda task: self._landed(key, task))
        return await asyncio.shield(flight)

    async def over(self, enterprise: EnterpriseNumber, connection_id: UUID) -> None:
        """The last access token ended and nothing renews it: now the connection is broken."""
        record = await self._read((enterprise, connection_id))
        if record.left_s > 0:
            return
        if record.state is GrantState.ACTIVE:
            await self._end(record, GrantState.REVOKED, "long_lived_over")
        else:
            await self._end(record, record.state, record.reason or "token_over")

    async def hear_unpaid(self) -> int:
        """The API turned lanes away with a good token (402): say so, and look again in an hour.

        Returns how many connections that concerns.
        """
        async with self._db.unit() as unit:
            found = await unit.unpaid_grants.hear_everywhere(_LOOK_AGAIN)
            for enterprise, connection_id in found:
                record = _present(await unit.grants.find(enterprise, connection_id))
                before = replace(record, state=GrantState.ACTIVE)
                await follow(
                    unit, before, record.state, record.reason, record.detail, token_lives=True
                )
        return len(found)

    async def unpaid(self, account: Account, words: str) -> None:
        """The API turned a request away with a good token (402). `words`: the vendor's."""
        place = (account.enterprise, account.connection_id)
        async with self._db.unit() as unit:
            if not await unit.unpaid_grants.hear(*place, self._redactor.text(words), _LOOK_AGAIN):
                return
            record = _present(await unit.grants.find(*place))
            before = replace(record, state=GrantState.ACTIVE)
            await follow(unit, before, record.state, record.reason, record.detail, token_lives=True)
        self._held.pop(account.connection_id, None)

    async def shut_out(self, account: Account, words: str) -> None:
        """The API turns the account away for its limits, whatever the token. `words`: the vendor's.

        Said to people at once; requests knock again when their pause is over.
        """
        enterprise, connection_id = account.enterprise, account.connection_id
        async with self._db.unit() as unit:
            detail = self._redactor.text(words)
            if await unit.limit_blocks.hear(enterprise, connection_id, detail):
                await _limits(unit, account.kind, enterprise, connection_id, "limits")

    async def let_in_again(self) -> int:
        """Something got through to accounts that were shut out; returns how many those are."""
        async with self._db.unit() as unit:
            found = await unit.limit_blocks.over_everywhere()
            for enterprise, connection_id, kind in found:
                await _limits(unit, kind, enterprise, connection_id, "let_in")
        return len(found)

    async def ask_again(self) -> int:
        """A long-lived token is not exchanged: whether it is paid for by now, its lanes find out.

        Returns how many connections that concerns.
        """
        async with self._db.unit() as unit:
            found = await unit.unpaid_grants.ask_again_everywhere()
            for enterprise, connection_id in found:
                record = _present(await unit.grants.find(enterprise, connection_id))
                before = replace(record, state=GrantState.UNPAID)
                await follow(unit, before, record.state, None, None, token_lives=True)
        return len(found)

    def forget(self, enterprise: EnterpriseNumber) -> None:
        """Something of this tenant changed."""
        for connection_id in [k for k, held in self._held.items() if held.enterprise == enterprise]:
            del self._held[connection_id]

    def clear(self) -> None:
        self._held.clear()

    async def drain(self) -> None:
        """At the end of the process: wait for answers that are under way."""
        await asyncio.gather(*self._flights.values(), return_exceptions=True)

    async def _read(self, place: _Place) -> GrantRecord:
        async with self._db.single() as unit:
            return _present(await unit.grants.find(*place))

    async def _handed_out(self, record: GrantRecord) -> Access:
        if not record.usable:
            if record.state is GrantState.LOST:
                await self.over(record.enterprise, record.connection_id)
            raise _refusal(record)
        try:
            token = open_access(self._vault, record)
        except VaultError as error:
            raise VendorError(
                ErrorKind.OURS, "token unreadable", stage=Stage.BEFORE_SENDING
            ) from error
        self._redactor.register(token[-_TELLTALE:])
        access = Access(token, record.generation, record.base_url)
        spare = record.left_s - MARGIN_S
        trust = min(spare, _TRUST_S) if spare > 0 else min(record.left_s, _BRIEFLY_S)
        self._held[record.connection_id] = _Held(
            access, self._clock.monotonic() + trust, record.enterprise
        )
        return access

    async def _end(self, record: GrantRecord, state: GrantState, reason: str) -> None:
        self._held.pop(record.connection_id, None)
        async with self._db.unit() as unit:
            ended = await unit.grants.end(
                record.enterprise,
                record.connection_id,
                state,
                reason=reason,
                generation=record.generation,
            )
            if ended:
                await follow(unit, record, state, reason, record.detail, token_lives=False)

    def _landed(self, key: tuple[UUID, int], task: asyncio.Task[GrantRecord | None]) -> None:
        self._flights.pop(key, None)
        self._held.pop(key[0], None)
        if not task.cancelled():
            task.exception()  # its waiters have it


async def _limits(
    unit: Unit, kind: ConnectionKind, enterprise: EnterpriseNumber, connection_id: UUID, what: str
) -> None:
    await unit.audit.add(
        enterprise, actor="tokens", action=f"grant.{what}", target=str(connection_id)
    )
    unit.config_changed(enterprise, kind)


def _may_renew(record: GrantRecord) -> bool:
    """There is something to renew with, and it is not too early after an attempt in vain."""
    return record.refresh_until is not None and (record.wait_s == 0 or record.locked)


def _ends_with(record: GrantRecord) -> tuple[GrantState, str] | None:
    """What the refusal of this very access token makes of a grant that cannot be renewed."""
    if record.state not in RENEWABLE:
        return record.state, record.reason or "token_over"
    if record.refresh_until is None:
        return GrantState.REVOKED, "long_lived_refused"
    if record.age_s < _NEW_S:
        return GrantState.REVOKED, "refused_when_new"
    return None


def _present(record: GrantRecord | None) -> GrantRecord:
    if record is None:
        raise VendorError(
            ErrorKind.ACCESS_REVOKED,
            "not connected",
            stage=Stage.BEFORE_SENDING,
            hint="grant_reconnect",
        )
    return record


def _refusal(record: GrantRecord) -> VendorError:
    """Why there is no token, for whoever wanted to send something."""
    said = record.detail or record.reason or record.state.value
    if record.state in RENEWABLE:
        return VendorError(
            ErrorKind.TRANSIENT,
            said,
            stage=Stage.BEFORE_SENDING,
            retry_after=record.wait_s or None,
            hint="grant_waits",
        )
    return VendorError(
        ErrorKind.ACCESS_REVOKED, said, stage=Stage.BEFORE_SENDING, hint="grant_reconnect"
    )
