"""The settings of an invented account: people, pipelines, fields."""

from __future__ import annotations

from typing import Any

from kommutator.twins.amocrm.account import LOST, WON, Account

Json = dict[str, Any]

# name, is admin, group
PEOPLE: tuple[tuple[str, bool, int], ...] = (
    ("Анна Вымыслова", True, 0),
    ("Пётр Примеров", False, 0),
    ("Елена Образцова", False, 0),
    ("Олег Небылицын", False, 1),
    ("Мария Сказкина", False, 1),
    ("Илья Макетов", False, 1),
)
STAGES: tuple[tuple[str, str], ...] = (
    ("Первичный контакт", "#99ccff"),
    ("Переговоры", "#ffff99"),
    ("Принимают решение", "#ffcc66"),
)
PHONE_ENUMS = ("WORK", "WORKDD", "MOB", "FAX", "HOME", "OTHER")
EMAIL_ENUMS = ("WORK", "PRIV", "OTHER")


def people(account: Account, users: int) -> None:
    """Six users, or as many as asked; the first is the administrator."""
    account.groups = [{"id": 0, "name": "Отдел продаж"}, {"id": 1, "name": "Поддержка"}]
    for number in range(max(users, len(PEOPLE))):
        name, admin, group = (
            PEOPLE[number] if number < len(PEOPLE) else (f"Сотрудник {number + 1}", False, 0)
        )
        row = new_user(account, name, f"user{number + 1}@example.com", admin=admin, group=group)
        account.users[row["id"]] = row


def new_user(account: Account, name: str, email: str, *, admin: bool, group: int = 0) -> Json:
    """A user row as `GET /users` shows it (A all, G group, M mine, D denied)."""
    seen = "A" if admin else "G"
    rights = {"view": "A", "edit": "A", "add": "A", "delete": seen, "export": seen}
    return {
        "id": account.next_id(),
        "name": name,
        "email": email,
        "lang": "ru",
        "rights": {
            "leads": dict(rights),
            "contacts": dict(rights),
            "companies": dict(rights),
            "tasks": {"edit": "A", "delete": "A"},
            "mail_access": False,
            "catalog_access": admin,
            "status_rights": None,
            "is_admin": admin,
            "is_free": False,
            "is_active": True,
            "group_id": group or None,
            "role_id": None,
        },
    }


def pipelines(account: Account) -> None:
    """Two pipelines with three stages each."""
    for sort, name in enumerate(("Продажи", "Повторные продажи"), 1):
        row = new_pipeline(account, name, sort=sort, is_main=sort == 1, unsorted=True)
        for place, (stage, color) in enumerate(STAGES, 2):
            add_status(account, row, stage, sort=place * 10, color=color)
        account.pipelines[row["id"]] = row


def new_pipeline(account: Account, name: str, *, sort: int, is_main: bool, unsorted: bool) -> Json:
    """A pipeline with the system's stages: «Неразобранное» (type 1), 142 won, 143 lost."""
    row: Json = {
        "id": account.next_id(),
        "name": name,
        "sort": sort,
        "is_main": is_main,
        "is_unsorted_on": unsorted,
        "is_archive": False,
        "account_id": account.id,
        "statuses": {},
    }
    if unsorted:
        add_status(account, row, "Неразобранное", sort=10, color="#c1c1c1", kind=1)
    for number, text, place, color in (
        (WON, "Успешно реализовано", 10_000, "#CCFF66"),
        (LOST, "Закрыто и не реализовано", 11_000, "#D5D8DB"),
    ):
        add_status(account, row, text, sort=place, color=color, number=number)
    return row


def add_status(
    account: Account,
    pipeline: Json,
    name: str,
    *,
    sort: int,
    color: str,
    kind: int = 0,
    number: int | None = None,
) -> Json:
    """A stage of a pipeline; `number` is given for the system's own."""
    row: Json = {
        "id": account.next_id() if number is None else number,
        "name": name,
        "sort": sort,
        "is_editable": kind == 0 and number is None,
        "pipeline_id": pipeline["id"],
        "color": color,
        "type": kind,
        "account_id": account.id,
    }
    stages: dict[int, Json] = pipeline["statuses"]
    stages[row["id"]] = row
    pipeline["statuses"] = dict(sorted(stages.items(), key=lambda pair: int(pair[1]["sort"])))
    return row


def standard_fields(account: Account) -> None:
    """PHONE and EMAIL of people and companies, and one field of each common type on leads."""
    for kind in ("leads", "contacts", "companies"):
        account.fields[kind] = {}
    for kind in ("contacts", "companies"):
        for name, code, enums in (
            ("Телефон", "PHONE", PHONE_ENUMS),
            ("Email", "EMAIL", EMAIL_ENUMS),
        ):
            add_field(account, kind, name, "multitext", code=code, enums=enums, predefined=True)
    add_field(account, "contacts", "Должность", "text", code="POSITION", predefined=True)
    for name, kind in (
        ("Комментарий", "textarea"),
        ("Номер договора", "text"),
        ("Количество", "numeric"),
        ("Срочно", "checkbox"),
        ("Дата отгрузки", "date"),
        ("Время звонка", "date_time"),
    ):
        add_field(account, "leads", name, kind)
    add_field(account, "leads", "Источник", "select", enums=("Сайт", "Звонок", "Выставка"))
    add_field(account, "leads", "Интересы", "multiselect", enums=("Опт", "Розница"))
    add_field(account, "leads", "Способ оплаты", "radiobutton", enums=("Карта", "Счёт"))


def add_field(
    account: Account,
    entity: str,
    name: str,
    kind: str,
    *,
    code: str | None = None,
    enums: tuple[str, ...] = (),
    predefined: bool = False,
) -> Json:
    """A custom field of an entity."""
    rows = account.fields[entity]
    choices = [
        {"id": account.next_id(), "value": value, "sort": place * 10}
        for place, value in enumerate(enums, 1)
    ]
    row: Json = {
        "id": account.next_id(),
        "name": name,
        "type": kind,
        "account_id": account.id,
        "code": code,
        "sort": 500 + len(rows),
        "is_api_only": False,
        "enums": choices or None,
        "group_id": None,
        "required_statuses": [] if entity == "leads" else None,
        "is_deletable": not predefined,
        "is_predefined": predefined,
        "entity_type": entity,
        "settings": None,
        "remind": None,
    }
    rows[row["id"]] = row
    return row
