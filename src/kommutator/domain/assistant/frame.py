"""What a client's words mean, in ids of the salon. Pure."""

from __future__ import annotations

from datetime import date, time
from enum import StrEnum

import msgspec


class Intent(StrEnum):
    BOOK = "book"
    MOVE = "move"
    CANCEL = "cancel"
    MY_VISIT = "my_visit"  # "when am I booked?"
    PRICE = "price"
    SERVICES = "services"  # "what do you do?"
    STAFF = "staff"  # "who works at yours?"
    ADDRESS = "address"
    HOURS = "hours"
    FREE = "free"  # "what is free on Friday?", "who is free at three?"
    CONFIRM = "confirm"  # "I shall come"
    LATE = "late"  # "I am running late"
    COMPLAINT = "complaint"
    PERSON = "person"  # "call an administrator"
    STOP = "stop"  # write me no more
    START = "start"  # write me again
    YES = "yes"
    NO = "no"
    CHOICE = "choice"  # "2", "the second one"
    GREETING = "greeting"
    THANKS = "thanks"
    INFORM = "inform"  # no question and no wish, but parts of one: "tomorrow at six", "Anna"
    OTHER = "other"


class When(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which time is meant, in the salon's zone.

    Attributes:
        first, last: days, both inclusive; equal for one day; None: no day was named.
        at: the exact start; else it lies in [`after`, `before`), either may be open.
        soonest: "as soon as possible".
    """

    first: date | None = None
    last: date | None = None
    at: time | None = None
    after: time | None = None
    before: time | None = None
    soonest: bool = False

    @property
    def says_day(self) -> bool:
        return self.first is not None

    @property
    def says_time(self) -> bool:
        return self.at is not None or self.after is not None or self.before is not None


class Frame(msgspec.Struct, frozen=True, omit_defaults=True):
    """One turn of a client, understood.

    Attributes:
        services: the vendor's ids, in the order they were named.
        maybe_services: the words fit several services; the client must say which.
        staff: the vendor's id of the employee who was named.
        any_staff: "it does not matter who".
        usual_staff: "with my usual one".
        choice: from 1, of what was offered last; -1: the last of them.
        stars: 1 to 5, where a rating was asked.
        name: how the client calls themselves ("I am Oleg"), as written.
        phone: E.164, written into the message.
        repaired: an earlier part of the same turn was taken back ("no, rather on Friday").
        unclear: words that look like a service, a day or a name and are none that we know.
        language: ru, uk or en.
    """

    intent: Intent
    services: tuple[int, ...] = ()
    maybe_services: tuple[int, ...] = ()
    staff: int | None = None
    any_staff: bool = False
    usual_staff: bool = False
    when: When = When()
    choice: int | None = None
    stars: int | None = None
    name: str | None = None
    phone: str | None = None
    repaired: bool = False
    unclear: tuple[str, ...] = ()
    language: str = "ru"


class Expecting(StrEnum):
    """What we asked last: it decides what a bare "2" or "at six" means."""

    NOTHING = "nothing"
    SERVICE = "service"
    STAFF = "staff"
    DAY = "day"
    TIME = "time"
    CHOICE = "choice"  # one of the offered times or visits
    YES_OR_NO = "yes_or_no"
    NAME = "name"
    PHONE = "phone"
    REMINDER = "reminder"  # 1: I come, 2: move it, 3: cancel it
    STARS = "stars"


class Named(msgspec.Struct, frozen=True):
    """A service or an employee as clients may call it; `aliases`: the salon's own words."""

    id: int
    name: str
    aliases: tuple[str, ...] = ()


class Vocabulary(msgspec.Struct, frozen=True):
    """What can be named in this salon. `opens`, `closes`: decide what "at seven" means."""

    services: tuple[Named, ...] = ()
    staff: tuple[Named, ...] = ()
    opens: time = time(9)
    closes: time = time(21)
