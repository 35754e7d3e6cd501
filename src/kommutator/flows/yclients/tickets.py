"""Tokens for the marketplace pages of requirement 001.

Each is for one purpose and one salon. Whoever opens the page may link a phone, so the token in an
address works once and ten minutes at most: it is exchanged for one that travels in a cookie, in
headers and in paths of our own pages only.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import jwt

from kommutator.kit.clock import Clock
from kommutator.kit.errors import Forbidden
from kommutator.kit.ids import Ids

if TYPE_CHECKING:
    from kommutator.store.database import Database

CONNECT, PAGE = "kommutator:marketplace-connect", "kommutator:marketplace-page"
"""Audiences: what opens the page once, and what the page then asks with."""
LIVES = {CONNECT: timedelta(minutes=10), PAGE: timedelta(hours=1)}
"""By audience."""
_ALGORITHM = "HS256"
_JTI_BYTES = 16


@dataclass(frozen=True, slots=True)
class Ticket:
    """Whom a token speaks for."""

    company_id: int
    salon_id: int


class Tickets:
    """`key` is derived from the master key for this use only."""

    def __init__(self, db: Database, key: bytes, *, clock: Clock, ids: Ids) -> None:
        self._db = db
        self._key = key
        self._clock = clock
        self._ids = ids

    def issue(self, ticket: Ticket, audience: str) -> str:
        now = self._clock.now()
        claims = {
            "aud": audience,
            "sub": str(ticket.salon_id),
            "company_id": ticket.company_id,
            "jti": self._ids.token(_JTI_BYTES),
            "iat": now,
            "exp": now + LIVES[audience],
        }
        return jwt.encode(claims, self._key, algorithm=_ALGORITHM)

    def read(self, token: str, audience: str) -> Ticket:
        """Raises Forbidden: `marketplace_token_invalid`, `marketplace_token_expired`."""
        return self._read(token, audience)[0]

    async def exchange(self, token: str) -> tuple[Ticket, str]:
        """One for opening the page, used up, for one the page asks with.

        Raises:
            Forbidden: as `read`; `marketplace_token_used`.
        """
        ticket, jti = self._read(token, CONNECT)
        async with self._db.single() as unit:
            first = await unit.yclients_arrivals.use_ticket_everywhere(
                hashlib.sha256(jti.encode()).digest(), LIVES[CONNECT]
            )
        if not first:
            raise Forbidden("marketplace_token_used")
        return ticket, self.issue(ticket, PAGE)

    def resume(self, token: str, page_token: str) -> Ticket:
        """For whoever opened the page with `token` before, as `page_token` shows.

        Raises:
            Forbidden: as `read`, of `page_token`; `marketplace_token_invalid`: of another salon.
        """
        ticket = self.read(page_token, PAGE)
        if self._decode(token, CONNECT)[0] != ticket:
            raise Forbidden("marketplace_token_invalid")
        return ticket

    def _read(self, token: str, audience: str) -> tuple[Ticket, str]:
        ticket, jti, expires = self._decode(token, audience)
        if self._clock.now().timestamp() >= expires:
            raise Forbidden("marketplace_token_expired")
        return ticket, jti

    def _decode(self, token: str, audience: str) -> tuple[Ticket, str, float]:
        """Also one that is over."""
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=[_ALGORITHM],
                audience=audience,
                options={
                    "require": ["exp", "iat", "sub", "aud", "jti"],
                    # The clock is ours and may be a test's.
                    "verify_exp": False,
                    "verify_iat": False,
                },
            )
            ticket = Ticket(int(claims["company_id"]), int(claims["sub"]))
            expires, jti = float(claims["exp"]), str(claims["jti"])
        except (jwt.InvalidTokenError, KeyError, ValueError, TypeError) as error:
            raise Forbidden("marketplace_token_invalid") from error
        return ticket, jti, expires
