"""How long to wait before the next try."""

from __future__ import annotations


def backoff(attempt: int, *, first: float, longest: float, jitter: float) -> float:
    """Seconds after the `attempt`-th failed try (1 for the first): doubling, spread, capped.

    `jitter` in [0, 1) spreads the wait from half to one and a half, so that those who failed
    together do not come back together; 0.5 is the plain value.
    """
    doublings = min(attempt - 1, 32)  # beyond any cap, and floats stay finite
    return min(longest, first * 2.0**doublings * (0.5 + jitter))
