"""Facts about the vendor, as data. Sources: the vendor's API rules and its official SDKs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

GENERAL_PER_SECOND: Final = 10.0  # per IP address (API rules)
TELEPHONY_PER_SECOND: Final = 40.0  # /api/telephony/* per IP address (API rules)
TELEPHONY_AT_ONCE: Final = 3  # a card must not wait for the one before it
TELEPHONY_PACE: Final = 38.0  # so that pace and burst together stay below the limit
BATCH: Final = 50  # calls in one /telephony/calls/upload
PAGE: Final = 100  # of 20, 50, 100
LIST_SHARE: Final = 0.2  # of the allowance, for reading whole lists beside the calls
CONCURRENCY: Final = 4  # requests at once per account
MODULE_CODE: Final = "kommutator-telephony"
MODULE_NAME: Final = "Kommutator"
HOST_SUFFIXES: Final = (".retailcrm.ru", ".retailcrm.pro", ".retailcrm.es", ".simla.com")
USER_STATUSES: Final = ("free", "busy", "dinner", "break")


class FieldType(StrEnum):
    URL = "url"
    SECRET = "secret"  # noqa: S105  the kind of a form field
    FLAG = "flag"
    NUMBER = "number"
    SITE = "site"  # a choice of `Probe.sites`
    EMPLOYEE = "employee"  # a choice of `CrmDesk.employees`


@dataclass(frozen=True, slots=True)
class FormField:
    """One input of the console's form; its texts are `retailcrm.<name>` and `….help`."""

    name: str
    type: FieldType
    required: bool = False
    default: str | float | bool | None = None

    @property
    def label(self) -> str:
        return f"retailcrm.{self.name}"

    @property
    def help(self) -> str:
        return f"{self.label}.help"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the console and the engine ask about a CRM before they know any account.

    Attributes:
        scopes: what the key must have; without one of them the probe fails.
        optional_scopes: wanted only by some rules; the probe names the missing ones.
    """

    code: str
    title: str
    auth: str
    capabilities: frozenset[str]
    fields: tuple[FormField, ...]
    scopes: tuple[str, ...]
    optional_scopes: tuple[str, ...]


MANIFEST: Final = Manifest(
    code="retailcrm",
    title="RetailCRM",
    auth="api_key",
    capabilities=frozenset(
        {
            "ring_popup",
            "hangup_popup",
            "call_record",
            "create_customer",
            "create_order",
            "create_task",
            "click_to_call",
            "presence",
            "extension_codes",
        }
    ),
    fields=(
        FormField("base_url", FieldType.URL, required=True),
        FormField("api_key", FieldType.SECRET, required=True),
        FormField("default_site", FieldType.SITE),
        FormField("default_performer", FieldType.EMPLOYEE),
        FormField("allow_edit", FieldType.FLAG, default=False),
        FormField("requests_per_second", FieldType.NUMBER, default=GENERAL_PER_SECOND),
    ),
    scopes=(
        "telephony_read",
        "telephony_write",
        "integration_read",
        "integration_write",
        "user_read",
        "customer_read",
        "customer_write",
        "order_read",
        "task_read",
        "task_write",
        "reference_read",
    ),
    optional_scopes=("order_write", "user_write"),
)

SCOPE_PATHS: Final[dict[str, tuple[str, ...]]] = {
    "telephony_read": ("/api/telephony/manager",),
    "telephony_write": ("/api/telephony/call/event", "/api/telephony/calls/upload"),
    "integration_read": ("/api/integration-modules/{code}",),
    "integration_write": ("/api/integration-modules/{code}/edit",),
    "user_read": ("/api/users",),
    "user_write": ("/api/users/{id}/status",),
    "customer_read": ("/api/customers",),
    "customer_write": ("/api/customers/create",),
    "order_read": ("/api/orders",),
    "order_write": ("/api/orders/create",),
    "task_read": ("/api/tasks",),
    "task_write": ("/api/tasks/create",),
    "reference_read": ("/api/reference/sites",),
}
"""What a scope means in the words of old keys, which list paths instead of scopes."""
