"""A CRM in memory whose cards are copied: it changes, tells of it badly, hangs or breaks."""

# ruff: noqa: ARG002 - a port's methods are told more than a fake needs

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.crm_data import (
    CrmUser,
    Entity,
    EntityKind,
    EntityPage,
    EventPage,
    FieldSpec,
    FieldType,
    Hook,
    Pipeline,
    Stage,
    VendorEvent,
)
from kommutator.domain.crm_news import CardNews
from kommutator.domain.crm_ports import CrmReader, EntityQuery, EventQuery, Order
from kommutator.domain.journal import JournalRow
from kommutator.domain.oauth import AccountFacts
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.crm_copy.cards import ReadCards
from kommutator.flows.crm_copy.events import Reconcile
from kommutator.flows.crm_copy.hear import HearNews
from kommutator.flows.crm_copy.references import ReadReferences
from kommutator.flows.crm_copy.rounds import CopyCrm
from kommutator.flows.crm_copy.subscription import WatchHooks
from kommutator.flows.directory import Directory
from kommutator.kit.clock import SystemClock
from kommutator.kit.errors import ErrorKind, VendorError
from kommutator.kit.ids import SystemIds
from kommutator.store.crm_reads import CrmRead
from kommutator.store.database import Database
from tests.support.house import settings_for_tests, vault_of
from tests.support.rounds import whole_round

HERE = EnterpriseNumber("0367")
CRM = UUID(int=7)
CONTACTS, COMPANIES, LEADS = EntityKind.CONTACTS, EntityKind.COMPANIES, EntityKind.LEADS
SETTINGS = ("add_contact", "update_contact", "delete_contact", "update_lead")
PUBLIC = "https://gate.example"
ADDRESS = "https://example.amocrm.ru"
PIPELINE = Pipeline(
    1300, "Sales", 1, main=True, archived=False, incoming_on=False,
    stages=(Stage(1, 1300, "New", 1), Stage(142, 1300, "Won", 2, won=True)),
)  # fmt: skip


def account(connection_id: UUID = CRM, **config: Any) -> Account:
    return Account(
        enterprise=HERE,
        connection_id=connection_id,
        kind=ConnectionKind.AMOCRM,
        name="amoCRM",
        base_url=ADDRESS,
        status=ConnectionStatus.ACTIVE,
        config={"copy": {"requests_per_second": 50.0, **config}},
        secrets={},
        account_key="28805383",
    )


