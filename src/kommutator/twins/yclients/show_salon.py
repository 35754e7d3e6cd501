"""Companies, services, categories and staff as the API shows them, type noise included (§1.3)."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from kommutator.twins.yclients.company import Category, Company, Service
from kommutator.twins.yclients.local_time import stamp
from kommutator.twins.yclients.slots import in_order
from kommutator.twins.yclients.staff import Staff

if TYPE_CHECKING:
    from kommutator.twins.yclients.world import World

Json = dict[str, Any]

NEXT_SLOT_DAYS = 14
NO_PICTURE = "https://yclients.com/images/no-master-sm.png"
NO_PICTURE_BIG = "https://yclients.com/images/no-master.png"
LOGO = "https://yclients.com/images/no-master.png"


def company_row(world: World, company: Company) -> Json:
    """A row of `GET /companies`: ids and coordinates are words there."""
    noisy = world.switches.type_noise
    return {
        "id": str(company.id) if noisy else company.id,
        "title": company.title,
        "short_descr": company.short_descr,
        "logo": LOGO,
        "active": str(int(company.active)) if noisy else int(company.active),
        "phone": company.phone,
        "country_id": company.country_id,
        "schedule": company.schedule,
        "country": company.country,
        "city_id": company.city_id,
        "city": company.city,
        "timezone_name": company.timezone_name,
        "address": company.address,
        "coordinate_lat": str(company.coordinate_lat) if noisy else company.coordinate_lat,
        "coordinate_lon": str(company.coordinate_lon) if noisy else company.coordinate_lon,
        "phone_confirmation": company.settings.confirm_number,
        "active_staff_count": sum(s.visible for s in company.staff.values()),
        "next_slot": _next_slot(world, company),
        "app_ios": "",
        "app_android": "",
        "currency_short_title": "₽",
        "group_priority": 900,
    }


def company_body(world: World, company: Company, access: Json) -> Json:
    """`GET /company/{id}`, and the data of hooks about a salon."""
    group = world.groups.get(company.group_id)
    main = {"id": group.id, "title": group.title} if group else {"id": 0, "title": ""}
    return company_row(world, company) | {
        "id": company.id,
        "active": int(company.active),
        "coordinate_lat": company.coordinate_lat,
        "coordinate_lon": company.coordinate_lon,
        "zip": 0,
        "social": dict.fromkeys(
            ("facebook", "vk", "instagram", "telegram", "whatsapp", "viber"), ""
        ),
        "site": company.site,
        "business_type_id": 1,
        "description": "",
        "push_notification_phone_confirm": int(company.settings.confirm_number),
        "main_group_id": main["id"],
        "main_group": main,
        "groups": {str(main["id"]): main} if group else [],
        "bookforms": [
            {
                "id": company.bookform_id,
                "title": company.title,
                "is_default": 1,
                "url": f"https://n{company.bookform_id}.yclients.com/",
            }
        ],
        "online_sales_form_url": "",
        "access": access,
    }


def service_row(company: Company, service: Service, *, words: bool) -> Json:
    """A service; with `words` ids, prices and flags are strings, as in the vendor's samples."""
    staff = [s for s in in_order(company.staff.values()) if service.id in s.lengths]
    row: Json = {
        "id": service.id,
        "title": service.title,
        "booking_title": service.title,
        "print_title": service.title,
        "salon_service_id": service.salon_service_id,
        "category_id": service.category_id,
        "price_min": service.price_min,
        "price_max": service.price_max,
        "discount": service.discount,
        "comment": service.comment,
        "weight": service.weight,
        "active": int(service.active),
        "api_id": service.api_id,
        "api_service_id": 0,
        "prepaid": "forbidden",
        "service_type": 1,
        "is_multi": False,
        "capacity": 0,
        "duration": service.duration,
        "is_online": service.online,
        "seance_search_start": 0,
        "seance_search_finish": 86_400,
        "seance_search_step": service.step,
        "step": 0,
        "image_group": [],
        "staff": [
            {
                "id": one.id,
                "seance_length": one.lengths[service.id],
                "technological_card_id": 0,
                "image_url": "",
                "price": one.prices.get(service.id),
                "name": one.name,
            }
            for one in staff
        ],
        "dates": [],
        "resources": [],
    }
    if words:
        for name in ("id", "category_id", "discount", "weight", "active"):
            row[name] = as_word(row[name])
        for name in ("price_min", "price_max"):
            row[name] = f"{row[name]:.2f}"
        for one in row["staff"]:
            one["id"], one["seance_length"] = str(one["id"]), str(one["seance_length"])
    return row


