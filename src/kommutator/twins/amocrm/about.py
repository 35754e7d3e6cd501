"""`GET /api/v4/account`: the probe of a connection (contract §1.4)."""

from __future__ import annotations

import uuid
from typing import Any

from kommutator.twins.amocrm.account import Account
from kommutator.twins.amocrm.call import Call, Route
from kommutator.twins.amocrm.replies import Answer

Json = dict[str, Any]

CREATED_AT = 1_582_117_331
TASK_TYPES: tuple[Json, ...] = (
    {"id": 1, "name": "Связаться", "color": None, "icon_id": None, "code": "FOLLOW_UP"},
    {"id": 2, "name": "Встреча", "color": None, "icon_id": None, "code": "MEETING"},
)
DATETIME: Json = {
    "date_pattern": "d.m.Y H:i",
    "short_date_pattern": "d.m.Y",
    "short_time_pattern": "H:i",
    "date_formant": "d.m.Y",  # spelt so by the vendor
    "time_format": "H:i:s",
    "timezone": "Europe/Moscow",
    "timezone_offset": "+03:00",
}


def show_account(call: Call) -> Answer:
    """The account, with what `with=` asks for."""
    account, words = call.account, call.with_words()
    body = _plain(account, call)
    body |= {name: value for name, value in _wanted(account).items() if name in words}
    parts = {
        "amojo_rights": {"can_direct": True, "can_create_groups": True},
        "users_groups": [{**group, "uuid": None} for group in account.groups],
        "task_types": list(TASK_TYPES),
        "datetime_settings": DATETIME,
        "entity_names": None,
        "invoices_settings": {"lang": "ru", "currency": "RUB"},
    }
    embedded = {n: v for n, v in parts.items() if n in words and v is not None}
    return Answer(
        body
        | {"_links": {"self": {"href": account.href("account")}}}
        | ({"_embedded": embedded} if embedded else {})
    )


def amojo_id(account: Account) -> str:
    """The account's id in chats, the same at every start."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"amojo/{account.id}"))


def _plain(account: Account, call: Call) -> Json:
    return {
        "id": account.id,
        "name": account.name,
        "subdomain": account.subdomain,
        "created_at": CREATED_AT,
        "created_by": 0,
        "updated_at": CREATED_AT,
        "updated_by": 0,
        "current_user_id": call.user_id,
        "country": "RU",
        "currency": "RUB",
        "currency_symbol": "₽",
        "customers_mode": "disabled",
        "is_unsorted_on": account.is_unsorted_on,
        "mobile_feature_version": 0,
        "is_loss_reason_enabled": True,
        "is_helpbot_enabled": False,
        "is_technical_account": False,
        "contact_name_display_order": 1,
    }


def _wanted(account: Account) -> Json:
    return {
        "amojo_id": amojo_id(account),
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_URL, f"account/{account.id}")),
        "version": 16,
        "drive_url": f"{account.root}/drive",
        "is_api_filter_enabled": True,
        "entity_names": {
            "leads": {
                "ru": {
                    "gender": "f",
                    "plural_form": {"default": "сделки"},
                    "singular_form": {"default": "сделка"},
                },
                "en": {
                    "gender": "f",
                    "plural_form": {"default": "leads"},
                    "singular_form": {"default": "lead"},
                },
            }
        },
    }


ROUTES = (Route("GET", "/api/v4/account", show_account),)
