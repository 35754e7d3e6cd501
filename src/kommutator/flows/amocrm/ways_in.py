"""Ways in without a browser: a pasted code, a long-lived token, the market, the first start."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import structlog

from kommutator.domain.connection import ConnectionStatus
from kommutator.domain.oauth import OAuthApp, TokenPair
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Permission, Role
from kommutator.flows.amocrm.adopt import KIND, Adopt, Wish
from kommutator.flows.amocrm.apps import Apps
from kommutator.flows.amocrm.exchange import Exchange
from kommutator.flows.amocrm.vendor import AmoCrmVendor
from kommutator.flows.grant_secrets import open_install, seal_install, strike_out
from kommutator.kit.clock import Clock
from kommutator.kit.crypto import Vault
from kommutator.kit.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    Stage,
    TooMany,
    UserError,
    VendorError,
)
from kommutator.kit.redact import Redactor
from kommutator.kit.throttle import Throttle
from kommutator.store.connection_rows import ConnectionRecord
from kommutator.store.oauth_installs import Install

if TYPE_CHECKING:
    from kommutator.store.database import Database

_log = structlog.get_logger()
_INSTALLS = 60  # at once, and per minute afterwards: a market has few addresses of its own
_UNSENT = frozenset(
    {
        "amocrm_app_missing",
        "amocrm_domain_missing",
        "amocrm_address_foreign",
        "vendor_budget_spent",
    }
)
"""Refusals of ours before a code is shown to anybody."""


class WaysIn:
    def __init__(
        self,
        db: Database,
        vault: Vault,
        apps: Apps,
        vendor: AmoCrmVendor,
        exchange: Exchange,
        adopt: Adopt,
        *,
        clock: Clock,
        redactor: Redactor,
    ) -> None:
        self._db = db
        self._vault = vault
        self._apps = apps
        self._vendor = vendor
        self._exchange = exchange
        self._adopt = adopt
        self._clock = clock
        self._redactor = redactor
        self._installs = Throttle(_INSTALLS / 60, _INSTALLS, clock)

    async def by_code(self, wish: Wish, code: str, domain: str | None = None) -> ConnectionRecord:
        """The code of the integration's card, or one that an app of theirs received.

        Args:
            domain: of the account; None: see `Exchange.base_of`.

        Raises:
            InvalidInput: as `Exchange.code` and `Exchange.base_of`; `amocrm_app_missing`.
            Conflict, NotFound: as `Adopt`.
            VendorError: as `Exchange.code`.
        """
        own = wish.own.checked()
        base = await self._exchange.base_of(wish.enterprise, domain)
        granted = await self._exchange.code(self._apps.chosen(own), base, code.strip())
        return await self._adopt(_by(wish, "code"), granted)

    async def by_token(self, wish: Wish, token: str, domain: str | None = None) -> ConnectionRecord:
        """A long-lived token: never renewed, one to five years.

        Raises:
            InvalidInput: `amocrm_token_invalid`, and as `Exchange.base_of`.
            Conflict, NotFound: as `Adopt`.
        """
        own = wish.own.checked()
        base = await self._exchange.base_of(wish.enterprise, domain)
        # It needs no integration of ours; with none, only its pace is counted by the account.
        ready = own.client_id is not None or self._apps.ready
        app = self._apps.chosen(own) if ready else self._apps.nobodys()
        granted = await self._exchange.token(app, base, token.strip())
        return await self._adopt(_by(wish, "token"), granted)

    async def by_pair(self, wish: Wish, base_url: str, pair: TokenPair) -> ConnectionRecord:
        """Tokens of another program, see `import-tokens`. An access token that is over is renewed.

        Raises:
            Conflict: `account_already_connected`: the enterprise has it, and it works.
            InvalidInput, NotFound, VendorError: as `by_code`.
        """
        app = self._apps.chosen(wish.own.checked())
        granted = await self._exchange.held(app, self._vendor.address(base_url), pair)
        async with self._db.single() as unit:
            shelf = await unit.connections.list(wish.enterprise)
        if wish.user_id is None and any(_works(record, granted.facts.id) for record in shelf):
            # Its refresh token may be the one that we have exchanged since.
            raise Conflict("account_already_connected")
        return await self._adopt(_by(wish, "import"), granted)

    async def at_start(
        self, code: str, number: str | None, *, domain: str = ""
    ) -> ConnectionRecord | None:
        """The code of the settings, once: a restart, and a second process, leave it alone.

        Without a `number` it is the only enterprise's. A code that nobody saw, for settings that
        lack something or an account that is paused, is tried again at the next start.
        """
        enterprise = EnterpriseNumber(number) if number else await self.only_one()
        if enterprise is None:
            _log.error("amocrm.first_code_whose", setting="KOMMUTATOR_AMOCRM_ENTERPRISE")
            return None
        digest = hashlib.sha256(code.encode()).digest()
        async with self._db.single() as unit:
            if not await unit.oauth_states.try_code_everywhere(digest):
                return None
        actor = Actor("settings:amocrm_auth_code", Role.ENTERPRISE_ADMIN, enterprise)
        try:
            return await self.by_code(Wish(actor, enterprise), code, domain or None)
        except UserError as error:
            problem, unseen = error.code, error.code in _UNSENT
        except VendorError as error:
            problem, unseen = error.hint or error.message, error.stage is Stage.BEFORE_SENDING
        async with self._db.single() as unit:
            if unseen:
                await unit.oauth_states.forget_code_everywhere(digest)
            else:
                await unit.oauth_states.note_code_everywhere(digest, problem)
        _log.error("amocrm.first_code_refused", enterprise=enterprise, problem=problem)
        return None

    async def install(
        self, code: str, referer: str, client_id: str | None, *, address: str
    ) -> None:
        """Somebody installed us from the market: the vendor's server brings a code, and no state.

        The tokens wait until the account's people claim them. `address` is who brings it, for
        counting.

        Raises:
            TooMany: `amocrm_installs_too_many`.
            InvalidInput, VendorError: as `Exchange.code`; `amocrm_client_mixed`.
        """
        if wait := self._installs.take(address):
            raise TooMany("amocrm_installs_too_many", retry_after=wait)
        app = self._apps.ours()
        if client_id not in (None, app.client_id):
            raise InvalidInput("amocrm_client_mixed")
        granted = await self._exchange.code(app, self._vendor.address(referer), code)
        strike_out(self._redactor, granted.pair)
        account_id = granted.facts.id
        pair = seal_install(self._vault, KIND.value, app.client_id, account_id, granted.pair)
        if pair.refresh_life is None:
            raise InvalidInput("amocrm_code_invalid", said="no refresh token")
        async with self._db.unit() as unit:
            await unit.oauth_installs.put_everywhere(
                KIND.value, app.client_id, account_id, granted.base_url, pair
            )
            await unit.audit.add(
                None,
                actor=f"amocrm:{account_id}",
                action="grant.installed",
                target=account_id,
                detail={"address": granted.base_url},
            )

    async def claim_by_widget(self, wish: Wish, token: str) -> ConnectionRecord:
        """Take the install of the account whose page this disposable token comes from.

        Only whoever installed us may: the tokens have that person's rights, and any of their
        colleagues sees the widget.

        Raises:
            Unauthorized: the token does not prove it.
            Forbidden: `amocrm_claim_not_installer`.
            NotFound: `amocrm_install_unknown`.
            Conflict: as `Adopt`.
        """
        visitor = self._vendor.read_visitor(token, self._apps.ours(), self._clock.now())
        return await self._claim(wish, visitor.account_id, visitor.user_id)

    async def claim_by_platform(self, wish: Wish, account_id: str) -> ConnectionRecord:
        """Platform staff give an install to an enterprise.

        Raises:
            Forbidden: `not_allowed`.
            NotFound, Conflict: as `claim_by_widget`.
        """
        if wish.actor.enterprise is not None or not wish.actor.may(Permission.ADMINISTER):
            raise Forbidden("not_allowed", permission=Permission.ADMINISTER.value)
        return await self._claim(wish, account_id)

    async def only_one(self) -> EnterpriseNumber | None:
        """The only enterprise there is."""
        async with self._db.single() as unit:
            first = await unit.enterprises.page_everywhere(limit=2)
        return first[0].number if len(first) == 1 else None

    async def _claim(
        self, wish: Wish, account_id: str, installer: str | None = None
    ) -> ConnectionRecord:
        app = self._apps.ours()
        async with self._db.single() as unit:
            found = await unit.oauth_installs.find_everywhere(KIND.value, app.client_id, account_id)
        if found is None:
            raise NotFound("amocrm_install_unknown")
        pair = open_install(self._vault, found)
        assert pair.refresh is not None
        if found.left_s <= 0:
            pair = await self._renewed(app, found, pair.refresh)
        granted = await self._exchange.given(app, found.base_url, pair)
        if installer is not None and granted.facts.user_id != installer:
            raise Forbidden("amocrm_claim_not_installer")
        # The row goes in the unit that connects; of two claims the second finds the account taken.
        return await self._adopt(_by(wish, "install"), granted)

    async def _renewed(self, app: OAuthApp, found: Install, refresh: str) -> TokenPair:
        """Kept before it is used, claimed or not. A lost answer means: install anew."""
        pair = await self._vendor.authorizer.refresh(app, found.base_url, refresh)
        sealed = seal_install(self._vault, KIND.value, app.client_id, found.account_id, pair)
        if sealed.refresh_life is not None:
            async with self._db.unit() as unit:
                await unit.oauth_installs.put_everywhere(
                    KIND.value, app.client_id, found.account_id, found.base_url, sealed
                )
        return pair


def _works(record: ConnectionRecord, account_id: str) -> bool:
    is_it = record.kind is KIND and record.account_key == account_id
    return is_it and record.status is ConnectionStatus.ACTIVE


def _by(wish: Wish, way: str) -> Wish:
    return replace(wish, way=way)
