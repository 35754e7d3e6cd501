"""What people do in YClients itself: book, move, cancel, mark who came, change a client."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from kommutator.twins.orders import OrderRefused
from kommutator.twins.yclients.call import number
from kommutator.twins.yclients.changes import DELETE, By
from kommutator.twins.yclients.clients_book import change_client, client_for
from kommutator.twins.yclients.company import Company
from kommutator.twins.yclients.local_time import read_local
from kommutator.twins.yclients.people import User
from kommutator.twins.yclients.records_book import (
    Draft,
    add_record,
    delete_record,
    lines_of,
    mark,
    move_record,
)
from kommutator.twins.yclients.rows import ATTENDANCES, Client, Record
from kommutator.twins.yclients.slots import is_free, length_of
from kommutator.twins.yclients.staff import Staff

if TYPE_CHECKING:
    from kommutator.twins.yclients.world import World

Json = dict[str, Any]


class Hands:
    """A user's hands in one branch. Orders are JSON, as `POST /_twin/act` takes them."""

    def __init__(self, world: World, company: Company, user: User | None = None) -> None:
        self._world = world
        self._company = company
        self._by = By(user or somebody(world, company))

    def create(self, order: Json) -> Record:
        """A record: `staff_id`, `services`, `datetime`; `client`, `length`, `comment`, `api_id`.

        Raises:
            ValueError: an order nobody could type in.
            OrderRefused: the time is taken or not worked, and not `anyway`.
        """
        staff = self._staff(order.get("staff_id"))
        services = [number(one) for one in order.get("services") or []]
        if unknown := [one for one in services if one not in self._company.services]:
            raise ValueError(f"no services {unknown}")
        length = number(order.get("length")) or length_of(staff, services, 0) or 3600
        start = self._time(order.get("datetime"))
        self._check(staff, start, length, order)
        draft = Draft(
            staff_id=staff.id,
            start=start,
            seance_length=length,
            services=lines_of(self._company, staff.id, services),
            client=self._client(order),
            comment=str(order.get("comment") or ""),
            attendance=_attendance(order.get("attendance", 0)),
            api_id=str(order.get("api_id") or ""),
            sms_remain_hours=number(order.get("sms_remain_hours")),
        )
        return add_record(self._world, self._company, draft, self._by)

    def move(self, order: Json) -> Record:
        """A record `id` to another `datetime`, `staff_id`, `length`.

        Raises:
            ValueError, OrderRefused: as `create`.
        """
        record = self._record(order)
        staff = self._staff(order.get("staff_id") or record.staff_id)
        start = self._time(order["datetime"]) if "datetime" in order else record.start
        length = number(order.get("length")) or record.seance_length
        self._check(staff, start, length + record.technical_break, order, but=record.id)
        move_record(
            self._world,
            self._company,
            record,
            self._by,
            start=start,
            staff_id=staff.id,
            seance_length=length,
        )
        return record

    def cancel(self, order: Json) -> Record:
        """Take record `id` out of the journal."""
        record = self._record(order)
        delete_record(self._world, self._company, record, self._by)
        return record

    def attendance(self, order: Json) -> Record:
        """Mark record `id`: `attendance` -1, 0, 1, 2."""
        record, wanted = self._record(order), _attendance(order.get("attendance"))
        mark(self._world, self._company, record, self._by, attendance=wanted)
        return record

    def comment(self, order: Json) -> Record:
        """Write the `comment` of record `id`."""
        record = self._record(order)
        text = str(order.get("comment") or "")
        mark(self._world, self._company, record, self._by, comment=text)
        return record

    def client(self, order: Json) -> Client:
        """A client: a new one by `fields` with a phone, or client `id` changed by `fields`."""
        fields = order.get("fields") or {}
        if "id" not in order:
            return client_for(self._world, self._company, fields, self._by)
        client = self._known(number(order["id"]))
        change_client(self._world, self._company, client, fields, self._by)
        return client

    def drop_client(self, order: Json) -> Client:
        """Delete client `id`."""
        client = self._known(number(order.get("id")))
        self._company.drop_client(client)
        self._world.changed(self._company, "client", client.id, DELETE, user=self._by.user)
        return client

    def _client(self, order: Json) -> Client | None:
        if number(order.get("client_id")):
            return self._known(number(order["client_id"]))
        facts = order.get("client")
        return client_for(self._world, self._company, facts, self._by) if facts else None

    def _known(self, wanted: int) -> Client:
        found = self._company.clients.get(wanted)
        if found is None:
            raise ValueError(f"no client {wanted}")
        return found

    def _record(self, order: Json) -> Record:
        found = self._company.records.get(number(order.get("id")))
        if found is None:
            raise ValueError(f"no record {order.get('id')}")
        if found.deleted:
            raise OrderRefused("the record is deleted")
        return found

    def _staff(self, wanted: Any) -> Staff:
        found = self._company.staff.get(number(wanted))
        if found is None:
            raise ValueError(f"no employee {wanted}")
        return found

    def _time(self, value: Any) -> datetime:
        found = read_local(self._company, value)
        if found is None:
            raise ValueError(f"no time: {value}")
        return found

    def _check(
        self, staff: Staff, start: datetime, seconds: int, order: Json, *, but: int = 0
    ) -> None:
        if not order.get("anyway") and not is_free(self._company, staff, start, seconds, but=but):
            raise OrderRefused("the time is taken or not worked")


def somebody(world: World, company: Company) -> User | None:
    """A person who works in the branch, not an application."""
    people = (one for one in world.users.values() if not one.is_system)
    return next((one for one in people if company.id in one.access), None)


def _attendance(value: Any) -> int:
    if value not in ATTENDANCES:
        raise ValueError(f"attendance is one of {ATTENDANCES}")
    return int(value)
