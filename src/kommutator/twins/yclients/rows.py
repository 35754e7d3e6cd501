"""Clients, records of visits, group events and reviews of a branch."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

Json = dict[str, Any]

NO_SHOW, WAITING, CAME, CONFIRMED = -1, 0, 1, 2
ATTENDANCES = (NO_SHOW, WAITING, CAME, CONFIRMED)


@dataclass
class Client:
    """A client of a branch. `phone` is digits only; moments are epoch seconds."""

    id: int
    name: str
    phone: str = ""
    surname: str = ""
    patronymic: str = ""
    email: str = ""
    categories: list[Json] = field(default_factory=list)
    sex_id: int = 0
    discount: float = 0
    importance_id: int = 0
    card: str = ""
    birth_date: str = ""
    comment: str = ""
    sms_check: int = 0
    sms_not: int = 0
    spent: float = 0
    balance: float = 0
    success_visits: int = 0
    fail_visits: int = 0
    custom_fields: Json = field(default_factory=dict)
    comments: list[Json] = field(default_factory=list)
    changed_at: float = 0.0

    @property
    def display_name(self) -> str:
        """Name and surname as the journal shows them."""
        return " ".join(part for part in (self.name, self.patronymic, self.surname) if part)


@dataclass
class ServiceLine:
    """A service inside a record, with its prices."""

    id: int
    title: str
    first_cost: float = 0
    discount: float = 0
    cost: float = 0
    amount: int = 1


@dataclass
class Record:
    """A visit to one employee. `start` is branch-local; `created_at`, `changed_at` epoch seconds.

    Records of one booking share `visit_id`. `hash` opens the record to whoever booked it.
    `source`: "api" (a partner's call), "online" (a booking form) or "hand" (the journal).
    """

    id: int
    company_id: int
    staff_id: int
    visit_id: int
    start: datetime
    seance_length: int
    hash: str
    services: list[ServiceLine] = field(default_factory=list)
    client_id: int | None = None
    comment: str = ""
    visit_comment: str = ""
    attendance: int = WAITING
    online: bool = False
    technical_break: int = 0
    api_id: str = ""
    sms_remain_hours: int = 0
    email_remain_hours: int = 0
    sms_now: int = 0
    email_now: int = 0
    custom_color: str = ""
    labels: list[Json] = field(default_factory=list)
    custom_fields: Json = field(default_factory=dict)
    master_request: int = 1
    activity_id: int = 0
    created_user_id: int = 0
    created_at: float = 0.0
    changed_at: float = 0.0
    deleted: bool = False
    review_requested: int = 0
    record_from: str = ""
    is_mobile: int = 0
    bookform_id: int = 0
    document_id: int = 0

    @property
    def busy_seconds(self) -> int:
        """How long the employee is taken, the technical break after it included."""
        return self.seance_length + self.technical_break

    @property
    def end(self) -> datetime:
        """When the visit ends, branch-local, without the break."""
        return self.start + timedelta(seconds=self.seance_length)


@dataclass
class Activity:
    """A group event."""

    id: int
    company_id: int
    service_id: int
    staff_id: int
    start: datetime
    length: int
    capacity: int


@dataclass
class Review:
    """A review of the branch (`type` 0) or of an employee (1). `at` in epoch seconds."""

    id: int
    type: int
    master_id: int
    text: str
    rating: int
    user_id: int
    user_name: str
    at: float
    record_id: int = 0
