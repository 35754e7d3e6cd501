"""Clients and records as the API shows them (§1.5, §1.6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kommutator.twins.yclients.company import Company
from kommutator.twins.yclients.local_time import iso, plain, stamp
from kommutator.twins.yclients.phones import hidden
from kommutator.twins.yclients.rows import CONFIRMED, Client, Record, ServiceLine
from kommutator.twins.yclients.show_salon import NO_PICTURE, NO_PICTURE_BIG, position_of
from kommutator.twins.yclients.staff import Staff

if TYPE_CHECKING:
    from kommutator.twins.yclients.world import World

Json = dict[str, Any]

SEXES = ("Неизвестно", "Мужской", "Женский")
IMPORTANCES = ("Без класса важности", "Бронза", "Серебро", "Золото")
VISIT_DOCUMENT = 7


@dataclass(frozen=True)
class Eyes:
    """Who looks: whether phones are theirs to see, and whether they come as numbers."""

    phones: bool = True
    phone_as_number: bool = False


ALL_SEEING = Eyes()


def record_body(
    world: World, company: Company, record: Record, eyes: Eyes = ALL_SEEING, *, words: bool = False
) -> Json:
    """A record as `GET /record` gives it; with `words` its `visit_id` is a string, as in lists."""
    client = company.clients.get(record.client_id) if record.client_id else None
    created, changed = stamp(company, record.created_at), stamp(company, record.changed_at)
    return {
        "id": record.id,
        "company_id": record.company_id,
        "staff_id": record.staff_id,
        "services": [_service_line(line) for line in record.services],
        "goods_transactions": [],
        "staff": staff_in_record(company.staff.get(record.staff_id), record.staff_id),
        "client": client_in_record(world, client, eyes) if client else None,
        "comer": None,
        "clients_count": 1,
        "date": plain(record.start),
        "datetime": iso(world, company, record.start),
        "create_date": created,
        "comment": record.comment,
        "online": record.online,
        "visit_attendance": record.attendance,
        "attendance": record.attendance,
        "confirmed": 1,
        "seance_length": record.seance_length,
        "length": record.seance_length,
        "technical_break_duration": record.technical_break,
        "sms_before": record.sms_remain_hours,
        "sms_now": record.sms_now,
        "sms_now_text": "",
        "email_now": record.email_now,
        "notified": int(record.attendance == CONFIRMED),
        "master_request": record.master_request,
        "api_id": record.api_id,
        "from_url": "",
        "review_requested": record.review_requested,
        "visit_id": str(record.visit_id) if words else record.visit_id,
        "created_user_id": record.created_user_id,
        "deleted": record.deleted,
        "paid_full": 0,
        "payment_status": 0,
        "prepaid": False,
        "prepaid_confirmed": False,
        "is_update_blocked": False,
        "last_change_date": changed,
        "custom_color": record.custom_color,
        "custom_font_color": "#ffffff" if record.custom_color else "",
        "record_labels": record.labels,
        "activity_id": record.activity_id,
        "custom_fields": record.custom_fields or [],
        "documents": [
            {
                "id": record.document_id,
                "type_id": VISIT_DOCUMENT,
                "storage_id": 0,
                "user_id": record.created_user_id,
                "company_id": record.company_id,
                "number": record.document_id % 10_000,
                "comment": "",
                "date_created": plain(record.start),
                "category_id": 0,
                "visit_id": record.visit_id,
                "record_id": record.id,
                "type_title": "Визит",
                "is_sale_bill_printed": False,
            }
        ],
        "sms_remain_hours": record.sms_remain_hours,
        "email_remain_hours": record.email_remain_hours,
        "bookform_id": record.bookform_id,
        "record_from": record.record_from,
        "is_mobile": record.is_mobile,
        "is_sale_bill_printed": False,
        "resource_instance_ids": [],
        "short_link": f"https://yclients.com/c/{record.hash[:8]}",
        "acceptance_free": None,
    }


def staff_in_record(staff: Staff | None, number: int) -> Json:
    """The employee inside a record."""
    staff = staff or Staff(number, "", 0)
    return {
        "id": staff.id,
        "api_id": staff.api_id or None,
        "name": staff.name,
        "specialization": staff.specialization,
        "position": position_of(staff),
        "avatar": staff.avatar or NO_PICTURE,
        "avatar_big": staff.avatar or NO_PICTURE_BIG,
        "rating": staff.rating,
        "votes_count": staff.votes_count,
    }


def client_in_record(world: World, client: Client, eyes: Eyes) -> Json:
    """The client inside a record."""
    return _with_phone(
        {
            "id": client.id,
            "name": client.name,
            "surname": client.surname,
            "patronymic": client.patronymic,
            "display_name": client.display_name,
            "card": client.card,
            "email": client.email,
            "success_visits_count": client.success_visits,
            "fail_visits_count": client.fail_visits,
            "discount": client.discount,
            "is_new": client.success_visits == 0,
            "custom_fields": client.custom_fields or [],
            "client_tags": client.categories,
        },
        world,
        client,
        eyes,
    )


def client_body(world: World, company: Company, client: Client, eyes: Eyes) -> Json:
    """A client of the branch's base."""
    return _with_phone(
        {
            "id": client.id,
            "name": client.name,
            "surname": client.surname,
            "patronymic": client.patronymic,
            "display_name": client.display_name,
            "email": client.email,
            "categories": client.categories,
            "sex_id": client.sex_id,
            "sex": SEXES[client.sex_id],
            "discount": client.discount,
            "importance_id": client.importance_id,
            "importance": IMPORTANCES[client.importance_id],
            "card": client.card,
            "birth_date": client.birth_date or 0,
            "comment": client.comment,
            "sms_check": client.sms_check,
            "sms_not": client.sms_not,
            "spent": client.spent,
            "balance": client.balance,
            "visits": client.success_visits,
            "last_change_date": stamp(company, client.changed_at),
            "custom_fields": client.custom_fields or [],
        },
        world,
        client,
        eyes,
    )


def _with_phone(row: Json, world: World, client: Client, eyes: Eyes) -> Json:
    if not eyes.phones:
        shown: str | int | None = hidden(client.phone, world.switches.hidden_phones)
    elif not client.phone:
        shown = ""
    elif eyes.phone_as_number:
        shown = int(client.phone)
    else:
        shown = f"+{client.phone}"
    return row if shown is None else row | {"phone": shown}


def _service_line(line: ServiceLine) -> Json:
    return {
        "id": line.id,
        "title": line.title,
        "cost": line.cost,
        "cost_to_pay": line.cost,
        "manual_cost": line.cost,
        "cost_per_unit": line.first_cost,
        "discount": line.discount,
        "first_cost": line.first_cost,
        "amount": line.amount,
    }