@dataclass
class VendorCrm:
    """`CrmReader`, `HookBoard`, and the directory of its one account.

    Attributes:
        cards: alive; the dead are only missing.
        history: its events, oldest first.
        asked: what was asked for, in order.
        error: raised instead of every answer.
        blind: ids that lists leave out, though the cards are there.
    """

    whose: Account = field(default_factory=account)
    cards: dict[tuple[EntityKind, int], Entity] = field(default_factory=dict)
    history: list[VendorEvent] = field(default_factory=list)
    asked: list[tuple[str, object]] = field(default_factory=list)
    hooks_held: list[Hook] = field(default_factory=list)
    error: VendorError | None = None
    hook_error: VendorError | None = None
    blind: set[int] = field(default_factory=set)
    tray: bool = False
    stubborn: bool = False  # a hook that was switched off stays so until it is made anew
    per_page: int = 250

    # --- the vendor's own doings ---

    def put(self, kind: EntityKind, number: int, name: str, **more: Any) -> Entity:
        known = self.cards.get((kind, number))
        at = datetime.now(UTC).replace(microsecond=0)
        plain = known or Entity(kind, number, name, at)
        card = replace(plain, name=name, updated_at=at, **more)
        card = replace(card, raw={"id": number, "name": name})
        self.cards[kind, number] = card
        word = "name_field_changed" if known else f"{kind.one}_added"
        self._happened(word, kind, number)
        return card

    def delete(self, kind: EntityKind, number: int) -> None:
        if self.cards.pop((kind, number), None):
            self._happened(f"{kind.one}_deleted", kind, number)

    def _happened(self, word: str, kind: EntityKind, number: int) -> None:
        at = datetime.now(UTC).replace(microsecond=0)
        self.history.append(
            VendorEvent(f"e{len(self.history)}", word, number, kind.one, kind, at, 1)
        )

    # --- CrmReader ---

    async def entities(self, whose: Account, kind: EntityKind, query: EntityQuery) -> EntityPage:
        self.asked.append((kind.value, query.ids or query.page))
        self._trouble()
        found = [card for (of, _), card in self.cards.items() if of is kind]
        if query.ids:
            found = [c for c in found if c.id in query.ids and c.id not in self.blind]
        if query.updated_from:
            found = [c for c in found if c.updated_at >= query.updated_from.replace(microsecond=0)]
        if query.stages:
            found = [c for c in found if (c.pipeline_id, c.status_id) in query.stages]
        if query.order is Order.ID:
            found.sort(key=lambda card: card.id, reverse=query.newest_first)
        else:
            found.sort(key=lambda c: (c.updated_at, c.id), reverse=query.newest_first)
        size = min(query.limit, self.per_page)
        start = (query.page - 1) * size
        return EntityPage(found[start : start + size], len(found) > start + size)

    async def entity(self, whose: Account, kind: EntityKind, entity_id: int) -> Entity | None:
        self.asked.append((f"{kind.value}/one", entity_id))
        self._trouble()
        return self.cards.get((kind, entity_id))

    async def fields(self, whose: Account, kind: EntityKind) -> Sequence[FieldSpec]:
        self.asked.append(("fields", kind.value))
        self._trouble()
        spec = FieldSpec(9, kind, "Phone", FieldType.MULTITEXT, "multitext", code="PHONE")
        return [spec, FieldSpec(10, kind, "Colour", FieldType.OTHER, "rainbow")]

    async def pipelines(self, whose: Account) -> Sequence[Pipeline]:
        self._trouble()
        return [PIPELINE]

    async def users(self, whose: Account) -> Sequence[CrmUser]:
        self._trouble()
        raise VendorError(ErrorKind.REJECTED, "no rights", status=403, hint="amocrm_rights")

    async def facts(self, whose: Account) -> AccountFacts:
        self._trouble()
        details = {"is_unsorted_on": self.tray, "version": 7}
        return AccountFacts("28805383", "Firm", "example", details=details)

    async def events(self, whose: Account, query: EventQuery) -> EventPage:
        self.asked.append(("events", query.page))
        self._trouble()
        since = query.created_from or datetime.fromtimestamp(0, UTC)
        found = [e for e in reversed(self.history) if e.created_at >= since.replace(microsecond=0)]
        start = (query.page - 1) * query.limit
        return EventPage(found[start : start + query.limit], len(found) > start + query.limit)

    # --- HookBoard ---

    async def hooks(self, whose: Account, destination: str | None = None) -> Sequence[Hook]:
        self.asked.append(("hooks", destination is not None))
        self._hook_trouble()
        return [h for h in self.hooks_held if destination in (None, h.destination)]

    async def subscribe(self, whose: Account, destination: str, settings: Sequence[str]) -> Hook:
        self.asked.append(("subscribe", tuple(settings)))
        self._hook_trouble()
        old = next((h for h in self.hooks_held if h.destination == destination), None)
        off = self.stubborn and old is not None and old.disabled
        hook = Hook(len(self.asked), destination, tuple(settings), disabled=off)
        self.hooks_held = [h for h in self.hooks_held if h is not old] + [hook]
        return hook

    async def unsubscribe(self, whose: Account, destination: str) -> None:
        self.asked.append(("unsubscribe", None))
        self._hook_trouble()
        self.hooks_held = [h for h in self.hooks_held if h.destination != destination]

    # --- Directory ---

    async def account(self, connection_id: UUID) -> Account:
        return self.whose

    async def account_of(self, *_: object) -> Account | None:
        return None

    def _trouble(self) -> None:
        if self.error:
            raise self.error

    def _hook_trouble(self) -> None:
        if self.hook_error:
            raise self.hook_error


