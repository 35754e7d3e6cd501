"""API tokens: short-lived JWTs that die with the password they were given for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import jwt

from kommutator.domain.tenancy import Actor
from kommutator.kit.clock import Clock
from kommutator.kit.crypto import UnknownKey, Vault
from kommutator.kit.errors import Unauthorized
from kommutator.store.database import Database
from kommutator.store.people import User

_ALGORITHM = "HS256"
_ISSUER = "kommutator"
_AUDIENCE = "kommutator:api"
_TYPE = "at+jwt"
_PURPOSE = "api-token"
_CLAIMS = ["exp", "iat", "iss", "aud", "sub", "epoch"]


@dataclass(frozen=True, slots=True)
class Token:
    """`expires_in` in seconds."""

    value: str
    expires_in: int


@dataclass(frozen=True, slots=True)
class _Claims:
    user_id: UUID
    epoch: int


class Tokens:
    """Gives out and checks. The signing key comes from the named master key by HKDF."""

    def __init__(self, db: Database, vault: Vault, clock: Clock, *, lifetime: timedelta) -> None:
        self._db = db
        self._vault = vault
        self._clock = clock
        self._lifetime = lifetime

    def issue(self, user: User) -> Token:
        """A token for someone whose password was just checked."""
        now = int(self._clock.now().timestamp())
        seconds = int(self._lifetime.total_seconds())
        claims = {
            "iss": _ISSUER,
            "aud": _AUDIENCE,
            "sub": str(user.id),
            "epoch": user.token_epoch,
            "iat": now,
            "exp": now + seconds,
        }
        kid = self._vault.active_kid
        value = jwt.encode(
            claims,
            self._vault.derive(_PURPOSE, kid),
            algorithm=_ALGORITHM,
            headers={"kid": kid, "typ": _TYPE},
        )
        return Token(value, seconds)

    async def actor(self, token: str) -> Actor:
        """Whose token this is, with the rights they have now.

        Raises:
            Unauthorized: `token_invalid`, `token_expired`.
        """
        claims = self._read(token)
        async with self._db.unit() as unit:
            user = await unit.people.by_id_everywhere(claims.user_id)
            alive = user is not None and (
                user.enterprise is None or (await unit.enterprises.get(user.enterprise)).active
            )
        if user is None or not alive or not user.active or user.token_epoch != claims.epoch:
            raise Unauthorized("token_invalid")
        return actor_of(user)

    def _read(self, token: str) -> _Claims:
        try:
            header = jwt.get_unverified_header(token)
            if header.get("typ") != _TYPE:
                raise Unauthorized("token_invalid")
            key = self._vault.derive(_PURPOSE, str(header.get("kid")))
            claims = self._verified(token, key)
            expires = int(claims["exp"])
            read = _Claims(UUID(claims["sub"]), int(claims["epoch"]))
        except (jwt.InvalidTokenError, UnknownKey, ValueError, TypeError):
            raise Unauthorized("token_invalid") from None
        if self._clock.now().timestamp() >= expires:
            raise Unauthorized("token_expired")
        return read

    @staticmethod
    def _verified(token: str, key: bytes) -> dict[str, Any]:
        return jwt.decode(
            token,
            key,
            algorithms=[_ALGORITHM],
            audience=_AUDIENCE,
            issuer=_ISSUER,
            # Ages are judged by our own clock.
            options={"require": _CLAIMS, "verify_exp": False, "verify_iat": False},
        )


def actor_of(user: User) -> Actor:
    """The person as whoever asks."""
    return Actor(name=user.email, role=user.role, enterprise=user.enterprise, user_id=user.id)
