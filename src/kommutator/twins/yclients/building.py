"""Branches, services, staff, shifts and users out of orders of the control paths."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfoNotFoundError

from kommutator.twins.yclients import phones
from kommutator.twins.yclients.company import Category, Company, License, Service, Span
from kommutator.twins.yclients.local_time import read_clock, read_local
from kommutator.twins.yclients.people import User
from kommutator.twins.yclients.permissions import tree
from kommutator.twins.yclients.rows import Activity
from kommutator.twins.yclients.staff import Staff

if TYPE_CHECKING:
    from kommutator.twins.yclients.world import World

Json = dict[str, Any]

LICENCE_DAYS = 365


def company(world: World, order: Json) -> Company:
    """A new branch of the first chain; people who work in that chain may enter.

    Raises:
        ValueError: a taken id or an unknown time zone.
    """
    number = int(order.get("id") or world.next_id("company"))
    if number in world.companies:
        raise ValueError(f"company {number} exists")
    group = next(iter(world.groups.values()))
    today = world.core.clock.now().date()
    try:
        made = Company(
            id=number,
            title=str(order.get("title") or f"Салон {number}"),
            group_id=group.id,
            license=License(today, today + timedelta(LICENCE_DAYS)),
            timezone_name=str(order.get("timezone") or "Europe/Moscow"),
            bookform_id=world.next_id("bookform"),
        )
    except (ZoneInfoNotFoundError, OSError) as wrong:
        raise ValueError(f"no time zone {order.get('timezone')}") from wrong
    world.companies[number] = made
    for user in world.users.values():
        if not user.is_system and set(group.company_ids) <= set(user.access):
            user.access[number] = tree()
    group.company_ids.append(number)
    return made


def change_company(world: World, branch: Company, order: Json) -> None:
    """`title`, `license_end` (a date or days from today), `settings`, `blacklist`.

    Raises:
        ValueError: a setting nobody has.
    """
    if "license_end" in order:
        end = order["license_end"]
        today = world.today(branch)
        branch.license.end = (
            today + timedelta(end) if isinstance(end, int) else date.fromisoformat(str(end))
        )
    for name, value in (order.get("settings") or {}).items():
        if not hasattr(branch.settings, name):
            raise ValueError(f"no setting {name}")
        setattr(branch.settings, name, value)
    if "blacklist" in order:
        branch.blacklist = {phones.digits_of(one) for one in order["blacklist"]}
    branch.title = str(order.get("title") or branch.title)


def service(world: World, branch: Company, order: Json) -> Service:
    """A service, new or by `id`; its category is found by title or made."""
    if "id" in order:
        found = branch.services.get(int(order["id"]))
        if found is None:
            raise ValueError(f"no service {order['id']}")
    else:
        found = Service(
            id=world.next_id("service"),
            title="",
            category_id=0,
            salon_service_id=world.next_id("salon_service"),
        )
    if "category" in order or not found.category_id:
        found.category_id = _category(world, branch, str(order.get("category") or "Услуги")).id
    found.title = str(order.get("title") or found.title or f"Услуга {found.id}")
    if "minutes" in order:
        found.duration = int(order["minutes"]) * 60
    if "price" in order:
        found.price_min = found.price_max = order["price"]
    found.active = bool(order.get("active", found.active))
    found.online = bool(order.get("online", found.online))
    found.step = int(order.get("step", found.step))
    branch.services[found.id] = found
    return found


def staff(world: World, branch: Company, order: Json) -> Staff:
    """An employee, new or by `id`. `lengths`: service id -> minutes; a list: the usual time.

    Raises:
        ValueError: an unknown employee or service.
    """
    if "id" in order:
        found = branch.staff.get(int(order["id"]))
        if found is None:
            raise ValueError(f"no employee {order['id']}")
    else:
        number = world.next_id("staff")
        found = Staff(number, f"Мастер {number}", branch.id)
    for name in ("name", "specialization", "position", "information"):
        if name in order:
            setattr(found, name, str(order[name]))
    for name in ("hidden", "fired", "bookable"):
        if name in order:
            setattr(found, name, bool(order[name]))
    found.weight = int(order.get("weight", found.weight))
    if "lengths" in order:
        found.lengths = _lengths(branch, order["lengths"])
    branch.staff[found.id] = found
    return found


def schedule(branch: Company, order: Json) -> Staff:
    """Shifts of an employee: `slots` (`[{"from", "to"}]`) on `dates`, or every day of a period.

    Raises:
        ValueError: an unknown employee, a day or a time that is none.
    """
    found = branch.staff.get(int(order["staff_id"]))
    if found is None:
        raise ValueError(f"no employee {order['staff_id']}")
    spans = _spans(order.get("slots") or [])
    for day in _days(order):
        if spans:
            found.shifts[day] = list(spans)
        else:
            found.shifts.pop(day, None)
    return found


def activity(world: World, branch: Company, order: Json) -> Activity:
    """A group event."""
    start = read_local(branch, order.get("datetime"))
    if start is None or int(order["staff_id"]) not in branch.staff:
        raise ValueError("a group event needs staff_id and datetime")
    made = Activity(
        id=world.next_id("activity"),
        company_id=branch.id,
        service_id=int(order["service_id"]),
        staff_id=int(order["staff_id"]),
        start=start,
        length=int(order.get("minutes", 60)) * 60,
        capacity=int(order.get("capacity", 10)),
    )
    if made.service_id not in branch.services:
        raise ValueError(f"no service {made.service_id}")
    branch.put_activity(made)
    return made


def user(world: World, order: Json) -> User:
    """A new user without any branch, or `user` with a new password: the token changes with it."""
    if "user" in order:
        found = world.user(order["user"])
        found.password = str(order["password"])
        found.token = world.hash_of("token", world.next_id("token"))
    else:
        number = world.next_id("user")
        found = User(
            id=number,
            name=str(order.get("name") or f"Пользователь {number}"),
            login=str(order.get("login") or f"user{number}@salon.example"),
            password=str(order.get("password") or world.hash_of("password", number)),
            token=world.hash_of("token", world.next_id("token")),
        )
    world.add_user(found)
    return found


def _category(world: World, branch: Company, title: str) -> Category:
    for known in branch.categories.values():
        if known.title == title:
            return known
    made = Category(world.next_id("category"), title, world.next_id("salon_service"))
    branch.categories[made.id] = made
    return made


def _lengths(branch: Company, wanted: Any) -> dict[int, int]:
    if isinstance(wanted, list):
        wanted = {number: branch.services[int(number)].duration // 60 for number in wanted}
    found = {int(number): int(minutes) * 60 for number, minutes in wanted.items()}
    if unknown := sorted(found.keys() - branch.services.keys()):
        raise ValueError(f"no services {unknown}")
    return found


def _spans(slots: list[Json]) -> list[Span]:
    found: list[Span] = []
    for slot in slots:
        begin, end = read_clock(slot.get("from")), read_clock(slot.get("to"))
        if begin is None or end is None or begin >= end:
            raise ValueError(f"no working time: {slot}")
        found.append((begin, end))
    return sorted(found)


def _days(order: Json) -> list[date]:
    if "dates" in order:
        return [date.fromisoformat(str(word)) for word in order["dates"]]
    first, last = (date.fromisoformat(str(order[name])) for name in ("from", "to"))
    return [first + timedelta(n) for n in range((last - first).days + 1)]