@dataclass(frozen=True)
class Copy:
    """Everything that keeps a copy of one CRM."""

    db: Database
    crm: VendorCrm
    cards: ReadCards
    references: ReadReferences
    hooks: WatchHooks
    copier: CopyCrm

    async def reread(self, kind: EntityKind, limit: int = 250) -> str | None:
        """Read a batch that somebody told of; None: nobody told of any."""
        async with self.db.unit() as unit:
            taken = await unit.crm_wanted.take(HERE, self.crm.whose.connection_id, kind, limit, 60)
        if taken is None:
            return None
        return await self.copier.reread(HERE, self.crm.whose.connection_id, taken)

    async def reread_all(self) -> None:
        for kind in EntityKind:
            while await self.reread(kind) == "up":
                pass

    async def round(self, task: str) -> CrmRead:
        """Do a whole round now, as a worker does; returns what is noted of it."""
        whose = self.crm.whose.connection_id
        return await whole_round(self.db, self.copier, HERE, whose, task)

    async def hear(self, *news: CardNews, received_at: datetime | None = None) -> None:
        """A notice is decided upon."""

        async def nobody(*_: object) -> Any:
            raise AssertionError

        hear = HearNews(cast("Directory", self.crm), "amocrm", lambda _row: news, nobody)
        async with self.db.unit() as unit:
            at = received_at or await unit.connection.fetchval("SELECT clock_timestamp()")
            row = JournalRow(1, HERE, "amocrm", "hook", None, b"", self.crm.whose.connection_id, at)
            await hear.decide(unit, row)

    async def held(self) -> dict[tuple[EntityKind, int], str]:
        """Cards alive in the copy → names."""
        async with self.db.unit() as unit:
            rows = await unit.connection.fetch(
                "SELECT kind, id, name FROM crm_entities WHERE NOT deleted"
            )
        return {(EntityKind(row["kind"]), row["id"]): row["name"] for row in rows}

    async def book(self) -> dict[str, tuple[str | None, str | None]]:
        """The phone book: number → (name, owner) of clients."""
        async with self.db.unit() as unit:
            rows = await unit.connection.fetch(
                "SELECT phone, name, owner_user FROM phone_book WHERE known ORDER BY phone"
            )
        return {row["phone"]: (row["name"], row["owner_user"]) for row in rows}


async def at_once(_budgets: object) -> None:
    """Nobody waits for an allowance."""


async def keep_copy(db: Database, crm: VendorCrm, config: Mapping[str, Any] | None = None) -> Copy:
    """An enterprise with a working connection, and the parts that copy it."""
    settings = settings_for_tests()
    async with db.unit() as unit:
        await unit.enterprises.create(HERE, name="Firm")
        await unit.connections.create(
            HERE, crm.whose.connection_id, kind=ConnectionKind.AMOCRM, name="amoCRM",
            base_url=ADDRESS, account_key="28805383", config=dict(config or {}), sealed={},
        )  # fmt: skip
        await unit.connections.set_status(HERE, crm.whose.connection_id, ConnectionStatus.ACTIVE)
    directory = cast("Directory", crm)
    clock, ids = SystemClock(), SystemIds()
    cards = ReadCards(db, directory, {ConnectionKind.AMOCRM: cast("CrmReader", crm)}, at_once)
    references = ReadReferences(db, cards)
    hooks = WatchHooks(
        db, vault_of(settings), {ConnectionKind.AMOCRM: crm}, lambda _account: SETTINGS,
        ids=ids, public_url=PUBLIC, path="/api/v1/webhooks/amocrm",
    )  # fmt: skip
    copier = CopyCrm(db, cards, references, Reconcile(db, cards), hooks, clock=clock)
    return Copy(db, crm, cards, references, hooks, copier)
