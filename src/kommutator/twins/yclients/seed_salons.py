"""Three branches of a chain: who works there, what they do, who are the clients."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING

from kommutator.twins.yclients.company import Category, Company, License, Service
from kommutator.twins.yclients.rows import Client
from kommutator.twins.yclients.seed_journal import fill_journal
from kommutator.twins.yclients.staff import Staff

if TYPE_CHECKING:
    from kommutator.twins.yclients.world import World

HOUR, MINUTE = 3600, 60
SCHEDULE_DAYS_BACK, SCHEDULE_DAYS_AHEAD = 30, 60


@dataclass(frozen=True)
class Branch:
    """What the seed says of a branch. Masters: name, specialization, category, work pattern."""

    id: int
    title: str
    address: str
    phone: str
    masters: tuple[tuple[str, str, tuple[str, ...], str], ...]


# Category -> services: title, roubles from and to, minutes.
SERVICES: dict[str, tuple[tuple[str, int, int, int], ...]] = {
    "Стрижки": (
        ("Стрижка женская", 1800, 2600, 60),
        ("Стрижка мужская", 1200, 1600, 45),
        ("Стрижка детская", 900, 900, 30),
        ("Укладка", 1300, 1900, 45),
        ("Стрижка чёлки", 500, 500, 15),
    ),
    "Окрашивание": (
        ("Окрашивание корней", 3200, 3900, 120),
        ("Окрашивание в один тон", 4500, 6500, 150),
        ("Мелирование", 5200, 7800, 180),
    ),
    "Ногти": (
        ("Маникюр классический", 1100, 1100, 60),
        ("Маникюр с покрытием гель-лак", 2100, 2400, 105),
        ("Педикюр", 2600, 2900, 90),
        ("Снятие покрытия", 400, 400, 30),
    ),
    "Брови и ресницы": (
        ("Коррекция бровей", 800, 800, 30),
        ("Окрашивание бровей", 900, 900, 30),
        ("Ламинирование ресниц", 2500, 2500, 75),
    ),
    "Массаж": (
        ("Массаж спины", 1900, 1900, 40),
        ("Массаж общий", 3400, 3400, 80),
    ),
}
BRANCHES = (
    Branch(
        962302,
        "Черновик на Образцовой",
        "ул. Образцовая, 12",
        "+7 000 000-03-01",
        (
            ("Мария Тестова", "Парикмахер-стилист", ("Стрижки", "Окрашивание"), "2/2"),
            ("Ольга Примерова", "Парикмахер", ("Стрижки",), "2/2 после"),
            ("Елена Макетова", "Мастер маникюра", ("Ногти",), "5/2"),
            ("Дарья Чертёжная", "Бровист", ("Брови и ресницы",), "5/2"),
        ),
    ),
    Branch(
        962303,
        "Черновик у парка",
        "Парковая аллея, 3",
        "+7 000 000-03-02",
        (
            ("Анна Эскизова", "Парикмахер-колорист", ("Стрижки", "Окрашивание"), "5/2"),
            ("Светлана Пробникова", "Мастер маникюра", ("Ногти",), "2/2"),
            ("Игорь Вариантов", "Массажист", ("Массаж",), "2/2 после"),
        ),
    ),
    Branch(
        962304,
        "Черновик барбершоп",
        "Проектируемый проезд, 7",
        "+7 000 000-03-03",
        (
            ("Артём Набросков", "Барбер", ("Стрижки",), "2/2"),
            ("Тимур Этюдов", "Барбер", ("Стрижки",), "2/2 после"),
        ),
    ),
)
# Name, surname, phone. The last two are known to the other fake CRMs and call in the demo.
CLIENTS = (
    ("Ксения", "Учебная", "70000000301"), ("Полина", "Черновикова", "70000000302"),
    ("Виктория", "Иксова", "70000000303"), ("Алина", "Игрекова", "70000000304"),
    ("Наталья", "Зетова", "70000000305"), ("Юлия", "Пробнова", "70000000306"),
    ("Роман", "Выдумкин", "70000000307"), ("Максим", "Тестов", "70000000308"),
    ("Евгения", "Безфамильная", "70000000309"), ("Лидия", "", "70000000310"),
    ("Глеб", "Вымыслов", "70000000311"), ("Таисия", "Небывалова", "70000000312"),
    ("Андрей", "Тестов", "70000000101"), ("Ирина", "Выдумкина", "375000000070"),
)  # fmt: skip
# Shifts: hours and the pause.
_SHIFTS = {
    "2/2": (9, 21, 13),
    "2/2 после": (9, 21, 14),
    "5/2": (10, 19, 14),
}


def build(world: World, plan: Branch, group_id: int) -> Company:
    """One branch of the chain, with its staff, services, clients and records."""
    today = world.core.clock.now().date()
    company = Company(
        id=plan.id,
        title=plan.title,
        group_id=group_id,
        license=License(today - timedelta(days=200), today + timedelta(days=400)),
        address=plan.address,
        phone=plan.phone,
        site="chernovik.example",
        bookform_id=world.next_id("bookform"),
        schedule="ежедневно с 9 до 21",
    )
    world.companies[company.id] = company
    _services(world, company, {word for _, _, words, _ in plan.masters for word in words})
    for place, master in enumerate(plan.masters):
        _master(world, company, master, weight=len(plan.masters) - place, today=today)
    _clients(world, company)
    fill_journal(world, company)
    return company


def _services(world: World, company: Company, wanted: set[str]) -> None:
    for weight, (title, rows) in enumerate(reversed(SERVICES.items())):
        if title not in wanted:
            continue
        category = Category(
            world.next_id("category"), title, world.next_id("salon_service"), weight=weight
        )
        company.categories[category.id] = category
        for place, (name, low, high, minutes) in enumerate(rows):
            service = Service(
                id=world.next_id("service"),
                title=name,
                category_id=category.id,
                salon_service_id=world.next_id("salon_service"),
                price_min=low,
                price_max=high,
                duration=minutes * MINUTE,
                weight=len(rows) - place,
            )
            company.services[service.id] = service


def _master(
    world: World,
    company: Company,
    master: tuple[str, str, tuple[str, ...], str],
    *,
    weight: int,
    today: date,
) -> None:
    name, specialization, categories, pattern = master
    staff = Staff(
        id=world.next_id("staff"),
        name=name,
        company_id=company.id,
        specialization=specialization,
        position_id=world.next_id("position"),
        position=specialization,
        weight=weight,
    )
    titles = {c.id for c in company.categories.values() if c.title in categories}
    # An even-numbered master is a quarter of an hour slower at everything.
    slower = 15 * MINUTE if weight % 2 == 0 else 0
    staff.lengths = {
        s.id: s.duration + slower for s in company.services.values() if s.category_id in titles
    }
    staff.shifts = shifts(pattern, today)
    company.staff[staff.id] = staff


def shifts(pattern: str, today: date) -> dict[date, list[tuple[int, int]]]:
    """Working days around today: two on, two off, or the five of the week, with a pause."""
    begin, end, pause = _SHIFTS[pattern]
    spans = [(begin * HOUR, pause * HOUR), ((pause + 1) * HOUR, end * HOUR)]
    days = (today + timedelta(n) for n in range(-SCHEDULE_DAYS_BACK, SCHEDULE_DAYS_AHEAD + 1))
    if pattern == "5/2":
        return {day: list(spans) for day in days if day.weekday() not in (0, 6)}
    shift = 2 if pattern.endswith("после") else 0
    return {day: list(spans) for day in days if (day.toordinal() + shift) % 4 < 2}  # noqa: PLR2004  two on, two off


def _clients(world: World, company: Company) -> None:
    chance = Random(company.id)  # noqa: S311  a seeded invention
    for place, (name, surname, phone) in enumerate(CLIENTS):
        client = Client(
            id=world.next_id("client"),
            name=name,
            surname=surname,
            phone=phone,
            email=f"client{place}@example.com" if place % 3 == 0 else "",
            sex_id=1 if name in ("Роман", "Максим", "Глеб", "Андрей") else 2,
            discount=5 if place % 5 == 0 else 0,
            success_visits=chance.randrange(12),
            sms_not=int(place == 10),  # noqa: PLR2004  one of them wants no messages
            changed_at=world.now() - 86_400 * (place + 1),
        )
        company.put_client(client)
