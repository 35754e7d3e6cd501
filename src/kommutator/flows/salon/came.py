"""What comes of a wish to book."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kommutator.domain.salon.booking import Made, Refused, Start
from kommutator.store.salon_bookings import Booking


@dataclass(frozen=True, slots=True)
class Done:
    """`visit_kept`: our copy has the visit already."""

    booking: Booking
    made: Made
    visit_kept: bool


@dataclass(frozen=True, slots=True)
class Declined:
    """The salon does not take it. `words`: the vendor's, if it was asked."""

    reason: Refused
    alternatives: Sequence[Start] = ()
    words: str = ""


@dataclass(frozen=True, slots=True)
class Unclear:
    """Nobody knows yet; it is being looked for under this id."""

    booking: Booking


Came = Done | Declined | Unclear


def outcome_of(came: Came) -> str:
    if isinstance(came, Unclear):
        return "unsure"
    if isinstance(came, Declined):
        return came.reason.value
    return "found_again" if came.made.found_again else "made"
