"""Invented people, shops and orders: the same at every start. No phone here can exist."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from kommutator.twins.retailcrm.account import Account
from kommutator.twins.retailcrm.customers import new_customer
from kommutator.twins.retailcrm.orders import new_order

Json = dict[str, Any]

GROUPS: tuple[tuple[int, str, str, bool], ...] = (
    (25, "Менеджеры", "manager", True),
    (26, "Руководители", "director", False),
)
# id, last name, first name, status, is admin
PEOPLE: tuple[tuple[int, str, str, str, bool], ...] = (
    (16, "Вымыслова", "Анна", "free", True),
    (18, "Примеров", "Пётр", "free", False),
    (19, "Образцова", "Елена", "free", False),
    (22, "Небылицын", "Олег", "dinner", False),
    (24, "Сказкина", "Мария", "free", False),
    (27, "Макетов", "Илья", "busy", False),
)
SITES: tuple[tuple[str, str], ...] = (
    ("shop-main", "Магазин «Лампа»"),
    ("shop-opt", "Лампа Опт"),
)
# last name, first name, phone, responsible user, shop
CUSTOMERS: tuple[tuple[str, str, str, int | None, str], ...] = (
    ("Тестов", "Андрей", "+70000000101", 19, "shop-main"),
    ("Пробная", "Ольга", "+70000000102", 18, "shop-main"),
    ("Учебный", "Сергей", "+70000000103", 22, "shop-main"),
    ("Выдумкина", "Ирина", "+375000000070", 24, "shop-opt"),
    ("Черновиков", "Павел", "+70000000105", None, "shop-opt"),
)
SURNAMES = ("Иксов", "Игреков", "Зетов", "Альфин", "Бетин", "Гаммин", "Дельтов", "Омегин")
FIRST_NAMES = ("Алексей", "Борис", "Виктор", "Глеб", "Денис", "Егор")


def fill(account: Account, *, users: int = 0) -> None:
    """Put the demonstration shop into an empty account; `users` above 6 adds more people."""
    account.sites = {code: _site(n, code, name) for n, (code, name) in enumerate(SITES, 1)}
    account.groups = [_group(*group) for group in GROUPS]
    account.users = {row[0]: _user(*row) for row in PEOPLE}
    for number in range(max(0, users - len(PEOPLE))):
        user_id = 101 + number
        surname = SURNAMES[number % len(SURNAMES)]
        first_name = FIRST_NAMES[number % len(FIRST_NAMES)]
        account.users[user_id] = _user(user_id, surname, first_name, "free", False)
    customers = [_customer(account, n, *row) for n, row in enumerate(CUSTOMERS, 1)]
    _order(account, customers[0], "complete", 19, 4_990, "2026-01-12 11:20:00")
    _order(account, customers[0], "assembling", 19, 1_250, "2026-02-03 16:05:30")
    _order(account, customers[1], "new", 18, 12_400, "2026-02-10 09:41:12")
    _order(account, customers[4], "delivering", 24, 780, "2026-02-11 18:00:00")
    _company(account)


def open_account(name: str, base_url: str, zone: str = "Europe/Moscow", users: int = 0) -> Account:
    """A new account with the demonstration shop in it."""
    account = Account(name, base_url, ZoneInfo(zone), users_at_start=users)
    fill(account, users=users)
    return account


def _site(number: int, code: str, name: str) -> Json:
    return {
        "id": number,
        "name": name,
        "url": f"https://{code}.example.com",
        "code": code,
        "defaultForCrm": number == 1,
        "ymlUrl": "",
        "loadFromYml": False,
        "countryIso": "RU",
        "currency": "RUB",
        "ordering": 990 + number,
        "isDemo": False,
    }


def _group(number: int, name: str, code: str, is_manager: bool) -> Json:  # noqa: FBT001  a table row
    return {
        "id": number,
        "name": name,
        "code": code,
        "isManager": is_manager,
        "isPosManager": False,
        "isDeliveryMen": False,
        "deliveryTypes": [],
        "breakdownOrderTypes": [],
        "breakdownSites": [],
        "breakdownOrderMethods": [],
        "grantedOrderTypes": ["eshop-individual"],
        "grantedSites": [code for code, _ in SITES],
    }


def _user(number: int, last_name: str, first_name: str, status: str, is_admin: bool) -> Json:  # noqa: FBT001  a table row
    groups = [{"id": n, "name": name, "code": code} for n, name, code, _ in GROUPS]
    return {
        "id": number,
        "createdAt": "2025-05-25 12:49:00",
        "active": True,
        "email": f"user{number}@example.com",
        "firstName": first_name,
        "lastName": last_name,
        "status": status,
        "online": True,
        "isAdmin": is_admin,
        "isManager": True,
        "groups": groups if is_admin else groups[:1],
        "mgUserId": 300 + number,
    }


def _customer(
    account: Account,
    number: int,
    last_name: str,
    first_name: str,
    phone: str,
    responsible: int | None,
    site: str,
) -> Json:
    fields: Json = {
        "externalId": f"shop-{number}",
        "firstName": first_name,
        "lastName": last_name,
        "email": f"client{number}@example.com",
        "phones": [{"number": phone}],
    }
    if responsible is not None:
        fields["managerId"] = responsible
    return new_customer(account, f"2026-01-0{number} 10:15:00", site, fields)


def _order(
    account: Account, customer: Json, status: str, responsible: int, total: int, created: str
) -> None:
    fields = {
        "status": status,
        "firstName": customer["firstName"],
        "lastName": customer["lastName"],
        "phone": customer["phones"][0]["number"],
        "managerId": responsible,
        "summ": total,
        "totalSumm": total,
    }
    new_order(account, created, customer["site"], customer, fields)
    customer["totalSumm"] += total


def _company(account: Account) -> None:
    number = account.next_id()
    account.corporate[number] = {
        "type": "customer_corporate",
        "id": number,
        "nickName": "ООО «Несуществующее»",
        "createdAt": "2026-01-09 12:00:00",
        "managerId": 24,
        "site": "shop-opt",
        "customFields": [],
        "phones": [{"number": "+70000000190"}],
        "mainCustomerContact": None,
    }
