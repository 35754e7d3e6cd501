"""Invented people, companies and deals: the same at every start. No phone here can exist."""

from __future__ import annotations

from typing import Any

from kommutator.twins.amocrm.account import LOST, WON, Account
from kommutator.twins.amocrm.rows import new_card, new_note, new_task
from kommutator.twins.amocrm.seed_setup import people, pipelines, standard_fields

Json = dict[str, Any]

SURNAMES = ("Тестов", "Пробнов", "Учебнов", "Выдумкин", "Черновиков", "Иксов", "Игреков", "Зетов")
FIRST_NAMES = ("Андрей", "Ольга", "Сергей", "Ирина", "Павел")
COMPANIES = (
    "ООО «Вымысел»", "АО «Пример»", "ИП Образцов", "ООО «Макет»", "ООО «Черновик»",
    "АО «Проба»", "ООО «Учёба»", "ООО «Альфа-Бета»", "ИП Иксов", "ООО «Ничто»",
)  # fmt: skip
CONTACTS, LEADS = 40, 60
# Contacts from here on have only closed leads.
FIRST_CLOSED = 30
DAY = 86_400


def fill(account: Account, *, now: int, users: int = 0) -> None:
    """Put the demonstration account's people and cards into an empty one."""
    people(account, users)
    pipelines(account)
    standard_fields(account)
    start = now - 60 * DAY
    companies = [_company(account, n, start) for n in range(len(COMPANIES))]
    contacts = [_contact(account, n, start) for n in range(CONTACTS)]
    for place, contact in enumerate(contacts[:20]):
        account.links.link(("contacts", contact["id"]), ("companies", companies[place // 2]["id"]))
    for number in range(LEADS):
        _lead(account, number, contacts, start)
    first = next(iter(account.cards["leads"].values()))
    new_note(
        account,
        "leads",
        first["id"],
        {"note_type": "common", "params": {"text": "Просил перезвонить после обеда"}},
        by=account.admin_id(),
        at=start,
    )
    new_task(
        account,
        {
            "text": "Перезвонить клиенту",
            "complete_till": now + DAY,
            "entity_id": first["id"],
            "entity_type": "leads",
        },
        by=account.admin_id(),
        at=start,
    )


def phone_field(account: Account, kind: str, *numbers: str) -> list[Json]:
    """`custom_fields_values` with these work phones."""
    field = next(f for f in account.fields[kind].values() if f["code"] == "PHONE")
    work = field["enums"][0]
    values = [
        {"value": number, "enum_id": work["id"], "enum_code": work["value"]} for number in numbers
    ]
    return [
        {
            "field_id": field["id"],
            "field_name": field["name"],
            "field_code": "PHONE",
            "field_type": "multitext",
            "values": values,
        }
    ]


def more_leads(account: Account, count: int, *, now: int) -> None:
    """Many leads at once, each with a contact of its own; tells nobody."""
    by, known = account.admin_id(), len(account.cards["leads"])
    stages = [(p, s) for p, row in account.pipelines.items() for s in row["statuses"]
              if row["statuses"][s]["type"] == 0]  # fmt: skip
    for number in range(known, known + count):
        pipeline, status = stages[number % len(stages)]
        contact = new_card(account, "contacts", {
            "first_name": FIRST_NAMES[number % 5], "last_name": f"{SURNAMES[number % 8]}-{number}",
            "custom_fields_values": phone_field(account, "contacts", f"+7000{number:07d}"),
        }, by=by, at=now)  # fmt: skip
        lead = new_card(account, "leads", {
            "name": f"Сделка №{number}", "price": 1000 + number, "pipeline_id": pipeline,
            "status_id": status,
        }, by=by, at=now)  # fmt: skip
        account.links.link(("leads", lead["id"]), ("contacts", contact["id"]))


def _user_of(account: Account, number: int) -> int:
    ids = list(account.users)
    return ids[number % min(5, len(ids))]


def _company(account: Account, number: int, start: int) -> Json:
    phone = f"+7 (000) 000-02-{number:02d}"
    fields = {"name": COMPANIES[number], "responsible_user_id": _user_of(account, number),
              "custom_fields_values": phone_field(account, "companies", phone)}  # fmt: skip
    return new_card(account, "companies", fields, by=account.admin_id(), at=start + number)


def _contact(account: Account, number: int, start: int) -> Json:
    fields = {
        "first_name": FIRST_NAMES[number % len(FIRST_NAMES)],
        "last_name": SURNAMES[number % len(SURNAMES)],
        "responsible_user_id": _user_of(account, number),
        "custom_fields_values": phone_field(account, "contacts", f"+70000000{101 + number}"),
    }
    return new_card(account, "contacts", fields, by=account.admin_id(), at=start + number * 60)


def _lead(account: Account, number: int, contacts: list[Json], start: int) -> None:
    """The first 20 contacts have one active lead, the next ten two, the last ten only closed."""
    contact = contacts[number] if number < CONTACTS else contacts[20 + (number - CONTACTS) % 10]
    pipeline = list(account.pipelines)[number % 2]
    stages = [s for s in account.pipelines[pipeline]["statuses"].values() if s["type"] == 0]
    open_stages = [int(s["id"]) for s in stages if s["id"] not in (WON, LOST)]
    closed = FIRST_CLOSED <= number < CONTACTS
    status = (WON if number % 2 else LOST) if closed else open_stages[number % len(open_stages)]
    at = start + number * 600
    lead = new_card(account, "leads", {
        "name": f"Заказ №{1000 + number}", "price": 1500 * (number + 1), "pipeline_id": pipeline,
        "status_id": status, "closed_at": at + DAY if closed else None,
        "responsible_user_id": contact["responsible_user_id"],
    }, by=account.admin_id(), at=at)  # fmt: skip
    account.links.link(("leads", lead["id"]), ("contacts", contact["id"]))
    for company in account.links.ids(("contacts", contact["id"]), "companies"):
        account.links.link(("leads", lead["id"]), ("companies", company))
