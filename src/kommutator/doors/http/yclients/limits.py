"""How often a stranger may knock at the doors that are open to all, by address and process."""

from __future__ import annotations

from fastapi import Request

from kommutator.kit.clock import Clock
from kommutator.kit.errors import TooMany
from kommutator.kit.throttle import Throttle


class Limits:
    """Arrivals cost the vendor's allowance, so they are few; a vendor's notices come in storms."""

    def __init__(self, clock: Clock) -> None:
        self.arrivals = Throttle(0.5, 20, clock)
        self.pages = Throttle(5, 60, clock)
        self.notices = Throttle(20, 200, clock)
        self.news = Throttle(200, 2_000, clock)  # of all salons, from the vendor's few addresses
        self.wrong = Throttle(10 / 60, 10, clock)


def limits_of(request: Request) -> Limits:
    limits: Limits = request.app.state.yclients_limits
    return limits


def take(request: Request, throttle: Throttle) -> None:
    """Count this request of the caller's neighbourhood. Raises TooMany: `too_many_requests`."""
    if wait := throttle.take(address_of(request)):
        raise TooMany("too_many_requests", retry_after=wait)


def demand_patience(request: Request) -> None:
    """Whoever was wrong too often waits, before anything is looked at. Raises TooMany."""
    if wait := limits_of(request).wrong.wait(address_of(request)):
        raise TooMany("too_many_requests", retry_after=wait)


def note_wrong(request: Request) -> None:
    """The caller guessed a secret and was wrong."""
    limits_of(request).wrong.take(address_of(request))


def address_of(request: Request) -> str:
    neighbourhood: str = request.state.client.neighbourhood
    return neighbourhood
