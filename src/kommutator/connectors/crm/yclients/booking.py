"""Wishes to book, told to the vendor, and its refusals in the house's words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kommutator.connectors.crm.yclients.errors import YClientsError
from kommutator.connectors.crm.yclients.records import own_mark
from kommutator.connectors.crm.yclients.values import moment, wire_phone
from kommutator.domain.salon.booking import BookingRefused, BookingWish, Refused
from kommutator.domain.salon.facts import Visit
from kommutator.kit.errors import ErrorKind

_OURS = 1  # the one appointment of each request
_BY_HINT = {
    "yclients_busy": Refused.TAKEN,
    "yclients_refused": Refused.OTHER,
}


def appointment(wish: BookingWish) -> dict[str, Any]:
    return {
        "id": _OURS,
        "services": list(wish.service_ids),
        "staff_id": wish.staff_id,
        "datetime": moment(wish.starts_at),
    }


def online_booking(wish: BookingWish) -> dict[str, Any]:
    """Body of `POST /book_record`. No e-mail is made up where the guest gave none."""
    body: dict[str, Any] = {
        "phone": wire_phone(wish.guest.phone),
        "fullname": wish.guest.name,
        "comment": wish.comment,
        "notify_by_sms": wish.remind_hours,
        "notify_by_email": 0,
        "api_id": wish.api_id,
        "appointments": [appointment(wish)],
    }
    if wish.guest.email:
        body["email"] = wish.guest.email
    if wish.code:
        body["code"] = wish.code
    return body


@contextmanager
def refusing() -> Iterator[None]:
    """A vendor's no to a visit becomes `BookingRefused`; everything else passes."""
    try:
        yield
    except YClientsError as error:
        reason = error.booking
        if reason is None and error.kind is ErrorKind.REJECTED:
            reason = _BY_HINT.get(error.hint or "")
        if reason is None and error.hint == "yclients_gone":
            reason = Refused.GONE  # "Услуга не найдена."
        if reason is None:
            raise
        raise BookingRefused(reason, error.message) from error


def is_of(visit: Visit, wish: BookingWish) -> bool:
    """Whether the wish made it: by our mark, else by who comes when for what.

    A mark of somebody else's tells another visit.
    """
    mark = own_mark(visit.api_id)
    if visit.deleted or mark is not None:
        return not visit.deleted and mark == wish.api_id
    services = tuple(sorted(booked.service_id for booked in visit.services))
    same_time = visit.starts_at == wish.starts_at.replace(tzinfo=None)
    same_what = services == tuple(sorted(wish.service_ids))
    same_staff = wish.staff_id in (0, visit.staff_id)
    return visit.client_phone == wish.guest.phone and same_time and same_what and same_staff
