"""The words of one salon, from what its booking system holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import time

from kommutator.domain.assistant.frame import Named, Vocabulary
from kommutator.domain.salon.facts import Service, StaffMember

_NO_ALIASES: Mapping[int, tuple[str, ...]] = {}


def vocabulary_of(
    services: Sequence[Service],
    staff: Sequence[StaffMember],
    *,
    opens: time = time(9),
    closes: time = time(21),
    service_aliases: Mapping[int, tuple[str, ...]] = _NO_ALIASES,
    staff_aliases: Mapping[int, tuple[str, ...]] = _NO_ALIASES,
) -> Vocabulary:
    """What clients can name: services that are sold, people who can be booked.

    Args:
        services, staff: of the salon's copy; inactive, dismissed and hidden ones are left out.
        opens, closes: the widest hours of the coming days, in the salon's time.
        service_aliases, staff_aliases: the tenant's own words, by the vendor's id.
    """
    return Vocabulary(
        services=tuple(
            Named(one.id, one.title, service_aliases.get(one.id, ()))
            for one in services
            if one.active
        ),
        staff=tuple(
            Named(one.id, one.name, staff_aliases.get(one.id, ()))
            for one in staff
            if one.bookable and not one.hidden and not one.fired
        ),
        opens=opens,
        closes=closes,
    )
