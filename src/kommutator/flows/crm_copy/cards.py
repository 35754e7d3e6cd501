"""Reading a CRM's cards into the copy: those somebody told of, all, those that changed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.crm_data import Entity, EntityKind
from kommutator.domain.crm_news import reached, read_pace
from kommutator.domain.crm_ports import CrmReader, EntityQuery, Order
from kommutator.domain.outcome import Budget
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.crm_copy.shelve import shelve
from kommutator.flows.directory import Directory
from kommutator.flows.name_calls import name_calls
from kommutator.kit.errors import Conflict
from kommutator.store.crm_reads import CrmRead
from kommutator.store.crm_wanted import TakenCards
from kommutator.store.database import Database

BATCH = 250
"""Cards of one request: the most that amoCRM gives."""

_OVERLAP = timedelta(minutes=2)
"""Changes may become visible later than they are dated."""

_DOUBTS = 20
"""Cards of one batch that are asked for one by one; the others wait for the next batch."""

_MOST_STAGES = 100  # of a filter: the address must not grow without end

_BEFORE = timedelta(hours=1)
"""How far back the very first look for changes goes: a whole read begins at the same time."""

Turn = Callable[[Sequence[Budget]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class PageRead:
    """One page of a round is in. `reached_at`: the newest it showed, by the vendor's clock."""

    more: bool
    items: int
    reached_at: datetime | None = None


class ReadCards:
    """Each request first takes its turn in the copy's own share of the account's allowance.

    So calls, which draw from the whole, never wait for the copy.
    """

    def __init__(
        self,
        db: Database,
        directory: Directory,
        readers: Mapping[ConnectionKind, CrmReader],
        turn: Turn,
    ) -> None:
        self._db = db
        self._directory = directory
        self._readers = readers
        self._turn = turn

    @property
    def kinds(self) -> list[str]:
        """The CRMs that are copied."""
        return [kind.value for kind in self._readers]

    def reader(self, account: Account) -> CrmReader:
        return self._readers[account.kind]

    async def account(self, enterprise: EnterpriseNumber, connection_id: UUID) -> Account:
        """Working, with the country whose national numbers its cards may hold.

        Raises:
            NotFound: removed.
            Conflict: `crm_not_working`: paused, broken, or its copy is switched off.
        """
        account = await self._directory.account(connection_id)
        if account.status is not ConnectionStatus.ACTIVE or not read_pace(account.config).on:
            raise Conflict("crm_not_working")
        pbx = await self._directory.account_of(enterprise, ConnectionKind.ASTERISK)
        if pbx is None or "region" not in pbx.config:
            return account
        return replace(account, config={"region": pbx.config["region"], **account.config})

    async def my_turn(self, account: Account) -> None:
        """Wait for the copy's share. Raises TooMany: `vendor_budget_spent`."""
        rate = read_pace(account.config).requests_per_second
        await self._turn([Budget(f"crm_copy:{account.connection_id}", rate)])

    async def reread(self, account: Account, taken: TakenCards) -> None:
        """Read these cards of one kind; what the CRM no longer has is buried.

        Raises:
            VendorError: refused or silent; UserError: no turn. Nothing was changed then.
        """
        found = await self._by_ids(account, taken.part, taken.ids)
        missing = [one for one in taken.ids if one not in found]
        later = frozenset(missing[_DOUBTS:])
        found |= await self._doubted(account, taken.part, missing[:_DOUBTS])
        done = replace(taken, ids=[one for one in taken.ids if one not in later])
        gone = [one for one in done.ids if one not in found]
        async with self._db.unit() as unit:
            names = await shelve(
                unit, account, taken.part, list(found.values()), gone=gone, read_at=taken.at
            )
            await unit.crm_wanted.grant(account.enterprise, account.connection_id, done)
            left = replace(taken, ids=sorted(later))
            await unit.crm_wanted.postpone(account.enterprise, account.connection_id, left, 0.0)
        await name_calls(self._db, account.enterprise, names)

    async def whole_page(
        self, account: Account, read: CrmRead, kind: EntityKind, page: int, at: datetime
    ) -> PageRead:
        """One page of all cards, the newest first: what is made meanwhile shifts none out.

        Of leads only the open ones; all, if this integration may not see the pipelines.
        """
        stages = await self._open_stages(account) if kind is EntityKind.LEADS else ()
        query = EntityQuery(
            page=page, limit=BATCH, stages=stages, order=Order.ID, newest_first=True
        )
        await self.my_turn(account)
        found = await self.reader(account).entities(account, kind, query)
        await self._keep(account, kind, found.items, at)
        if not found.more and read.started_at is not None:
            async with self._db.unit() as unit:
                await unit.crm_wanted.want_unconfirmed(
                    account.enterprise, account.connection_id, kind, read.started_at
                )
        return PageRead(found.more, len(found.items))

    async def changed_page(
        self, account: Account, read: CrmRead, kind: EntityKind, page: int, at: datetime
    ) -> PageRead:
        """One page of what changed since the last round, the newest first."""
        since = (read.cursor_at or (read.started_at or at) - _BEFORE) - _OVERLAP
        query = EntityQuery(
            page=page, limit=BATCH, updated_from=since, order=Order.UPDATED, newest_first=True
        )
        await self.my_turn(account)
        found = await self.reader(account).entities(account, kind, query)
        await self._keep(account, kind, found.items, at)
        dates = [card.updated_at for card in found.items]
        # A CRM that takes no notice of the filter would give us everything each time.
        more = found.more and min(dates, default=since) >= since
        newest = max(dates, default=None)
        return PageRead(more, len(found.items), reached(read.reached_at, newest, at))

    async def _keep(
        self, account: Account, kind: EntityKind, cards: Sequence[Entity], at: datetime
    ) -> None:
        async with self._db.unit() as unit:
            names = await shelve(unit, account, kind, cards, read_at=at)
        await name_calls(self._db, account.enterprise, names)

    async def _by_ids(
        self, account: Account, kind: EntityKind, ids: Sequence[int]
    ) -> dict[int, Entity]:
        await self.my_turn(account)
        query = EntityQuery(ids=tuple(ids), limit=BATCH)
        found = await self.reader(account).entities(account, kind, query)
        wanted = set(ids)
        return {card.id: card for card in found.items if card.id in wanted}

    async def _doubted(
        self, account: Account, kind: EntityKind, missing: Sequence[int]
    ) -> dict[int, Entity]:
        """A list that leaves a card out may be behind, or its filter off: the card itself is asked.

        Not for those that were buried already: then the list only says the same once more.
        """
        found: dict[int, Entity] = {}
        for one in missing:
            async with self._db.single() as unit:
                known = await unit.crm_copy.get(
                    account.enterprise, account.connection_id, kind, one
                )
            if known is not None and known.deleted:
                continue
            await self.my_turn(account)
            card = await self.reader(account).entity(account, kind, one)
            if card is not None:
                found[one] = card
        return found

    async def _open_stages(self, account: Account) -> tuple[tuple[int, int], ...]:
        """All (pipeline, stage) pairs that are neither won nor lost, as last read."""
        async with self._db.single() as unit:
            known = await unit.crm_references.get(
                account.enterprise, account.connection_id, "pipelines"
            )
        stages = tuple(
            (int(stage["pipeline_id"]), int(stage["id"]))
            for pipeline in (known.data if known else ())
            for stage in pipeline["stages"]
            if not (stage["won"] or stage["lost"])
        )
        return stages if len(stages) <= _MOST_STAGES else ()
