"""Visits made, moved, cancelled, confirmed: implements `domain.salon.ports.SalonWriter`.

There is no idempotency key (contract §1.4): nothing is repeated here, and what may have been done
is UNSURE until `find` has looked. A replace takes the whole record, so it is read just before.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from kommutator.connectors.crm.yclients.booking import (
    appointment,
    is_of,
    online_booking,
    refusing,
)
from kommutator.connectors.crm.yclients.client import YClientsClient, YClientsClients
from kommutator.connectors.crm.yclients.errors import YClientsError
from kommutator.connectors.crm.yclients.manifest import MAX_PAGES
from kommutator.connectors.crm.yclients.reads import YClientsReader, salon_of
from kommutator.connectors.crm.yclients.records import (
    hides_client,
    read_visit,
    replacement,
)
from kommutator.connectors.crm.yclients.schemas import read_comment
from kommutator.connectors.crm.yclients.values import as_flag, as_id, moment, wire_phone
from kommutator.connectors.crm.yclients.wire import Reply
from kommutator.domain.connection import Account
from kommutator.domain.salon.booking import BookingRefused, BookingWish, Made, Refused
from kommutator.domain.salon.facts import Attendance, Service, Visit
from kommutator.domain.salon.ports import VisitQuery
from kommutator.kit.errors import ErrorKind
from kommutator.kit.plain_json import as_text

_NOT_THIS_WAY = frozenset({"yclients_rights", "yclients_gone", "yclients_method_unknown"})
"""How the light way says that it does not serve a record, such as one not booked online."""


class YClientsWriter:
    """Raises `YClientsError`, or `BookingRefused` where a visit is not taken."""

    def __init__(self, clients: YClientsClients) -> None:
        self._clients = clients
        self._reader = YClientsReader(clients)

    async def check(self, account: Account, wish: BookingWish) -> None:
        client = self._clients.of(account)
        path = f"/book_check/{salon_of(account)}"
        with refusing():
            await client.search(path, {"appointments": [appointment(wish)]}, user=False)

    async def book(self, account: Account, wish: BookingWish) -> Made:
        client = self._clients.of(account)
        with refusing():
            path = f"/book_record/{salon_of(account)}"
            reply = await client.post(path, online_booking(wish), user=False)
        made = reply.map
        record = as_id(made.get("record_id")) or as_id(made.get("id"))
        return Made(_named(record, reply), as_text(made.get("record_hash")))

    async def find(self, account: Account, wish: BookingWish) -> Visit | None:
        """Looks through the visits of the wished day; by the mark, else by guest and time."""
        day = wish.starts_at.date()
        alike: Visit | None = None
        for number in range(1, MAX_PAGES + 1):
            page = await self._reader.visits(
                account, VisitQuery(number, days_from=day, days_to=day)
            )
            found = [visit for visit in page.items if is_of(visit, wish)]
            marked = next((visit for visit in found if visit.api_id == wish.api_id), None)
            if marked is not None:
                return marked
            alike = alike or next(iter(found), None)
            if not page.more:
                break
        return alike

    async def put(self, account: Account, wish: BookingWish, *, save_if_busy: bool = False) -> Made:
        """Two requests: the services tell prices and how long this employee takes."""
        if not wish.staff_id:
            raise BookingRefused(Refused.NOBODY, "the journal wants a named employee")
        services = await self._wished(account, wish)
        body: dict[str, Any] = {
            "staff_id": wish.staff_id,
            "services": [_priced(service) for service in services],
            "client": _guest(wish),
            "save_if_busy": save_if_busy,
            "datetime": moment(wish.starts_at),
            "seance_length": sum(
                service.staff_s.get(wish.staff_id, service.duration_s) for service in services
            ),
            "send_sms": False,
            "comment": wish.comment,
            "sms_remain_hours": wish.remind_hours,
            "email_remain_hours": 0,
            "attendance": int(Attendance.WAITING),
            "api_id": wish.api_id,
        }
        with refusing():
            reply = await self._clients.of(account).post(f"/records/{salon_of(account)}", body)
        made = reply.map
        token = as_text(made.get("record_hash"))
        return Made(_named(as_id(made.get("id")), reply), token)

    async def move(
        self, account: Account, visit: Visit, starts_at: datetime, staff_id: int | None = None
    ) -> None:
        """The record is read, then moved the light way; replaced as a whole where that fails.

        Raises:
            YClientsError: GONE: cancelled meanwhile; `yclients_client_hidden`: a replace would
                lose the client, whose number our user may not see.
        """
        client, salon = self._clients.of(account), salon_of(account)
        item = await _standing(client, salon, visit.id)
        now = read_visit(item)
        employee = staff_id or (visit.staff_id if now is None else now.staff_id)
        if (now is None or employee == now.staff_id) and await _moved_lightly(
            client, salon, item, starts_at
        ):
            return
        if hides_client(item):
            raise YClientsError(
                ErrorKind.REJECTED, "the client's number is hidden", hint="yclients_client_hidden"
            )
        body = replacement(item, starts=moment(starts_at), staff_id=employee)
        with refusing():
            await client.put(f"/record/{salon}/{visit.id}", body)

    async def cancel(self, account: Account, visit: Visit) -> None:
        client = self._clients.of(account)
        try:
            await client.delete(f"/record/{salon_of(account)}/{visit.id}")
        except YClientsError as error:
            if error.kind is not ErrorKind.GONE or error.hint == "yclients_salon_gone":
                raise

    async def attend(self, account: Account, visit: Visit, attendance: Attendance) -> None:
        """Two requests: the comment must be sent along, so it is read just before."""
        client, salon = self._clients.of(account), salon_of(account)
        item = await _standing(client, salon, visit.id)
        visit_id = as_id(item.get("visit_id")) or visit.visit_id
        body = {"attendance": int(attendance), "comment": read_comment(item)}
        await client.put(f"/visits/{visit_id}/{visit.id}", body)

    async def _wished(self, account: Account, wish: BookingWish) -> Sequence[Service]:
        known = {service.id: service for service in await self._reader.services(account)}
        missing = [one for one in wish.service_ids if one not in known]
        if missing or not wish.service_ids:
            raise BookingRefused(Refused.GONE, "no such service")
        return [known[one] for one in wish.service_ids]


async def _standing(client: YClientsClient, salon: int, record_id: int) -> dict[str, Any]:
    """The record as it is now; GONE if it was taken out of the journal."""
    reply = await client.get(f"/record/{salon}/{record_id}")
    if as_id(reply.map.get("id")) is None or as_flag(reply.map.get("deleted")):
        raise YClientsError(
            ErrorKind.GONE,
            "the record was cancelled",
            hint="yclients_gone",
            exchange=reply.exchange,
        )
    return reply.map


async def _moved_lightly(
    client: YClientsClient, salon: int, item: dict[str, Any], starts_at: datetime
) -> bool:
    """False where this way does not serve the record. A busy time is refused by both ways."""
    body = {"datetime": moment(starts_at), "comment": read_comment(item)}
    try:
        with refusing():
            await client.put(f"/book_record/{salon}/{item['id']}", body, quiet=True)
    except BookingRefused as refused:
        if refused.reason in (Refused.OTHER, Refused.GONE):
            return False
        raise
    except YClientsError as error:
        if error.hint in _NOT_THIS_WAY:
            return False
        raise
    return True


def _named(record: int | None, reply: Reply) -> int:
    if record is not None:
        return record
    raise YClientsError(
        ErrorKind.UNSURE, "the answer does not name the record", exchange=reply.exchange
    )


def _guest(wish: BookingWish) -> dict[str, Any]:
    guest = {"phone": wire_phone(wish.guest.phone), "name": wish.guest.name}
    return {**guest, "email": wish.guest.email} if wish.guest.email else guest


def _priced(service: Service) -> dict[str, Any]:
    price = service.price_min
    return {"id": service.id, "first_cost": price, "discount": 0, "cost": price}
