"""Reference books: maps from code to entry, without pages (contract §1.3)."""

from __future__ import annotations

from typing import Any

from kommutator.twins.retailcrm.call import Call
from kommutator.twins.retailcrm.replies import Answer

Json = dict[str, Any]

ORDER_METHODS: dict[str, str] = {
    "phone": "По телефону",
    "missed-call": "Пропущенный звонок",
    "call-request": "Обратный звонок",
    "messenger": "Мессенджеры",
    "live-chat": "Онлайн-консультант",
    "shopping-cart": "Через корзину",
    "one-click": "В один клик",
    "offline": "Офлайн",
}
ORDER_TYPES: dict[str, str] = {
    "eshop-individual": "Физическое лицо",
    "eshop-legal": "Юридическое лицо",
    "test": "Тестовый",
}
STATUSES: dict[str, tuple[str, str]] = {
    "new": ("Новый", "new"),
    "availability-confirmed": ("Наличие подтверждено", "approval"),
    "assembling": ("Комплектуется", "assembling"),
    "delivering": ("Доставляется", "delivery"),
    "complete": ("Выполнен", "complete"),
    "no-call": ("Недозвон", "cancel"),
    "cancel-other": ("Отменён", "cancel"),
}


def sites(call: Call) -> Answer:
    """`GET /reference/sites`."""
    visible = {code: site for code, site in call.account.sites.items() if call.sees_site(code)}
    return Answer({"sites": visible})


def order_methods(call: Call) -> Answer:  # noqa: ARG001  every endpoint has one signature
    """`GET /reference/order-methods`."""
    return Answer({"orderMethods": _book(ORDER_METHODS, defaultForCrm=False, isFromPos=False)})


def order_types(call: Call) -> Answer:  # noqa: ARG001  every endpoint has one signature
    """`GET /reference/order-types`."""
    return Answer({"orderTypes": _book(ORDER_TYPES)})


def statuses(call: Call) -> Answer:  # noqa: ARG001  every endpoint has one signature
    """`GET /reference/statuses`."""
    return Answer(
        {
            "statuses": {
                code: {"code": code, "name": name, "group": group, "active": True, "ordering": i}
                for i, (code, (name, group)) in enumerate(STATUSES.items(), 1)
            }
        }
    )


def status_groups(call: Call) -> Answer:  # noqa: ARG001  every endpoint has one signature
    """`GET /reference/status-groups`."""
    groups: dict[str, list[str]] = {}
    for code, (_, group) in STATUSES.items():
        groups.setdefault(group, []).append(code)
    return Answer(
        {
            "statusGroups": {
                code: {"code": code, "name": code, "active": True, "statuses": members}
                for code, members in groups.items()
            }
        }
    )


def _book(entries: dict[str, str], **more: Any) -> Json:
    return {
        code: {"code": code, "name": name, "active": True, **more} for code, name in entries.items()
    }
