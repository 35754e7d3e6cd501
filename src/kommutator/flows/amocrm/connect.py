"""The way through the vendor's consent screen and back, by a browser.

Who sets out gets a one-time state, and only they may come back with it: by their user, or by the
very session where the session is nobody's in particular. A code that arrives before they have
signed in waits, sealed, until they have.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from kommutator.domain.tenancy import Actor, EnterpriseNumber, Permission
from kommutator.flows.amocrm.adopt import KIND, Adopt, Wish
from kommutator.flows.amocrm.apps import OURS, SECRET, Apps, OwnApp
from kommutator.flows.amocrm.exchange import LONGEST_CODE, Exchange
from kommutator.flows.amocrm.vendor import AmoCrmVendor
from kommutator.kit.crypto import Place, Vault, VaultError
from kommutator.kit.errors import Forbidden, InvalidInput
from kommutator.kit.ids import Ids
from kommutator.store.connection_rows import ConnectionRecord
from kommutator.store.oauth_states import Journey

if TYPE_CHECKING:
    from kommutator.store.database import Database

LIFE = timedelta(minutes=20)
"""Of a state, and of the vendor's code."""

_STATE_BYTES = 32
_LONGEST_STATE = 200
_CODE = "code"


@dataclass(frozen=True, slots=True)
class Departure:
    """`url`: where the browser goes; it holds a secret for this browser alone."""

    url: str
    expires_in: int


@dataclass(frozen=True, slots=True)
class Returned:
    """What the vendor put into the address it sent the browser to; nothing of it is to be trusted.

    `code` None with a state: it came before, see `Connect.keep`.
    """

    state: str
    code: str | None = None
    referer: str | None = None
    client_id: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Traveller:
    """Who stands before us. `session_hash`: of a console session, None by token."""

    actor: Actor
    session_hash: bytes | None


