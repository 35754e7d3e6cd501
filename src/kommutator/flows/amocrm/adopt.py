"""A pair of tokens and the account it opens become a connection, or one that works again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from kommutator.domain.connection import ConnectionKind, ConnectionStatus
from kommutator.domain.oauth import AccountFacts, OAuthApp, TokenPair
from kommutator.domain.tenancy import Actor, EnterpriseNumber
from kommutator.flows.amocrm.apps import OURS, SECRET, OwnApp
from kommutator.flows.forms import merged
from kommutator.flows.grant_secrets import seal_pair, strike_out
from kommutator.flows.secrets import seal_secrets
from kommutator.kit.crypto import Vault
from kommutator.kit.errors import Conflict, NotFound
from kommutator.kit.ids import Ids
from kommutator.kit.redact import Redactor
from kommutator.store.connection_rows import ConnectionRecord

if TYPE_CHECKING:
    from kommutator.store.database import Database
    from kommutator.store.unit import Unit

KIND = ConnectionKind.AMOCRM


@dataclass(frozen=True, slots=True)
class Wish:
    """For whom an account is to be connected.

    Attributes:
        user_id: it will be this person's own; None: the enterprise's.
        connection_id: reconnect this one.
        own: the integration, if it is not the one of the settings.
        way: how it came, for the audit: browser, code, token, install, import.
    """

    actor: Actor
    enterprise: EnterpriseNumber
    user_id: UUID | None = None
    connection_id: UUID | None = None
    own: OwnApp = OURS
    way: str = "browser"


@dataclass(frozen=True, slots=True)
class Granted:
    """What the vendor gave: tokens, and whose account they open."""

    app: OAuthApp
    base_url: str
    pair: TokenPair
    facts: AccountFacts


class Adopt:
    def __init__(self, db: Database, vault: Vault, *, ids: Ids, redactor: Redactor) -> None:
        self._db = db
        self._vault = vault
        self._ids = ids
        self._redactor = redactor

    async def __call__(self, wish: Wish, granted: Granted) -> ConnectionRecord:
        """Connect, or reconnect what is there.

        Raises:
            Conflict: `amocrm_other_account`: the connection is another account's;
                `account_already_connected`: at another enterprise.
            NotFound: `connection_not_found`.
        """
        strike_out(self._redactor, granted.pair)
        async with self._db.unit() as unit:
            stored = await self._stored(unit, wish, granted.facts.id)
            if stored is None:
                connection_id = await self._create(unit, wish, granted)
            else:
                connection_id = await self._restore(unit, stored, wish, granted)
            pair = seal_pair(self._vault, wish.enterprise, connection_id, granted.pair)
            await unit.grants.put(wish.enterprise, connection_id, pair)
            await unit.connections.set_status(
                wish.enterprise, connection_id, ConnectionStatus.ACTIVE
            )
            await unit.lanes.unpark(wish.enterprise, connection_id=connection_id)
            await unit.oauth_installs.drop_everywhere(
                KIND.value, granted.app.client_id, granted.facts.id
            )
            await unit.audit.add(
                wish.enterprise,
                actor=wish.actor.name,
                action="grant.connected",
                target=str(connection_id),
                detail={
                    "account": granted.facts.id,
                    "address": granted.base_url,
                    "way": wish.way,
                    "personal": wish.user_id is not None,
                    "again": stored is not None,
                },
            )
            unit.config_changed(wish.enterprise, KIND.value)
            return await unit.connections.get(wish.enterprise, connection_id)

    async def _stored(self, unit: Unit, wish: Wish, account_id: str) -> ConnectionRecord | None:
        """What is reconnected. A person has one account, an enterprise may have several."""
        if wish.connection_id is not None:
            found = await unit.connections.lock(wish.enterprise, wish.connection_id)
            mine = found.user_id == wish.user_id and found.kind is KIND
            if not mine or found.status is ConnectionStatus.REMOVED:
                raise NotFound("connection_not_found")
        elif wish.user_id is not None:
            own = await unit.connections.of_person(wish.enterprise, wish.user_id, KIND)
            if own is None:
                return None
            found = own
        else:
            shelf = await unit.connections.list(wish.enterprise)
            return next((r for r in shelf if r.kind is KIND and r.account_key == account_id), None)
        if found.account_key not in (None, account_id):
            raise Conflict("amocrm_other_account", name=found.name, account=found.account_key)
        return found

    async def _create(self, unit: Unit, wish: Wish, granted: Granted) -> UUID:
        connection_id = self._ids.uuid()
        await unit.connections.create(
            wish.enterprise,
            connection_id,
            kind=KIND,
            name=granted.facts.name or granted.facts.subdomain or KIND.value,
            base_url=granted.base_url,
            account_key=granted.facts.id,
            config=_config(granted),
            sealed=self._sealed(wish, connection_id),
            user_id=wish.user_id,
        )
        return connection_id

    async def _restore(
        self, unit: Unit, stored: ConnectionRecord, wish: Wish, granted: Granted
    ) -> UUID:
        stored = await unit.connections.lock(wish.enterprise, stored.id)
        kept = {name: value for name, value in stored.sealed.items() if name != SECRET}
        await unit.connections.save(
            wish.enterprise,
            stored.id,
            base_url=granted.base_url,
            account_key=granted.facts.id,
            config=merged(stored.config, _config(granted)),
            sealed={**kept, **self._sealed(wish, stored.id)},
        )
        return stored.id

    def _sealed(self, wish: Wish, connection_id: UUID) -> dict[str, Any]:
        if wish.own.client_secret is None:
            return {}
        secret = {SECRET: wish.own.client_secret}
        return seal_secrets(self._vault, wish.enterprise, connection_id, secret)


def _config(granted: Granted) -> dict[str, Any]:
    facts = granted.facts
    return {
        "client_id": granted.app.client_id,
        "redirect_uri": granted.app.redirect_uri,
        "account_id": facts.id,
        "subdomain": facts.subdomain,
        "granted_by": facts.user_id,
        **facts.learnt,
    }
