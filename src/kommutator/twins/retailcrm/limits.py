"""Token buckets: 10 requests a second from one address, 40 for telephony (contract §1.2)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class TokenBucket:
    """Refills evenly and holds at most one second's worth."""

    rate: float
    tokens: float
    filled_at: float

    def take(self, now: float) -> bool:
        """Take one token at monotonic second `now`; False when there is none."""
        self.tokens = min(self.rate, self.tokens + (now - self.filled_at) * self.rate)
        self.filled_at = now
        if self.tokens < 1.0:
            return False
        self.tokens -= 1.0
        return True


class Buckets:
    """One bucket per name, made when first asked for."""

    def __init__(self) -> None:
        self._buckets: dict[str, TokenBucket] = {}

    def take(self, name: str, rate: float, now: float) -> bool:
        """Take a token of bucket `name` with `rate` requests per second."""
        bucket = self._buckets.get(name)
        if bucket is None or bucket.rate != rate:
            bucket = self._buckets[name] = TokenBucket(rate, rate, now)
        return bucket.take(now)

    def clear(self) -> None:
        """Fill all buckets."""
        self._buckets.clear()
