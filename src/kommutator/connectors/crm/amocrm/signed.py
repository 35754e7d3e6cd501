"""What amoCRM signs with our integration's secret: the widget's disposable token, the uninstall.

A disposable token travels in `X-Auth-Token` from the widget on a page of the CRM; the uninstall
hook is a GET with an HMAC in its query. Nothing else that comes from amoCRM is signed.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import jwt

from kommutator.connectors.crm.amocrm.address import account_base
from kommutator.connectors.crm.amocrm.manifest import DISPOSABLE_S
from kommutator.connectors.crm.amocrm.schemas import as_int
from kommutator.domain.oauth import OAuthApp
from kommutator.kit.errors import InvalidInput, Unauthorized
from kommutator.kit.plain_json import as_text

_LEEWAY_S = 60  # the vendor's clock and ours
_LONGEST = 8192
_NUMBER = re.compile(r"\d{1,19}")
_REQUIRED = ("iss", "aud", "exp", "nbf", "account_id", "user_id")


@dataclass(frozen=True, slots=True)
class Disposable:
    """Who looks at the CRM's page: verified by `read_disposable`, a mere claim from `peek`.

    Attributes:
        base_url: of the account, an address of the vendor's.
        jti: one token, one value; the vendor lets a token be used until it expires.
    """

    client_id: str
    account_id: str
    user_id: str
    base_url: str
    jti: str | None
    expires_at: datetime


def peek(token: str, private_hosts: Collection[str] = ()) -> Disposable:
    """The token's own words, unverified: only to find whose secret must verify it.

    Raises:
        Unauthorized: `amocrm_widget_token_wrong`.
    """
    if len(token) > _LONGEST:
        raise Unauthorized("amocrm_widget_token_wrong")
    try:
        claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError) as error:
        raise Unauthorized("amocrm_widget_token_wrong") from error
    return _read(claims, private_hosts)


def read_disposable(
    token: str,
    app: OAuthApp,
    *,
    now: datetime,
    account_id: str | None = None,
    private_hosts: Collection[str] = (),
) -> Disposable:
    """Verify a disposable token: HS256 by the secret, for us, from this account, now.

    Args:
        app: the integration; the audience is scheme and host of its `redirect_uri`.
        account_id: the vendor's id of the account it must come from, if that is known.

    Raises:
        Unauthorized: `amocrm_widget_token_wrong`, `amocrm_widget_token_expired`.
    """
    if len(token) > _LONGEST:
        raise Unauthorized("amocrm_widget_token_wrong")
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            app.client_secret,
            algorithms=["HS256"],
            audience=_audience(app.redirect_uri),
            options={
                "require": list(_REQUIRED),
                "verify_exp": False,  # below, by the clock we are given
                "verify_nbf": False,
                "verify_iat": False,
            },
        )
    except (jwt.PyJWTError, ValueError) as error:
        raise Unauthorized("amocrm_widget_token_wrong") from error
    found = _read(claims, private_hosts)
    if found.client_id != app.client_id or (account_id or found.account_id) != found.account_id:
        raise Unauthorized("amocrm_widget_token_wrong")
    _in_time(claims, found, now)
    return found


def _in_time(claims: Mapping[str, Any], found: Disposable, now: datetime) -> None:
    begins = as_int(claims.get("nbf")) or 0
    ends = found.expires_at.timestamp()
    if begins > now.timestamp() + _LEEWAY_S or ends - begins > 2 * DISPOSABLE_S:
        raise Unauthorized("amocrm_widget_token_wrong")
    if ends <= now.timestamp() - _LEEWAY_S:
        raise Unauthorized("amocrm_widget_token_expired")


def _audience(redirect_uri: str) -> str:
    parts = urlsplit(redirect_uri)
    return f"{parts.scheme}://{parts.netloc}"


def _read(claims: Mapping[str, Any], private_hosts: Collection[str]) -> Disposable:
    client = as_text(claims.get("client_uuid"))
    account, user = as_text(claims.get("account_id")), as_text(claims.get("user_id"))
    ends = as_int(claims.get("exp"))
    try:
        base = account_base(as_text(claims.get("iss")) or "", private_hosts)
        ends_at = datetime.fromtimestamp(ends or 0, UTC)
    except (InvalidInput, ValueError, OverflowError, OSError) as error:
        raise Unauthorized("amocrm_widget_token_wrong") from error
    if client is None or account is None or user is None or ends is None:
        raise Unauthorized("amocrm_widget_token_wrong")
    return Disposable(client, account, user, base, as_text(claims.get("jti")), ends_at)


@dataclass(frozen=True, slots=True)
class Uninstalled:
    """Somebody removed the integration from the account; true only if `proven`."""

    client_id: str
    account_id: str
    signature: str

    def proven(self, client_secret: str) -> bool:
        """In constant time: hex of HMAC-SHA256 over "client|account" by the secret."""
        said = f"{self.client_id}|{self.account_id}".encode()
        wanted = hmac.new(client_secret.encode(), said, hashlib.sha256).hexdigest()
        return hmac.compare_digest(wanted.encode(), self.signature.lower().encode())


def read_uninstalled(query: Mapping[str, str]) -> Uninstalled:
    """The hook's query. The papers call the integration `client_id`, their sample `client_uuid`.

    Raises:
        InvalidInput: `amocrm_uninstall_malformed`.
    """
    client = (query.get("client_uuid") or query.get("client_id") or "").strip()
    account, signature = query.get("account_id", ""), query.get("signature", "")
    if not client or len(client) > 100 or not _NUMBER.fullmatch(account) or len(signature) > 200:  # noqa: PLR2004  a UUID, a digest
        raise InvalidInput("amocrm_uninstall_malformed")
    return Uninstalled(client, account, signature)
