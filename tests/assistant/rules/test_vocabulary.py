from __future__ import annotations

from datetime import time

from kommutator.assistant.rules.vocabulary import vocabulary_of
from kommutator.domain.assistant.frame import Named
from kommutator.domain.salon.facts import Service, StaffMember


def test_only_what_can_be_booked_can_be_named() -> None:
    vocabulary = vocabulary_of(
        [Service(1, "Маникюр"), Service(2, "Старая услуга", active=False)],
        [
            StaffMember(1, "Анна"),
            StaffMember(2, "Ушла", fired=True),
            StaffMember(3, "Не пишется", bookable=False),
            StaffMember(4, "Скрыта", hidden=True),
        ],
        opens=time(10),
        closes=time(20),
        service_aliases={1: ("ноготочки",)},
        staff_aliases={1: ("Нюта",)},
    )
    assert vocabulary.services == (Named(1, "Маникюр", ("ноготочки",)),)
    assert vocabulary.staff == (Named(1, "Анна", ("Нюта",)),)
    assert (vocabulary.opens, vocabulary.closes) == (time(10), time(20))
