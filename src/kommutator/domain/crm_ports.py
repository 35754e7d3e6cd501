"""How a CRM's cards are read and written in bulk: the ports, the questions, the results.

Every method takes the account first and raises `VendorError`, except where it says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from kommutator.domain.connection import Account
from kommutator.domain.crm_data import (
    CrmUser,
    Entity,
    EntityKind,
    EntityPage,
    EventPage,
    FieldSpec,
    Hook,
    NotePage,
    Pipeline,
    TaskPage,
)
from kommutator.domain.oauth import AccountFacts
from kommutator.kit.errors import ErrorKind


class Order(StrEnum):
    ID = "id"
    UPDATED = "updated_at"


@dataclass(frozen=True, slots=True)
class EntityQuery:
    """Which cards; everything that is given must hold.

    Attributes:
        limit: cards a page, at most 250.
        text: searched for in names, phones and other filled fields, as the vendor does it.
        updated_from: inclusive, as `updated_to` and the others are.
        stages: (pipeline, stage) pairs; of leads.
        fields: field id → values, one of which the card must have.
        deleted: the bin instead of the cards; of leads.
    """

    page: int = 1
    limit: int = 250
    ids: tuple[int, ...] = ()
    text: str | None = None
    name: str | None = None
    updated_from: datetime | None = None
    updated_to: datetime | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    responsible_ids: tuple[int, ...] = ()
    pipeline_ids: tuple[int, ...] = ()
    stages: tuple[tuple[int, int], ...] = ()
    price_from: int | None = None
    price_to: int | None = None
    fields: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    deleted: bool = False
    order: Order = Order.ID
    newest_first: bool = False


@dataclass(frozen=True, slots=True)
class EventQuery:
    """Newest first. `page` of at most 100 events."""

    page: int = 1
    limit: int = 100
    types: tuple[str, ...] = ()
    kinds: tuple[EntityKind, ...] = ()
    entity_ids: tuple[int, ...] = ()  # at most 10
    created_from: datetime | None = None
    created_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class TaskQuery:
    page: int = 1
    limit: int = 250
    ids: tuple[int, ...] = ()
    responsible_ids: tuple[int, ...] = ()
    completed: bool | None = None
    type_ids: tuple[int, ...] = ()
    kind: EntityKind | None = None
    entity_ids: tuple[int, ...] = ()
    updated_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """From one card to another; `main`: of a lead's contacts the first one."""

    to_kind: EntityKind
    to_id: int
    main: bool | None = None


@dataclass(frozen=True, slots=True)
class Written:
    id: int
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Unwritten:
    """One item the CRM has not got.

    Attributes:
        kind: REJECTED: this item will never be taken as it is. UNSURE: nobody knows.
        message: the vendor's words, readable per field, redacted.
        fields: path within the item → what is wrong with it.
    """

    kind: ErrorKind
    message: str
    hint: str | None = None
    retry_after: float | None = None
    fields: Mapping[str, str] = field(default_factory=dict)


ItemResult = Written | Unwritten
Item = Mapping[str, Any]
"""One card, task or note to write, in the vendor's shape: only the keys that shall change."""


class CrmReader(Protocol):
    """Reading a CRM. What does not exist is None or an empty page, never an error."""

    async def entities(
        self, account: Account, kind: EntityKind, query: EntityQuery
    ) -> EntityPage: ...
    async def entity(self, account: Account, kind: EntityKind, entity_id: int) -> Entity | None: ...
    async def fields(self, account: Account, kind: EntityKind) -> Sequence[FieldSpec]:
        """All of them, every page."""
        ...

    async def pipelines(self, account: Account) -> Sequence[Pipeline]: ...
    async def users(self, account: Account) -> Sequence[CrmUser]:
        """All of them, every page. Refused (REJECTED) to whoever may not see them."""
        ...

    async def facts(self, account: Account) -> AccountFacts: ...
    async def events(self, account: Account, query: EventQuery) -> EventPage: ...
    async def tasks(self, account: Account, query: TaskQuery) -> TaskPage: ...
    async def notes(
        self, account: Account, kind: EntityKind, entity_id: int, *, page: int = 1
    ) -> NotePage: ...


class CrmWriter(Protocol):
    """Writing to a CRM.

    What takes several items never raises for a vendor's doing: one result per item, in order,
    however many requests that took; links raise `VendorError`. A create that may have arrived is
    never repeated: it comes back UNSURE, and its caller looks for it, by the `created_at` (unix
    seconds) that it gave it, before it tries again.
    """

    async def create_many(
        self, account: Account, kind: EntityKind, items: Sequence[Item]
    ) -> Sequence[ItemResult]: ...
    async def update_many(
        self, account: Account, kind: EntityKind, items: Sequence[Item]
    ) -> Sequence[ItemResult]:
        """Each item has its `id` and the keys to change."""
        ...

    async def create_tasks(
        self, account: Account, items: Sequence[Item]
    ) -> Sequence[ItemResult]: ...
    async def update_tasks(
        self, account: Account, items: Sequence[Item]
    ) -> Sequence[ItemResult]: ...
    async def create_notes(
        self, account: Account, kind: EntityKind, items: Sequence[Item]
    ) -> Sequence[ItemResult]:
        """Each item has its `entity_id`."""
        ...

    async def link(
        self, account: Account, kind: EntityKind, entity_id: int, links: Sequence[Link]
    ) -> None: ...
    async def unlink(
        self, account: Account, kind: EntityKind, entity_id: int, links: Sequence[Link]
    ) -> None: ...


class HookBoard(Protocol):
    """Which of our addresses the CRM calls."""

    async def hooks(self, account: Account, destination: str | None = None) -> Sequence[Hook]: ...
    async def subscribe(self, account: Account, destination: str, settings: Sequence[str]) -> Hook:
        """Create, or change the one of this destination."""
        ...

    async def unsubscribe(self, account: Account, destination: str) -> None:
        """Also fine when there was none."""
        ...
