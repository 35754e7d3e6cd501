"""A CRM in memory behind the ports of cards, with the faults of a real one; and accounts at it."""

# ruff: noqa: ARG002 - a port's methods are told more than a fake needs

import itertools
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.crm_data import (
    CrmNote,
    CrmTask,
    CrmUser,
    Entity,
    EntityKind,
    EntityPage,
    EventPage,
    FieldSpec,
    NotePage,
    Pipeline,
    Stage,
    TaskPage,
)
from kommutator.domain.crm_ports import (
    EntityQuery,
    EventQuery,
    Item,
    ItemResult,
    Link,
    TaskQuery,
    Unwritten,
    Written,
)
from kommutator.domain.crm_whole import WholeLead
from kommutator.domain.outcome import Budget
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.house import House
from kommutator.flows.secrets import seal_secrets
from kommutator.kit.errors import ErrorKind, VendorError
from tests.support.waiting import takes

NOW = 1_790_000_000
SILENT = Unwritten(ErrorKind.UNSURE, "no answer")


async def free_turn(_: Sequence[Budget]) -> None:
    """An allowance without an end."""


@dataclass
class Cards:
    """One account's cards. Every write first asks `next_fault`.

    Faults: "busy" (429), "away" (nothing arrived), "dropped" (nobody knows, nothing arrived),
    "silent" (nobody knows, it was written), "hang" (written, and no answer for ever).
    """

    rows: dict[EntityKind, dict[int, dict[str, Any]]] = field(
        default_factory=lambda: {kind: {} for kind in EntityKind}
    )
    tasks_made: list[dict[str, Any]] = field(default_factory=list)
    notes_made: list[dict[str, Any]] = field(default_factory=list)
    linked: list[tuple[str, int, Link]] = field(default_factory=list)
    writes: Counter[int] = field(default_factory=Counter)
    requests: list[list[Any]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    rate: float = 0.0
    asked_by: list[UUID] = field(default_factory=list)
    chance: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311  which fault comes
    ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1001))

    def seed(self, kind: EntityKind, count: int) -> list[int]:
        return [self._make(kind, {"name": f"{kind.one} {n}", "price": 0}) for n in range(count)]

    def next_fault(self) -> str:
        if self.faults:
            return self.faults.pop(0)
        if self.chance.random() < self.rate:
            return self.chance.choice(["busy", "away", "dropped", "silent", "silent"])
        return ""

    def _make(self, kind: EntityKind, item: Item) -> int:
        made = next(self.ids)
        row = {"created_at": NOW, **item, "id": made, "updated_at": NOW}
        row.pop("request_id", None)
        self.rows[kind][made] = row
        return made

    # --- CrmReader -----------------------------------------------------------------------

    async def entities(self, account: Account, kind: EntityKind, query: EntityQuery) -> EntityPage:
        self.asked_by.append(account.connection_id)
        rows = [row for _, row in sorted(self.rows[kind].items()) if fits(row, query)]
        rows = rows[::-1] if query.newest_first else rows
        first = (query.page - 1) * query.limit
        shown = rows[first : first + query.limit]
        return EntityPage([entity_of(kind, row) for row in shown], first + query.limit < len(rows))

    async def entity(self, _: Account, kind: EntityKind, entity_id: int) -> Entity | None:
        row = self.rows[kind].get(entity_id)
        return None if row is None else entity_of(kind, row)

    async def fields(self, _: Account, kind: EntityKind) -> Sequence[FieldSpec]:
        return []

    async def pipelines(self, _: Account) -> Sequence[Pipeline]:
        stages = (Stage(31, 3, "New", 10), Stage(142, 3, "Won", 20, won=True))
        return [Pipeline(3, "Sales", 1, main=True, archived=False, incoming_on=True, stages=stages)]

    async def users(self, _: Account) -> Sequence[CrmUser]:
        return [CrmUser(11, "Olga", "olga@firm.example", admin=True)]

    async def events(self, _: Account, query: EventQuery) -> EventPage:
        return EventPage([], more=False)

    async def tasks(self, _: Account, query: TaskQuery) -> TaskPage:
        found = [task_of(row) for row in self.tasks_made if not query.ids or row["id"] in query.ids]
        return TaskPage(found, more=False)

    async def notes(
        self, _: Account, kind: EntityKind, entity_id: int, *, page: int = 1
    ) -> NotePage:
        mine = [row for row in self.notes_made if row["entity_id"] == entity_id]
        return NotePage([note_of(kind, row) for row in mine], more=False)

    # --- CrmWriter -----------------------------------------------------------------------

    async def create_many(
        self, _: Account, kind: EntityKind, items: Sequence[Item]
    ) -> Sequence[ItemResult]:
        return await self._write(items, lambda item: self._make(kind, item))

    async def update_many(
        self, _: Account, kind: EntityKind, items: Sequence[Item]
    ) -> Sequence[ItemResult]:
        def change(item: Item) -> int:
            self.rows[kind][item["id"]].update(item)
            return int(item["id"])

        def known(item: Item) -> bool:
            return item["id"] in self.rows[kind]

        return await self._write(items, change, known)

    async def create_tasks(self, _: Account, items: Sequence[Item]) -> Sequence[ItemResult]:
        return await self._write(items, lambda item: self._keep(self.tasks_made, item))

    async def update_tasks(self, _: Account, items: Sequence[Item]) -> Sequence[ItemResult]:
        def change(item: Item) -> int:
            next(row for row in self.tasks_made if row["id"] == item["id"]).update(item)
            return int(item["id"])

        return await self._write(items, change)

    async def create_notes(
        self, _: Account, kind: EntityKind, items: Sequence[Item]
    ) -> Sequence[ItemResult]:
        return await self._write(items, lambda item: self._keep(self.notes_made, item))

    async def link(
        self, _: Account, kind: EntityKind, entity_id: int, links: Sequence[Link]
    ) -> None:
        self.linked += [(kind.value, entity_id, link) for link in links]

    async def unlink(
        self, _: Account, kind: EntityKind, entity_id: int, links: Sequence[Link]
    ) -> None:
        self.linked = [one for one in self.linked if one[2] not in links]

    async def create_whole(self, account: Account, item: Item) -> WholeLead:
        inside = item["_embedded"]
        contact = None
        for one_contact in inside.get("contacts") or ():
            contact = self._make(EntityKind.CONTACTS, one_contact)
        made = one(await self.create_many(account, EntityKind.LEADS, [item]))
        return WholeLead(made.id, contact)

    def _keep(self, shelf: list[dict[str, Any]], item: Item) -> int:
        shelf.append({"created_at": NOW, **item, "id": next(self.ids)})
        return int(shelf[-1]["id"])

    async def _write(
        self, items: Sequence[Item], write: Any, known: Any = lambda _: True
    ) -> Sequence[ItemResult]:
        self.requests.append([item.get("id", item.get("name")) for item in items])
        fault = self.next_fault()
        if fault == "busy":
            return [Unwritten(ErrorKind.RATE_LIMITED, "slow down", retry_after=0.01) for _ in items]
        if fault == "away":
            return [Unwritten(ErrorKind.TRANSIENT, "not reached") for _ in items]
        if fault == "dropped":
            return [SILENT for _ in items]
        results = [self._one(item, write, known) for item in items]
        if fault == "hang":
            await takes(3600)
        return [SILENT for _ in items] if fault == "silent" else results

    def _one(self, item: Item, write: Any, known: Any) -> ItemResult:
        if not known(item) or item.get("name") == "bad":
            wrong = {"name": "InvalidType"}
            return Unwritten(ErrorKind.REJECTED, "name: InvalidType", fields=wrong)
        written = write(item)
        self.writes[written] += 1
        return Written(written)


