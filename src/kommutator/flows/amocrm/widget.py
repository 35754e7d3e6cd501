"""Who speaks from a page of amoCRM, by the disposable token that amoCRM itself signed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from kommutator.domain.clicks import ClickRequest
from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.oauth import OAuthApp
from kommutator.flows.click_to_call import ClickReceipt, ClickToCall
from kommutator.flows.directory import Directory
from kommutator.flows.grant_secrets import OAuthVendor
from kommutator.kit.errors import Conflict, InvalidInput, NotFound, Unauthorized
from kommutator.store.database import Database


class Signed(Protocol):
    """What a disposable token says."""

    @property
    def account_id(self) -> str: ...
    @property
    def user_id(self) -> str: ...
    @property
    def base_url(self) -> str: ...


class Signature(Protocol):
    """The connector's reader of disposable tokens; both raise Unauthorized."""

    def peek(self, token: str) -> Signed:
        """Unverified: only to find whose secret must verify it."""
        ...

    def verify(self, token: str, app: OAuthApp, account_id: str) -> Signed: ...


@dataclass(frozen=True, slots=True)
class WidgetUser:
    """An amoCRM user on a page of a connected account. `extension` None: nobody gave them one."""

    account: Account
    user_id: str
    base_url: str
    extension: str | None

    def demand_working(self) -> None:
        """Raises Conflict: `amocrm_not_working`."""
        if self.account.status is not ConnectionStatus.ACTIVE:
            raise Conflict("amocrm_not_working", status=self.account.status.value)


class Widget:
    """What the widget may do: ask how things are, and place a call for its own user."""

    def __init__(
        self,
        db: Database,
        directory: Directory,
        vendor: OAuthVendor,
        signature: Signature,
        clicks: ClickToCall,
    ) -> None:
        self._db = db
        self._directory = directory
        self._vendor = vendor
        self._signature = signature
        self._clicks = clicks

    async def user(self, token: str) -> WidgetUser:
        """Whose token this is.

        Raises:
            Unauthorized: `amocrm_widget_token_wrong`, also for an account nobody connected:
                whoever cannot sign learns nothing; `amocrm_widget_token_expired`.
        """
        claimed = self._signature.peek(token)
        account = await self._connected(claimed.account_id)
        if account is None:
            raise Unauthorized("amocrm_widget_token_wrong")
        try:
            app = self._vendor.app(account.config, account.secrets)
        except InvalidInput:
            raise Unauthorized("amocrm_widget_token_wrong") from None
        signed = self._signature.verify(token, app, claimed.account_id)
        mapping = account.config.get("user_extensions") or {}
        return WidgetUser(account, signed.user_id, signed.base_url, mapping.get(signed.user_id))

    async def call(self, user: WidgetUser, phone: str) -> ClickReceipt:
        """Ring the user's own phone, then the client's.

        Raises:
            Conflict: `amocrm_not_working`; and all that `ClickToCall.place` raises.
        """
        user.demand_working()
        request = ClickRequest(
            phone=phone, requested_by=f"amocrm:{user.user_id}", user_id=user.user_id
        )
        return await self._clicks.place(user.account.enterprise, request, user.account)

    async def _connected(self, account_id: str) -> Account | None:
        async with self._db.single() as unit:
            found = await unit.connections.by_account_everywhere(ConnectionKind.AMOCRM, account_id)
        if found is None:
            return None
        try:
            return await self._directory.account(found)
        except NotFound:
            return None
