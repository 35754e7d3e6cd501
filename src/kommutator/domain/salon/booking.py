"""Wishes to book, free starts, and why a wish was refused. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kommutator.kit.errors import ErrorKind, VendorError


@dataclass(frozen=True, slots=True)
class Guest:
    """Who comes. `phone` is E.164."""

    phone: str
    name: str
    email: str | None = None


@dataclass(frozen=True, slots=True)
class BookingWish:
    """One visit that shall be.

    Attributes:
        staff_id: 0: anybody who can.
        starts_at: without a zone, the salon's time.
        api_id: our own mark; how the visit is found again when an answer was lost.
        code: the SMS code, where the salon asks for it.
    """

    staff_id: int
    service_ids: tuple[int, ...]
    starts_at: datetime
    guest: Guest
    api_id: str
    comment: str = ""
    code: str | None = None
    remind_hours: int = 0


@dataclass(frozen=True, slots=True)
class Start:
    """One free start of one employee; `seance_s`: how long these services take them."""

    staff_id: int
    starts_at: datetime
    seance_s: int


@dataclass(frozen=True, slots=True)
class Made:
    """A visit that now is. `found_again`: made by an attempt whose answer was lost."""

    record_id: int
    token: str | None = None
    found_again: bool = False


class Refused(StrEnum):
    """Why a salon does not take a wish; the value ends the slug `booking_<value>` of its words."""

    BAD_PHONE = "bad_phone"  # 431
    BAD_CODE = "bad_code"  # 432
    TAKEN = "taken"  # 433
    BLACKLISTED = "blacklisted"  # 434
    NO_NAME = "no_name"  # 435
    NOBODY = "nobody"  # 436
    OVERLAP = "overlap"  # 437
    GONE = "gone"  # 438
    OTHER = "other"


class BookingRefused(VendorError):
    """The booking system said no, for a reason a person can act on."""

    def __init__(self, reason: Refused, message: str) -> None:
        super().__init__(ErrorKind.REJECTED, message, hint=f"booking_{reason.value}")
        self.reason = reason