def one(results: Sequence[ItemResult]) -> Written:
    if isinstance(results[0], Unwritten):
        raise VendorError(results[0].kind, results[0].message)
    return results[0]


def moment(row: dict[str, Any], key: str) -> datetime:
    return datetime.fromtimestamp(row[key], UTC)


def entity_of(kind: EntityKind, row: dict[str, Any]) -> Entity:
    return Entity(
        kind=kind,
        id=row["id"],
        name=row.get("name", ""),
        updated_at=moment(row, "updated_at"),
        created_at=moment(row, "created_at"),
        responsible_id=row.get("responsible_user_id"),
        pipeline_id=row.get("pipeline_id"),
        status_id=row.get("status_id"),
        price=row.get("price"),
        contact_ids=tuple(row.get("contact_ids", ())),
        raw=dict(row),
    )


def task_of(row: dict[str, Any]) -> CrmTask:
    kind = EntityKind(row["entity_type"]) if row.get("entity_type") else None
    return CrmTask(
        id=row["id"],
        text=row["text"],
        due_at=datetime.fromtimestamp(row["complete_till"], UTC),
        updated_at=moment(row, "created_at"),
        completed=row.get("is_completed", False),
        type_id=row.get("task_type_id"),
        kind=kind,
        entity_id=row.get("entity_id"),
        result=(row.get("result") or {}).get("text"),
        raw=dict(row),
    )


def note_of(kind: EntityKind, row: dict[str, Any]) -> CrmNote:
    return CrmNote(
        id=row["id"],
        kind=kind,
        entity_id=row["entity_id"],
        type=row["note_type"],
        created_at=moment(row, "created_at"),
        params=row.get("params", {}),
        raw=dict(row),
    )


def fits(row: dict[str, Any], query: EntityQuery) -> bool:
    made = moment(row, "created_at")
    return (
        (not query.ids or row["id"] in query.ids)
        and (query.text is None or query.text.lower() in str(row.get("name", "")).lower())
        and (query.created_from is None or made >= query.created_from)
        and (query.created_to is None or made <= query.created_to)
        and (not query.pipeline_ids or row.get("pipeline_id") in query.pipeline_ids)
        and (not query.responsible_ids or row.get("responsible_user_id") in query.responsible_ids)
    )


async def settle_amocrm(
    house: House,
    enterprise: EnterpriseNumber,
    account: str,
    *,
    user_id: UUID | None = None,
    config: dict[str, Any] | None = None,
    base_url: str | None = None,
    status: ConnectionStatus = ConnectionStatus.ACTIVE,
) -> UUID:
    """An amoCRM connection of the enterprise, or of one of its people."""
    connection_id = house.ids.uuid()
    async with house.db.unit() as unit:
        await unit.connections.create(
            enterprise,
            connection_id,
            kind=ConnectionKind.AMOCRM,
            name=f"amo {account}",
            base_url=base_url or f"https://firm{account}.amocrm.ru",
            account_key=account,
            config=config or {"requests_per_second": 1000},
            sealed=seal_secrets(
                house.vault, enterprise, connection_id, {"client_secret": "x" * 20}
            ),
            user_id=user_id,
        )
        await unit.connections.set_status(enterprise, connection_id, status)
    house.directory.invalidate(enterprise)
    return connection_id
