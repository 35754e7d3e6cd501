"""What a CRM holds, in no vendor's shape: cards, fields, pipelines, people, tasks, notes, hooks.

Who reads and writes them: `domain/crm_ports.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class EntityKind(StrEnum):
    """What a card is. The value is the plural that vendors put into their paths."""

    LEADS = "leads"
    CONTACTS = "contacts"
    COMPANIES = "companies"

    @property
    def one(self) -> str:
        """The singular: "lead", "contact", "company"."""
        return {"leads": "lead", "contacts": "contact", "companies": "company"}[self.value]


@dataclass(frozen=True, slots=True)
class Entity:
    """One card.

    Attributes:
        updated_at: UTC; two versions of one card are compared by it.
        deleted: the vendor shows it in the bin; a card that is simply gone is not an entity.
        phones: those that can be called, in E.164, each once, in the card's order.
        price: whole units of the account's currency; of leads.
        contact_ids: of leads and companies, the main one first; empty too where the vendor was
            not asked for them.
        closed: a lead that is won or lost.
        raw: as the vendor sent it, without its links to itself.
    """

    kind: EntityKind
    id: int
    name: str
    updated_at: datetime
    created_at: datetime | None = None
    responsible_id: int | None = None
    deleted: bool = False
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    pipeline_id: int | None = None
    status_id: int | None = None
    price: int | None = None
    contact_ids: tuple[int, ...] = ()
    company_ids: tuple[int, ...] = ()
    closed: bool = False
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EntityPage:
    """`more`: there is a page after this one. No vendor promises a total."""

    items: Sequence[Entity]
    more: bool


class FieldType(StrEnum):
    """What a custom field holds; OTHER: a kind of the vendor's that we only show."""

    TEXT = "text"
    TEXTAREA = "textarea"
    NUMERIC = "numeric"
    MONETARY = "monetary"
    CHECKBOX = "checkbox"
    SELECT = "select"
    MULTISELECT = "multiselect"
    RADIO = "radiobutton"
    MULTITEXT = "multitext"  # phones and e-mails
    DATE = "date"
    DATE_TIME = "date_time"
    BIRTHDAY = "birthday"
    URL = "url"
    ADDRESS = "streetaddress"
    SMART_ADDRESS = "smart_address"
    LEGAL_ENTITY = "legal_entity"
    TRACKING = "tracking_data"
    PRICE = "price"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class FieldChoice:
    id: int
    value: str
    code: str | None = None
    sort: int = 0


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """A custom field of one kind of card.

    Attributes:
        type_name: in the vendor's words, for OTHER.
        code: the vendor's constant name of a predefined field: "PHONE", "EMAIL".
        required_at: (pipeline, stage) pairs that demand it.
        api_only: people see it and cannot change it.
    """

    id: int
    kind: EntityKind
    name: str
    type: FieldType
    type_name: str
    code: str | None = None
    sort: int = 0
    choices: tuple[FieldChoice, ...] = ()
    required_at: tuple[tuple[int, int], ...] = ()
    api_only: bool = False
    predefined: bool = False
    raw: Mapping[str, Any] = field(default_factory=dict)

    @property
    def required(self) -> bool:
        return bool(self.required_at)


@dataclass(frozen=True, slots=True)
class Stage:
    """One column of a pipeline. Ids of won and lost repeat in every pipeline."""

    id: int
    pipeline_id: int
    name: str
    sort: int
    color: str | None = None
    incoming: bool = False  # the tray of what nobody has taken yet
    won: bool = False
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Pipeline:
    id: int
    name: str
    sort: int
    main: bool
    archived: bool
    incoming_on: bool  # whether it has that tray
    stages: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class CrmUser:
    id: int
    name: str
    email: str | None = None
    active: bool = True
    admin: bool = False
    group_id: int | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class VendorEvent:
    """One line of the account's own history.

    Attributes:
        kind: None for what is none of our cards (tasks, talks, catalogues).
        before, after: in the vendor's shape.
    """

    id: str
    type: str
    entity_id: int
    entity_type: str
    kind: EntityKind | None
    created_at: datetime
    created_by: int | None
    before: Sequence[Any] = ()
    after: Sequence[Any] = ()


@dataclass(frozen=True, slots=True)
class EventPage:
    items: Sequence[VendorEvent]
    more: bool


@dataclass(frozen=True, slots=True)
class CrmTask:
    id: int
    text: str
    due_at: datetime
    updated_at: datetime
    completed: bool = False
    type_id: int | None = None
    responsible_id: int | None = None
    kind: EntityKind | None = None
    entity_id: int | None = None
    result: str | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TaskPage:
    items: Sequence[CrmTask]
    more: bool


@dataclass(frozen=True, slots=True)
class CrmNote:
    """`params` in the vendor's shape: a common one has `text`, a call its `phone`."""

    id: int
    kind: EntityKind
    entity_id: int
    type: str
    created_at: datetime
    params: Mapping[str, Any] = field(default_factory=dict)
    created_by: int | None = None
    responsible_id: int | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NotePage:
    items: Sequence[CrmNote]
    more: bool


@dataclass(frozen=True, slots=True)
class Hook:
    """What a CRM calls when something changes. `disabled`: it has given up calling."""

    id: int
    destination: str
    settings: tuple[str, ...]
    disabled: bool = False
