"""One branch and everything it holds."""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from kommutator.twins.yclients.rows import Activity, Client, Record, Review
from kommutator.twins.yclients.staff import Staff

Json = dict[str, Any]

# Seconds from midnight, local: from and to.
Span = tuple[int, int]


@dataclass
class Category:
    """A category of services."""

    id: int
    title: str
    salon_service_id: int
    weight: int = 0
    api_id: str = ""


@dataclass
class Service:
    """A service; how long it takes is each employee's own (`Staff.lengths`). Prices in roubles."""

    id: int
    title: str
    category_id: int
    salon_service_id: int
    price_min: float = 0
    price_max: float = 0
    duration: int = 3600
    discount: float = 0
    comment: str = ""
    weight: int = 0
    active: bool = True
    online: bool = True
    api_id: str = ""
    # Bookable in steps of so many seconds.
    step: int = 900


@dataclass
class Settings:
    """The branch's rules of online booking."""

    confirm_number: bool = False
    any_master: bool = True
    # No slot begins sooner than so many minutes from now.
    seance_delay_step: int = 0
    activity_online_record_clients_count_max: int = 1
    allow_delete_record: bool = True
    allow_change_record: bool = True
    # Seconds before the visit after which a client may no longer cancel or move.
    allow_delete_record_delay_step: int = 0
    allow_change_record_delay_step: int = 0


@dataclass
class License:
    """Until when the branch is paid for (branch-local date, inclusive)."""

    start: date
    end: date
    staff_limit: int = 15
    name: str = "Старт"


@dataclass
class Company:
    """A branch ("филиал"). Times inside are branch-local and naive; moments are epoch seconds."""

    id: int
    title: str
    group_id: int
    license: License
    timezone_name: str = "Europe/Moscow"
    country_id: int = 1
    country: str = "Россия"
    city_id: int = 1
    city: str = "Москва"
    address: str = ""
    phone: str = ""
    site: str = ""
    short_descr: str = "Салон красоты"
    schedule: str = ""
    active: bool = True
    coordinate_lat: float = 55.75
    coordinate_lon: float = 37.62
    bookform_id: int = 0
    settings: Settings = field(default_factory=Settings)
    categories: dict[int, Category] = field(default_factory=dict)
    services: dict[int, Service] = field(default_factory=dict)
    staff: dict[int, Staff] = field(default_factory=dict)
    clients: dict[int, Client] = field(default_factory=dict)
    records: dict[int, Record] = field(default_factory=dict)
    activities: dict[int, Activity] = field(default_factory=dict)
    reviews: list[Review] = field(default_factory=list)
    # Codes sent by SMS, by phone digits.
    codes: dict[str, str] = field(default_factory=dict)
    blacklist: set[str] = field(default_factory=set)
    # (employee, day) -> sorted (from, to, "record" | "activity", id); deleted records are not here.
    _busy: dict[tuple[int, date], list[tuple[int, int, str, int]]] = field(default_factory=dict)
    _clients_by_phone: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.zone = ZoneInfo(self.timezone_name)

    def local(self, moment: datetime) -> datetime:
        """An aware moment as the clock on the branch's wall shows it, naive."""
        return moment.astimezone(self.zone).replace(tzinfo=None)

    def moment(self, local: datetime) -> datetime:
        """A local time as an aware moment."""
        return local.replace(tzinfo=self.zone)

    def busy(self, staff_id: int, day: date) -> list[tuple[int, int, str, int]]:
        """What takes the employee's time that day, sorted."""
        return self._busy.get((staff_id, day), [])

    def put_record(self, record: Record) -> None:
        """Take a record in; call `take_off` before changing its time, employee or deletion."""
        self.records[record.id] = record
        if not record.deleted:
            self._hold(record.staff_id, record.start, record.busy_seconds, "record", record.id)

    def take_off(self, record: Record) -> None:
        """Free the record's time."""
        self._free(record.staff_id, record.start, "record", record.id)

    def put_activity(self, activity: Activity) -> None:
        """Take a group event in."""
        self.activities[activity.id] = activity
        self._hold(activity.staff_id, activity.start, activity.length, "activity", activity.id)

    def put_client(self, client: Client) -> None:
        """Take a client in, or note that the phone has changed."""
        self.clients[client.id] = client
        if client.phone:
            self._clients_by_phone.setdefault(client.phone, client.id)

    def drop_client(self, client: Client) -> None:
        """Forget a client; records keep what they show."""
        self.clients.pop(client.id, None)
        self.forget_phone(client)

    def forget_phone(self, client: Client) -> None:
        """The client is no longer found by the phone; call before changing it."""
        if self._clients_by_phone.get(client.phone) == client.id:
            del self._clients_by_phone[client.phone]

    def client_of_phone(self, digits: str) -> Client | None:
        """A client by the phone's digits."""
        number = self._clients_by_phone.get(digits)
        return self.clients.get(number) if number is not None else None

    def licensed(self, today: date) -> bool:
        """Whether the branch is paid for."""
        return today <= self.license.end

    def _hold(self, staff_id: int, start: datetime, seconds: int, kind: str, number: int) -> None:
        begin = start.hour * 3600 + start.minute * 60 + start.second
        row = (begin, begin + seconds, kind, number)
        insort(self._busy.setdefault((staff_id, start.date()), []), row)

    def _free(self, staff_id: int, start: datetime, kind: str, number: int) -> None:
        rows = self._busy.get((staff_id, start.date()), [])
        rows[:] = [row for row in rows if row[2:] != (kind, number)]
