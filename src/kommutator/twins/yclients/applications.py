"""An application in the marketplace, and how it stands in each salon (§1.11).

States: uninstalled → pending → active → freezed → active | uninstalled.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

UNINSTALLED, PENDING, ACTIVE, FREEZED = "uninstalled", "pending", "active", "freezed"
# Who changed a state, as the logs of a connection say.
BY_MARKETPLACE, BY_PARTNER = "marketplace", "partner_api"
INSTALLED = frozenset({ACTIVE, FREEZED})
CHANNELS = ("sms", "whatsapp")
# Rooms of the tree of rights an application asks for, and what the consent calls them.
ROOM_WORDS = {
    "timetable": "Журнал записи",
    "record_form": "Создание и изменение записей",
    "clients": "Клиенты и их телефоны",
    "dashboard": "Отзывы, сообщения, звонки",
    "notification": "Уведомления",
    "settings": "Услуги, сотрудники, вебхуки",
    "other": "Отправка сообщений",
}


@dataclass
class Application:
    """What a partner has written into its card in the developer's cabinet.

    `system_user_id`: the user whose token works in every connected salon. `redirect_url`: where
    the browser goes after consent. `callback_url`: who hears of uninstall and freeze.
    `operator_url`: who carries messages. `rooms`: of the tree of rights, what the system user may
    do in a salon that has connected it.
    """

    id: int
    title: str
    system_user_id: int
    redirect_url: str
    partner_id: int = 0
    callback_url: str | None = None
    operator_url: str | None = None
    multi_branch: bool = True
    pass_user_data: bool = True
    description: str = ""
    rooms: tuple[str, ...] = tuple(ROOM_WORDS)
    tariffs: list[Json] = field(default_factory=list)
    discounts: dict[int, float] = field(default_factory=dict)

    def dump(self) -> Json:
        """The card as JSON."""
        return {
            "id": self.id,
            "title": self.title,
            "description": self.description,
            "system_user_id": self.system_user_id,
            "redirect_url": self.redirect_url,
            "callback_url": self.callback_url,
            "operator_url": self.operator_url,
            "multi_branch": self.multi_branch,
            "pass_user_data": self.pass_user_data,
            "rooms": list(self.rooms),
            "tariffs": self.tariffs,
            "discounts": {str(salon): share for salon, share in self.discounts.items()},
        }


@dataclass
class Connection:
    """One application in one salon. Moments are the salon's local `Y-m-d H:i:s`.

    `deadline`: epoch second after which a pending connection falls back to uninstalled.
    """

    salon_id: int
    application_id: int
    status: str = UNINSTALLED
    created_at: str = ""
    deadline: float = 0.0
    api_key: str | None = None
    webhook_urls: list[str] = field(default_factory=list)
    channels: dict[str, bool] = field(default_factory=dict)
    short_names: list[str] = field(default_factory=list)
    logs: list[Json] = field(default_factory=list)
    payments: list[Json] = field(default_factory=list)

    @property
    def installed(self) -> bool:
        """Whether the partner has called back and nobody uninstalled since."""
        return self.status in INSTALLED

    def turn(self, status: str, *, at: str, source: str) -> None:
        """Write the new state and the line of the log."""
        line = {"changed_at": at, "status_from": self.status, "status_to": status, "source": source}
        self.logs.append(line)
        self.status = status

    def forget(self) -> None:
        """What an uninstalled application leaves: its logs and payments."""
        self.api_key = None
        self.webhook_urls, self.short_names, self.channels = [], [], {}

    def dump(self) -> Json:
        """The connection as the control paths show it, its `api_key` included."""
        return {
            "salon_id": self.salon_id,
            "application_id": self.application_id,
            "status": self.status,
            "created_at": self.created_at,
            "api_key": self.api_key,
            "webhook_urls": list(self.webhook_urls),
            "channels": dict(self.channels),
            "short_names": list(self.short_names),
            "logs": list(self.logs),
            "payments": list(self.payments),
        }
