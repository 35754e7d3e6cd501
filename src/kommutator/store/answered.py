"""Requests that a client marked with an `Idempotency-Key`, and what was answered.

A key belongs to whoever sent it and to one path. While the first request is under way a second
one is told to wait; one that died is taken over after its lease, with the plan that it left.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection

_BEGIN = """
INSERT INTO answered_requests AS a
       (enterprise, scope, key_hash, asked_hash, plan, lease_until)
VALUES ($1, $2, $3, $4, $5, clock_timestamp() + make_interval(secs => $6))
ON CONFLICT (enterprise, scope, key_hash) DO NOTHING RETURNING plan"""
_TAKE_OVER = """
UPDATE answered_requests SET lease_until = clock_timestamp() + make_interval(secs => $4)
 WHERE enterprise = $1 AND scope = $2 AND key_hash = $3 AND state = 'asked'
   AND lease_until < clock_timestamp() RETURNING plan"""
_SEE = """
SELECT state, status, answer, asked_hash FROM answered_requests
 WHERE enterprise = $1 AND scope = $2 AND key_hash = $3"""
_ANSWER = """
UPDATE answered_requests SET state = 'answered', status = $4, answer = $5
 WHERE enterprise = $1 AND scope = $2 AND key_hash = $3"""
_YIELD = """
UPDATE answered_requests SET lease_until = clock_timestamp()
 WHERE enterprise = $1 AND scope = $2 AND key_hash = $3 AND state = 'asked'"""
_FORGET = "DELETE FROM answered_requests WHERE enterprise = $1 AND scope = $2 AND key_hash = $3"
_RETIRE = """
DELETE FROM answered_requests WHERE ctid IN (
    SELECT ctid FROM answered_requests
     WHERE asked_at < now() - make_interval(hours => $1) LIMIT $2)"""


@dataclass(frozen=True, slots=True)
class Asked:
    """One marked request. `scope`: who and which path, free of secrets."""

    enterprise: EnterpriseNumber
    scope: str
    key: str
    body: bytes

    @property
    def at(self) -> tuple[EnterpriseNumber, str, bytes]:
        return self.enterprise, self.scope, hashlib.sha256(self.key.encode()).digest()

    @property
    def asked_hash(self) -> bytes:
        return hashlib.sha256(self.body).digest()


@dataclass(frozen=True, slots=True)
class Before:
    """What is known of an earlier request under this key.

    Attributes:
        same: it asked for the same thing.
        answered: `status` and `answer` are its outcome; else it is under way.
    """

    same: bool
    answered: bool
    status: int | None = None
    answer: Any = None


@dataclass(frozen=True, slots=True)
class Turn:
    """Ours to do. `again`: an earlier try died and may have come to something; see `plan`."""

    plan: dict[str, Any]
    again: bool


class AnsweredStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def begin(
        self,
        enterprise: EnterpriseNumber,
        asked: Asked,
        plan: dict[str, Any],
        *,
        lease_s: float,
    ) -> Turn | Before:
        """Take the turn for this request, or say what became of it before."""
        assert enterprise == asked.enterprise
        fresh = await self._connection.fetchrow(_BEGIN, *asked.at, asked.asked_hash, plan, lease_s)
        if fresh is not None:
            return Turn(fresh["plan"], again=False)
        seen = await self._connection.fetchrow(_SEE, *asked.at)
        if seen is None:  # it ended in between without a lasting answer
            return Before(same=True, answered=False)
        same = bytes(seen["asked_hash"]) == asked.asked_hash
        if not same or seen["state"] == "answered":
            answered = seen["state"] == "answered"
            return Before(same, answered, status=seen["status"], answer=seen["answer"])
        left = await self._connection.fetchrow(_TAKE_OVER, *asked.at, lease_s)
        return Before(same=True, answered=False) if left is None else Turn(left["plan"], again=True)

    async def answer(
        self, enterprise: EnterpriseNumber, asked: Asked, status: int, answer: Any
    ) -> None:
        """What every repetition of this request is told from now on."""
        assert enterprise == asked.enterprise
        await self._connection.execute(_ANSWER, *asked.at, status, answer)

    async def unsure(self, enterprise: EnterpriseNumber, asked: Asked) -> None:
        """The outcome is not known: the next one to ask finds out, at once."""
        assert enterprise == asked.enterprise
        await self._connection.execute(_YIELD, *asked.at)

    async def forget(self, enterprise: EnterpriseNumber, asked: Asked) -> None:
        """It came to nothing for certain, and may be asked anew."""
        assert enterprise == asked.enterprise
        await self._connection.execute(_FORGET, *asked.at)

    async def retire_everywhere(self, *, hours: int, limit: int = 1000) -> int:
        """Delete what was asked so long ago; returns how many."""
        status = await self._connection.execute(_RETIRE, hours, limit)
        return int(status.rpartition(" ")[2])
