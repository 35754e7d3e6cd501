"""Codes, access and refresh tokens of one twin (contract §1.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jwt

from kommutator.kit.ids import Ids

Json = dict[str, Any]

CODE_SECONDS = 20 * 60
REFRESH_SECONDS = 90 * 86_400  # three months
DISPOSABLE_SECONDS = 30 * 60
SCOPES = ("crm", "notifications", "files", "files_delete")
# What defuse/php-encryption puts in front of everything it seals; the vendor's codes show it.
SEALED = "def50200"
SEALED_HEX_DIGITS = 800


@dataclass
class Grant:
    """A code or a token: whose it is and how long it lasts. Times are epoch seconds."""

    value: str
    client_id: str
    account: str
    user_id: int
    expires_at: int
    used_at: int | None = None
    revoked: bool = False


class TokenBook:
    """Every code and token ever issued, by its value."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._key = ids.token(48)
        self.codes: dict[str, Grant] = {}
        self.refresh: dict[str, Grant] = {}
        self.access: dict[str, Grant] = {}

    def issue_code(self, client_id: str, account: str, user_id: int, now: int) -> Grant:
        """A code for one exchange within 20 minutes."""
        code = Grant(self._sealed(), client_id, account, user_id, now + CODE_SECONDS)
        self.codes[code.value] = code
        return code

    def issue_refresh(self, owner: Grant, now: int) -> Grant:
        """A refresh token for one use within three months."""
        token = Grant(
            self._sealed(), owner.client_id, owner.account, owner.user_id, now + REFRESH_SECONDS
        )
        self.refresh[token.value] = token
        return token

    def issue_access(self, owner: Grant, claims: Json, expires_at: int) -> Grant:
        """A bearer token: a JWT of `claims` plus `jti` and `exp`."""
        body = {**claims, "jti": self._ids.uuid().hex + self._ids.uuid().hex, "exp": expires_at}
        value = jwt.encode(body, self._key, algorithm="HS256")
        token = Grant(value, owner.client_id, owner.account, owner.user_id, expires_at)
        self.access[value] = token
        return token

    def of(self, account: str, client_id: str | None = None) -> Iterator[Grant]:
        """Everything issued for an account, and for one integration in it."""
        for book in (self.codes, self.refresh, self.access):
            for grant in book.values():
                if grant.account == account and client_id in (None, grant.client_id):
                    yield grant

    def revoke(self, account: str, client_id: str | None = None) -> int:
        """Make worthless what was issued; returns how much."""
        mine = [grant for grant in self.of(account, client_id) if not grant.revoked]
        for grant in mine:
            grant.revoked = True
        return len(mine)

    def _sealed(self) -> str:
        text = SEALED
        while len(text) < SEALED_HEX_DIGITS:
            text += self._ids.token(32).encode().hex()
        return text[:SEALED_HEX_DIGITS]