def category_row(company: Company, category: Category) -> Json:
    """A category of services with who works in it."""
    services = {s.id for s in company.services.values() if s.category_id == category.id}
    return {
        "id": category.id,
        "category_id": 1,
        "salon_service_id": category.salon_service_id,
        "title": category.title,
        "booking_title": category.title,
        "api_id": category.api_id,
        "weight": category.weight,
        "price_min": 0,
        "price_max": 0,
        "sex": 0,
        "is_chain": False,
        "staff": [s.id for s in company.staff.values() if services & s.lengths.keys()],
    }


def position_of(staff: Staff) -> Json | list[Any]:
    """The position; PHP's empty list without one."""
    if not staff.position:
        return []
    return {"id": staff.position_id, "title": staff.position}


def staff_row(staff: Staff) -> Json:
    """An employee of the new API, and the data of hooks about one (numbers are numbers)."""
    till = staff.schedule_till()
    return {
        "id": staff.id,
        "api_id": staff.api_id or None,
        "name": staff.name,
        "company_id": staff.company_id,
        "specialization": staff.specialization,
        "position": position_of(staff),
        "avatar": staff.avatar or NO_PICTURE,
        "avatar_big": staff.avatar or NO_PICTURE_BIG,
        "fired": int(staff.fired),
        "is_fired": staff.fired,
        "status": int(staff.fired),
        "hidden": int(staff.hidden),
        "is_online": not staff.hidden,
        "is_deleted": False,
        "user_id": staff.user_id,
        "rating": staff.rating,
        "show_rating": 1,
        "votes_count": staff.votes_count,
        "comments_count": 0,
        "weight": staff.weight,
        "information": staff.information,
        "prepaid": "forbidden",
        "is_bookable": staff.bookable and staff.visible,
        "seance_search_step": 900,
        "schedule_till": till.isoformat() if till else None,
        "services_links": [
            {
                "service_id": number,
                "master_id": staff.id,
                "length": seconds,
                "technological_card_id": 0,
                "api_id": "",
                "is_online": True,
                "is_offline_records_allowed": True,
                "price": staff.prices.get(number),
            }
            for number, seconds in staff.lengths.items()
        ],
    }


def old_staff_row(staff: Staff) -> Json:
    """An employee of the old API: many numbers are words."""
    row = staff_row(staff)
    for name in ("id", "show_rating", "votes_count", "comments_count", "weight", "hidden",
                 "fired", "status"):  # fmt: skip
        row[name] = str(row[name])
    row["rating"] = as_word(row["rating"])
    row["image_group"] = []
    return row


def as_word(value: float) -> str:
    """A number as PHP writes it into a string: `4.5`, `10000001`, never with an exponent."""
    return str(int(value)) if value == int(value) else str(value)


def _next_slot(world: World, company: Company) -> str:
    """The nearest free time of anybody, for any service; "" when there is none soon."""
    today = world.today(company)
    for n in range(NEXT_SLOT_DAYS):
        day = today + timedelta(n)
        if slots := world.times(company, 0, day):
            local = datetime.combine(day, time()) + timedelta(seconds=slots[0].start)
            return stamp(company, company.moment(local).timestamp())
    return ""
