"""Exchanging a refresh token: once, by one of all processes, whatever breaks on the way.

A refresh token works once, and no vendor gives a lost answer again. So the row says that the token
left before it leaves, the new pair is committed before anybody uses it, and who comes after a
death or a silence tries the same token again, ever more seldom, until the vendor answers: accepted,
nothing happened; refused as used, the answer was lost, and a person must connect anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING
from uuid import UUID

import structlog

from kommutator.domain.connection import ConnectionKind
from kommutator.domain.grants import RENEWABLE, TOKEN_MISSING, Trouble, judge
from kommutator.domain.oauth import GrantState, OAuthApp, TokenPair
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.grant_outcome import follow, moved
from kommutator.flows.grant_secrets import (
    OAuthVendor,
    open_app_secrets,
    open_refresh,
    seal_pair,
    strike_out,
)
from kommutator.kit.backoff import backoff
from kommutator.kit.clock import Clock
from kommutator.kit.crypto import Vault, VaultError
from kommutator.kit.errors import ErrorKind, Stage, UserError, VendorError
from kommutator.kit.ids import Ids
from kommutator.kit.redact import Redactor
from kommutator.store.driver import is_transient
from kommutator.store.grant_rows import GrantRecord
from kommutator.store.grants import Claim

if TYPE_CHECKING:
    from kommutator.store.database import Database

_log = structlog.get_logger()
LOCK = timedelta(seconds=45)
REQUEST_S = 20.0  # the connector's own limit is 15 s; this one holds whatever it does
_WAIT_S = 60.0
_POLL_S = 0.05
_SAVE_TRIES = 600
_SAVE_PAUSE_S = 0.5


class RenewGrant:
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
        self._vendors = vendors
        self._clock = clock
        self._ids = ids
        self._redactor = redactor

    async def __call__(
        self, enterprise: EnterpriseNumber, connection_id: UUID, generation: int
    ) -> GrantRecord | None:
        """Wait until this pair is exchanged, by us or by others, or cannot be for now.

        Returns the grant as it is then; None if it is gone.
        """
        deadline = self._clock.monotonic() + _WAIT_S
        while True:
            async with self._db.single() as unit:
                claim = await unit.grants.claim(enterprise, connection_id, generation, LOCK)
            if claim is not None:
                await self._exchange(enterprise, connection_id, generation, claim)
            async with self._db.single() as unit:
                record = await unit.grants.find(enterprise, connection_id)
            if record is None or _is_settled(record, generation):
                return record
            if self._clock.monotonic() > deadline:
                return record
            await self._clock.sleep(_POLL_S)

    async def _exchange(
        self, enterprise: EnterpriseNumber, connection_id: UUID, generation: int, claim: Claim
    ) -> None:
        async with self._db.single() as unit:
            record = await unit.grants.find(enterprise, connection_id)
        if record is None:
            return
        try:
            vendor = self._vendors[ConnectionKind(record.kind)]
            app = vendor.app(record.config, open_app_secrets(self._vault, record))
            refresh = open_refresh(self._vault, enterprise, connection_id, claim.sealed)
        except (UserError, VaultError, KeyError) as error:
            _log.error("grant.app_unusable", connection_id=str(connection_id), error=repr(error))
            await self._give_up(record, claim, Trouble(record.state, "app_wrong", unused=True), "")
            return
        try:
            pair = await self._asked(vendor, app, record, refresh, claim)
        except VendorError as error:
            trouble = judge(error, record.state, doubtful=claim.doubtful)
            await self._give_up(record, claim, trouble, error.message, error.retry_after)
            return
        strike_out(self._redactor, pair)
        await self._keep(record, claim, generation, pair)

    async def _asked(
        self, vendor: OAuthVendor, app: OAuthApp, record: GrantRecord, refresh: str, claim: Claim
    ) -> TokenPair:
        """At the known address, and once more at the new one if the account moved."""
        try:
            return await self._request(vendor, app, record.base_url, refresh)
        except VendorError as error:
            if error.status not in (HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND):
                raise
            base = await self._new_base(vendor, record, refresh)
            if base is None:
                raise
        async with self._db.unit() as unit:
            ours = await unit.grants.hold(
                record.enterprise, record.connection_id, claim.fence, LOCK
            )
            if ours:
                await moved(unit, record, base)
        if not ours:
            raise VendorError(ErrorKind.TRANSIENT, "lock lost", stage=Stage.BEFORE_SENDING)
        return await self._request(vendor, app, base, refresh)

    async def _request(
        self, vendor: OAuthVendor, app: OAuthApp, base: str, refresh: str
    ) -> TokenPair:
        try:
            async with asyncio.timeout(REQUEST_S):
                return await vendor.authorizer.refresh(app, base, refresh)
        except TimeoutError:
            raise VendorError(ErrorKind.UNSURE, "no answer", stage=Stage.SENT) from None

    async def _new_base(self, vendor: OAuthVendor, record: GrantRecord, refresh: str) -> str | None:
        """Where the account lives now, if that is elsewhere and the vendor's own host."""
        if record.api_domain is None:
            return None
        try:
            async with asyncio.timeout(REQUEST_S):
                told = await vendor.authorizer.moved_to(record.api_domain, refresh)
            base = vendor.address(told) if told else None
        except (VendorError, TimeoutError, UserError) as error:
            _log.info("grant.move_unknown", error=repr(error))
            return None
        return base if base != record.base_url else None

    async def _keep(
        self, record: GrantRecord, claim: Claim, generation: int, pair: TokenPair
    ) -> None:
        """The pair exists nowhere else: a database that is away is waited for."""
        for attempt in range(_SAVE_TRIES):
            try:
                await self._save(record, claim, generation, pair)
            except Exception as error:
                if not is_transient(error) or attempt == _SAVE_TRIES - 1:
                    raise
                _log.warning("grant.pair_not_saved_yet", error=type(error).__name__)
                await self._clock.sleep(_SAVE_PAUSE_S)
            else:
                return

    async def _save(
        self, record: GrantRecord, claim: Claim, generation: int, pair: TokenPair
    ) -> None:
        enterprise, connection_id = record.enterprise, record.connection_id
        last = pair.refresh is None
        state, reason = (GrantState.LOST, TOKEN_MISSING) if last else (GrantState.ACTIVE, None)
        sealed = seal_pair(self._vault, enterprise, connection_id, pair)
        async with self._db.unit() as unit:
            kept = await unit.grants.keep(
                enterprise, connection_id, sealed,
                generation=generation, fence=claim.fence, state=state, reason=reason,
            )  # fmt: skip
            if kept is None:
                # Uninstalled, reconnected or renewed by others meanwhile: theirs is newer.
                _log.warning("grant.answer_too_late", connection_id=str(connection_id))
                return
            await follow(unit, record, state, reason, None, token_lives=True)
            unit.config_changed(enterprise, record.kind)

    async def _give_up(
        self,
        record: GrantRecord,
        claim: Claim,
        trouble: Trouble,
        words: str,
        retry_after: float | None = None,
    ) -> None:
        pause = backoff(
            claim.tries + 1,
            first=trouble.pace.first,
            longest=trouble.pace.longest,
            jitter=self._ids.uniform(),
        )
        detail = self._redactor.text(words) or None
        async with self._db.unit() as unit:
            ours = await unit.grants.release(
                record.enterprise,
                record.connection_id,
                claim.fence,
                state=trouble.state,
                reason=trouble.reason,
                detail=detail,
                retry_after=timedelta(seconds=max(pause, retry_after or 0.0)),
                answered=trouble.unused and not claim.doubtful,
            )
            if ours:
                lives = record.left_s > 0
                await follow(unit, record, trouble.state, trouble.reason, detail, token_lives=lives)
        _log.warning(
            "grant.not_renewed",
            connection_id=str(record.connection_id),
            state=trouble.state.value,
            reason=trouble.reason,
        )


def _is_settled(record: GrantRecord, generation: int) -> bool:
    """Nobody can exchange this pair now."""
    if record.generation != generation or record.state not in RENEWABLE:
        return True
    return record.refresh_until is None or (record.wait_s > 0 and not record.locked)
