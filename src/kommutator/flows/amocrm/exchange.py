"""A code or a token becomes a pair whose account is known; refusals become readable."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import jwt
import structlog

from kommutator.domain.oauth import AccountFacts, OAuthApp, TokenPair
from kommutator.domain.ports import Turn
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.amocrm.adopt import KIND, Granted
from kommutator.flows.amocrm.vendor import AmoCrmVendor
from kommutator.kit.clock import Clock
from kommutator.kit.errors import ErrorKind, InvalidInput, VendorError

if TYPE_CHECKING:
    from kommutator.store.database import Database

_log = structlog.get_logger(__name__)
LONGEST_CODE = 4096
LONGEST_TOKEN = 16_384
_TRIES = 3
_PASSING = (ErrorKind.TRANSIENT, ErrorKind.UNSURE, ErrorKind.RATE_LIMITED)
_YEARS = timedelta(days=5 * 365)  # the longest life the vendor offers
_MEANT = {  # requirement 003 names these errors
    "amocrm_code_expired": "amocrm_code_invalid",
    "amocrm_code_used": "amocrm_code_invalid",
    "amocrm_code_garbage": "amocrm_code_invalid",
    "amocrm_client_wrong": "amocrm_client_invalid",
    "amocrm_redirect_wrong": "amocrm_redirect_invalid",
}


class Exchange:
    """What the vendor gives for a code, and whose it is.

    Args:
        domain: the account that is meant where nobody names one; from the settings.
    """

    def __init__(
        self, db: Database, vendor: AmoCrmVendor, turn: Turn, *, clock: Clock, domain: str
    ) -> None:
        self._db = db
        self._vendor = vendor
        self._turn = turn
        self._clock = clock
        self._domain = domain

    async def code(self, app: OAuthApp, base_url: str, code: str) -> Granted:
        """A code works once and for 20 minutes.

        Raises:
            InvalidInput: `amocrm_code_invalid`, `amocrm_client_invalid`,
                `amocrm_redirect_invalid`.
            TooMany: `vendor_budget_spent`: the account is paused, and the code not spent.
            VendorError: anything else the vendor says, or its silence: the code may be spent.
        """
        if not 0 < len(code) <= LONGEST_CODE or not code.isprintable():
            raise InvalidInput("amocrm_code_invalid")
        await self._wait(app, base_url)
        try:
            pair = await self._vendor.authorizer.exchange(app, base_url, code)
        except VendorError as error:
            meant = _MEANT.get(error.hint or "")
            if meant is None:
                raise
            raise InvalidInput(meant, said=error.message) from error
        return await self._granted(app, base_url, pair, new=True)

    async def token(self, app: OAuthApp, base_url: str, token: str) -> Granted:
        """A long-lived token from the integration's card.

        Raises:
            InvalidInput: `amocrm_token_invalid`.
            VendorError: the vendor is silent.
        """
        if not 0 < len(token) <= LONGEST_TOKEN or not token.isascii() or " " in token:
            raise InvalidInput("amocrm_token_invalid")
        pair = TokenPair(token, None, self._life(token))
        await self._wait(app, base_url)
        try:
            return await self._granted(app, base_url, pair)
        except VendorError as error:
            if error.status not in (401, 403):
                raise
            raise InvalidInput("amocrm_token_invalid", said=error.message) from error

    async def base_of(self, enterprise: EnterpriseNumber, named: str | None) -> str:
        """The account somebody names, else the enterprise's, else the one of the settings.

        Raises:
            InvalidInput: `amocrm_address_foreign`, `amocrm_domain_missing`.
        """
        if named:
            return self._vendor.address(named)
        async with self._db.single() as unit:
            record = await unit.connections.of_kind(enterprise, KIND)
        if record is not None:
            return record.base_url
        if self._domain:
            return self._vendor.address(self._domain)
        raise InvalidInput("amocrm_domain_missing")

    async def given(self, app: OAuthApp, base_url: str, pair: TokenPair) -> Granted:
        """Tokens that are there already, an install's. Raises VendorError, TooMany."""
        await self._wait(app, base_url)
        return await self._granted(app, base_url, pair)

    async def held(self, app: OAuthApp, base_url: str, pair: TokenPair) -> Granted:
        """Another program's tokens, renewed first if the access token is over.

        When it ends is that program's word, perhaps in its own time zone: a 401 counts for more.
        Raises as `given`.
        """
        if pair.refresh is None:
            return await self.given(app, base_url, pair)
        if pair.expires_in > timedelta(0):
            try:
                return await self.given(app, base_url, pair)
            except VendorError as error:
                if error.status != HTTPStatus.UNAUTHORIZED:
                    raise
        await self._wait(app, base_url)
        pair = await self._vendor.authorizer.refresh(app, base_url, pair.refresh)
        return await self._granted(app, base_url, pair, new=True)

    async def _wait(self, app: OAuthApp, base_url: str) -> None:
        """Before anything is spent: whose account it is asks by the account's own allowance."""
        await self._turn(self._vendor.budgets(app, base_url))

    async def _granted(
        self, app: OAuthApp, base_url: str, pair: TokenPair, *, new: bool = False
    ) -> Granted:
        """A `new` pair, for which a code or a refresh token was spent, must not get lost.

        The vendor has just made it: if the account keeps silent, the token's own word counts.
        """
        for attempt in range(1, _TRIES + 1):
            try:
                facts = await self._vendor.authorizer.whose(base_url, pair.access)
            except VendorError as error:
                if error.kind not in _PASSING:
                    raise
                if attempt < _TRIES:
                    await self._clock.sleep(attempt)
                    continue
                told = _told_by(pair.access, base_url) if new else None
                if told is None:
                    raise
                _log.info("amocrm.account_by_token", account=told.id, reason=str(error))
                facts = told
            return Granted(app, base_url, pair, facts)
        raise AssertionError("unreachable")

    def _life(self, token: str) -> timedelta:
        """By its own claim, unverified: if it lies, the vendor's 401 tells."""
        try:
            ends = datetime.fromtimestamp(float(_claims(token)["exp"]), UTC)
        except (KeyError, TypeError, ValueError, OverflowError, OSError):
            return _YEARS
        return min(max(ends - self._clock.now(), timedelta(minutes=1)), _YEARS)


def _claims(token: str) -> dict[str, Any]:
    """Unverified; none of what is no JWT."""
    try:
        found: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError:
        return {}
    return found


def _told_by(token: str, base_url: str) -> AccountFacts | None:
    """What an access token says of its account. The rest is learnt when the account speaks."""
    claims = _claims(token)
    account_id, user_id = claims.get("account_id"), claims.get("sub")
    if isinstance(account_id, bool) or not isinstance(account_id, int):
        return None
    subdomain = (urlsplit(base_url).hostname or "").partition(".")[0]
    return AccountFacts(str(account_id), subdomain, subdomain, user_id=user_id and str(user_id))