class Connect:
    def __init__(
        self,
        db: Database,
        vault: Vault,
        apps: Apps,
        vendor: AmoCrmVendor,
        exchange: Exchange,
        adopt: Adopt,
        *,
        ids: Ids,
    ) -> None:
        self._db = db
        self._vault = vault
        self._apps = apps
        self._vendor = vendor
        self._exchange = exchange
        self._adopt = adopt
        self._ids = ids

    async def start(
        self,
        who: Traveller,
        enterprise: EnterpriseNumber,
        *,
        personal: bool = False,
        connection_id: UUID | None = None,
        own: OwnApp = OURS,
        by_button: bool = False,
    ) -> Departure:
        """Set out. `by_button`: the vendor will make an integration and tell its secret first.

        Raises:
            InvalidInput: `amocrm_app_missing`, `amocrm_app_incomplete`.
            Forbidden: `not_a_person` for a personal account of a machine or of a CRM's session.
            NotFound: `connection_not_found`.
        """
        user_id = who.actor.user_id
        if user_id is None and (personal or who.session_hash is None):
            raise Forbidden("not_a_person")
        own = own.checked()
        base = await self._base_of(who, enterprise, connection_id, personal=personal)
        client_id = own.client_id or ""
        if not by_button:
            client_id = self._apps.chosen(own).client_id
        state = self._ids.token(_STATE_BYTES)
        place = _place(enterprise, state)
        sealed = {}
        if own.client_secret is not None:
            sealed[SECRET] = self._vault.seal(own.client_secret, place(SECRET))
        app = {"client_id": own.client_id, "redirect_uri": own.redirect_uri}
        journey = Journey(
            enterprise=enterprise,
            kind=KIND.value,
            user_id=user_id,
            session_hash=who.session_hash,
            personal=personal,
            connection_id=connection_id,
            app={name: value for name, value in app.items() if value},
            sealed=sealed,
        )
        async with self._db.unit() as unit:
            await unit.oauth_states.create(enterprise, _digest(state), journey, LIFE)
        url = self._vendor.consent(base, client_id, state)
        return Departure(url, int(LIFE.total_seconds()))

    async def finish(self, who: Traveller, back: Returned) -> ConnectionRecord:
        """Come back: the account is connected.

        Raises:
            InvalidInput: `amocrm_state_unknown` (never given out, used, or over),
                `amocrm_consent_refused`, `amocrm_client_mixed`, `amocrm_address_foreign`, and as
                `Exchange.code`.
            Forbidden: `amocrm_state_of_another`; `not_allowed` by now.
            Conflict, NotFound: as `Adopt`.
            VendorError: as `Exchange.code`.
        """
        digest = _digest(back.state)
        async with self._db.single() as unit:
            journey = await unit.oauth_states.look_everywhere(digest)
        if journey is None or journey.kind != KIND.value:
            raise InvalidInput("amocrm_state_unknown")
        _demand_theirs(journey, who)
        async with self._db.single() as unit:
            journey = await unit.oauth_states.use_everywhere(digest)
        if journey is None:
            raise InvalidInput("amocrm_state_unknown")
        if back.error is not None:
            raise InvalidInput("amocrm_consent_refused")
        return await self._arrive(who, journey, back)

    async def keep(self, back: Returned) -> bool:
        """Nobody is signed in: keep the code for whoever set out. False: no such state."""
        if back.code is None or not 0 < len(back.code) <= LONGEST_CODE or back.referer is None:
            return False
        self._vendor.address(back.referer)
        async with self._db.unit() as unit:
            journey = await unit.oauth_states.look_everywhere(_digest(back.state))
            if journey is None:
                return False
            place = _place(EnterpriseNumber(journey.enterprise), back.state)
            sealed = {_CODE: self._vault.seal(back.code, place(_CODE))}
            return await unit.oauth_states.keep_code_everywhere(
                _digest(back.state), sealed, back.referer
            )

    async def learn_app(self, state: str, client_id: str, client_secret: str) -> bool:
        """The external-integration button: the vendor made an integration for this journey.

        Whoever knows the state, which left only in the address of the consent screen, may say so
        once. False: no such state, or it has its integration.
        """
        async with self._db.unit() as unit:
            journey = await unit.oauth_states.look_everywhere(_digest(state))
            if journey is None or journey.app.get("client_id") not in (None, client_id):
                return False
            place = _place(EnterpriseNumber(journey.enterprise), state)
            sealed = {SECRET: self._vault.seal(client_secret, place(SECRET))}
            return await unit.oauth_states.learn_app_everywhere(
                _digest(state), {"client_id": client_id}, sealed
            )

    async def _arrive(self, who: Traveller, journey: Journey, back: Returned) -> ConnectionRecord:
        enterprise = EnterpriseNumber(journey.enterprise)
        if not journey.personal:
            who.actor.demand(Permission.CONFIGURE, enterprise)
        place = _place(enterprise, back.state)
        try:
            opened = {
                name: self._vault.open(envelope, place(name))
                for name, envelope in journey.sealed.items()
            }
        except VaultError as error:
            raise InvalidInput("amocrm_state_unknown") from error
        code, referer = back.code, back.referer
        if code is None:
            code, referer = opened.get(_CODE), journey.referer
        if code is None or referer is None:
            raise InvalidInput("amocrm_code_missing")
        own = OwnApp(
            journey.app.get("client_id"), opened.get(SECRET), journey.app.get("redirect_uri")
        )
        app = self._apps.chosen(own)
        if back.client_id not in (None, app.client_id):
            raise InvalidInput("amocrm_client_mixed")
        granted = await self._exchange.code(app, self._vendor.address(referer), code)
        wish = Wish(
            actor=who.actor,
            enterprise=enterprise,
            user_id=journey.user_id if journey.personal else None,
            connection_id=journey.connection_id,
            own=own,
        )
        return await self._adopt(wish, granted)

    async def _base_of(
        self,
        who: Traveller,
        enterprise: EnterpriseNumber,
        connection_id: UUID | None,
        *,
        personal: bool,
    ) -> str | None:
        """Where the account that is reconnected lives: it decides on the region."""
        if connection_id is None:
            return None
        async with self._db.single() as unit:
            record = await unit.connections.get(enterprise, connection_id)
        if record.user_id != (who.actor.user_id if personal else None):
            raise Forbidden("amocrm_state_of_another")
        return record.base_url


def _demand_theirs(journey: Journey, who: Traveller) -> None:
    if journey.user_id is not None:
        theirs = who.actor.user_id == journey.user_id
    else:
        theirs = who.session_hash is not None and who.session_hash == journey.session_hash
    if not theirs:
        raise Forbidden("amocrm_state_of_another")


def _digest(state: str) -> bytes:
    return hashlib.sha256(state[:_LONGEST_STATE].encode("utf-8", "replace")).digest()


def _place(enterprise: EnterpriseNumber, state: str) -> Callable[[str], Place]:
    """Where a journey's secrets open: nowhere but under its own state."""
    row = _digest(state).hex()
    return lambda field: Place(str(enterprise), "oauth_states", row, field)
