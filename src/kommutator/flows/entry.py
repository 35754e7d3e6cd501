"""The link that lets a CRM's administrator in with one click.

The link carries a signed token naming one connection. It opens a door, nothing more: it is
exchanged for a short session of that one enterprise and the browser is sent to a clean
address (docs/decisions/0005). Re-registering or removing the connection raises its epoch,
and every older link is dead.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID

import jwt

from kommutator.domain.connection import Account
from kommutator.domain.tenancy import EnterpriseNumber, enterprise_number
from kommutator.kit.clock import Clock
from kommutator.kit.errors import Unauthorized

_AUDIENCE = "kommutator:crm-entry"
_ALGORITHM = "HS256"
LIFETIME = timedelta(days=365)
"""The requirement's year; re-registration renews it."""


@dataclass(frozen=True, slots=True)
class EntryClaim:
    """What a valid link says."""

    enterprise: EnterpriseNumber
    connection_id: UUID
    epoch: int


class EntryLinks:
    """Makes and reads entry tokens. `key` is derived from the master key for this use only."""

    def __init__(self, key: bytes, clock: Clock) -> None:
        self._key = key
        self._clock = clock

    def url(self, public_url: str, account: Account, epoch: int) -> str:
        """The `accountUrl` to register, absolute."""
        query = urlencode(
            {"enterprise_number": account.enterprise, "token": self.token(account, epoch)}
        )
        return f"{public_url}/retailcrm-admin/?{query}"

    def token(self, account: Account, epoch: int) -> str:
        now = self._clock.now()
        claims = {
            "aud": _AUDIENCE,
            "sub": str(account.connection_id),
            "enterprise_number": account.enterprise,
            "source": account.kind.value,
            "epoch": epoch,
            "iat": now,
            "exp": now + LIFETIME,
        }
        return jwt.encode(claims, self._key, algorithm=_ALGORITHM)

    def read(self, token: str) -> EntryClaim:
        """Check signature, audience and age; the epoch is the caller's to compare.

        Raises:
            Unauthorized: `entry_link_invalid`, `entry_link_expired`.
        """
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=[_ALGORITHM],
                audience=_AUDIENCE,
                options={
                    "require": ["exp", "iat", "sub", "aud"],
                    # The clock is ours and may be a test's.
                    "verify_exp": False,
                    "verify_iat": False,
                },
            )
            claim = EntryClaim(
                enterprise=enterprise_number(str(claims["enterprise_number"])),
                connection_id=UUID(claims["sub"]),
                epoch=int(claims["epoch"]),
            )
            expires = float(claims["exp"])
        except (jwt.InvalidTokenError, KeyError, ValueError) as error:
            raise Unauthorized("entry_link_invalid") from error
        if self._clock.now().timestamp() >= expires:
            raise Unauthorized("entry_link_expired")
        return claim
