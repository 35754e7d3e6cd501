"""Bulk writes: every item right, nothing twice, nothing dropped, whatever the vendor does."""

import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest

from kommutator.domain.bulk import BulkAction, ItemState, JobState
from kommutator.domain.connection import ConnectionStatus
from kommutator.domain.crm_data import EntityKind
from kommutator.domain.outcome import Budget
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Role
from kommutator.flows.amocrm.accounts import Accounts
from kommutator.flows.amocrm.bulk import Bulk, Progress
from kommutator.flows.house import House
from kommutator.kit.errors import Conflict, NotFound
from kommutator.store.bulk import BulkJob
from kommutator.workers.bulk import BulkWorker
from kommutator.workers.bulk_steps import BulkSteps, Turn
from tests.support.cards import Cards, free_turn, settle_amocrm
from tests.support.house import open_house
from tests.support.waiting import eventually

E = EnterpriseNumber("0367")
ADMIN = Actor("admin", Role.ENTERPRISE_ADMIN, E)
LEADS = EntityKind.LEADS


class Quick(BulkSteps):
    """A failing vendor is asked again at once."""

    def pause(self, _: BulkJob) -> float:
        return 0.0


class Ground:
    """A house with one amoCRM account, whose cards are in memory."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.cards = Cards()
        self.turn: Turn = free_turn
        self.accounts = Accounts(house.db, house.vault, house.redactor)
        self.bulk = Bulk(house.db, self.accounts, clock=house.clock, ids=house.ids)

    def worker(self, *, lease_s: float = 15.0) -> BulkWorker:
        steps = Quick(
            self.house.db, self.cards, self.cards, self.turn, ids=self.house.ids, settle_s=0.0,
        )  # fmt: skip
        return BulkWorker(
            self.house.db, self.accounts, steps,
            clock=self.house.clock, ids=self.house.ids, lease_s=lease_s, tick_s=0.005,
        )  # fmt: skip

    async def order(self, action: str, items: Sequence[dict[str, Any]], batch: int = 50) -> UUID:
        account = await self.accounts.acting(ADMIN, E)
        made = await self.bulk.order(ADMIN, account, LEADS, BulkAction(action), items, batch)
        return made.job.id

    async def seen(self, job_id: UUID) -> Progress:
        return await self.bulk.get(ADMIN, E, job_id)

    async def ended(self, job_id: UUID) -> bool:
        return (await self.seen(job_id)).job.finished_at is not None

    @asynccontextmanager
    async def working(self, **options: float) -> AsyncIterator[BulkWorker]:
        worker = self.worker(**options)
        await worker.start()
        try:
            yield worker
        finally:
            await worker.stop()

    async def done(self, job_id: UUID) -> Progress:
        async with self.working():
            await eventually(lambda: self.ended(job_id), limit_s=60)
        return await self.seen(job_id)


@pytest.fixture
async def ground(database_url: str) -> AsyncIterator[Ground]:
    async with open_house(database_url) as house:
        async with house.db.unit() as unit:
            await unit.enterprises.create(E, name="Firm")
        await settle_amocrm(house, E, "31920194")
        yield Ground(house)


async def test_updates_under_faults_are_all_right_and_written_once(ground: Ground) -> None:
    """500 items, 100 of them second words about the same lead; every third request fails."""
    ids = ground.cards.seed(LEADS, 400)
    items = [{"id": one, "price": one} for one in ids]
    items += [{"id": one, "price": one + 5} for one in ids[:100]]
    random.Random(3).shuffle(items)  # noqa: S311  an order
    last = {item["id"]: item["price"] for item in items}
    ground.cards.rate = 0.34
    seen = await ground.done(await ground.order("update", items, batch=10))
    assert {row["id"]: row["price"] for row in ground.cards.rows[LEADS].values()} == last
    assert seen.counts[ItemState.DONE] == 500
    assert seen.job.state is JobState.FINISHED
    assert ground.cards.writes.total() == 500
    assert all(len(set(request)) == len(request) for request in ground.cards.requests)


async def test_creations_under_faults_are_made_once_even_if_they_are_alike(ground: Ground) -> None:
    items = [{"name": f"Lead {n % 7}", "price": n % 3} for n in range(500)]
    ground.cards.rate = 0.34
    job = await ground.order("create", items, batch=10)
    seen = await ground.done(job)
    made = [(row["name"], row["price"]) for row in ground.cards.rows[LEADS].values()]
    assert sorted(made) == sorted((item["name"], item["price"]) for item in items)
    assert seen.counts[ItemState.DONE] == 500
    told = await ground.bulk.items(ADMIN, E, job, limit=1000)
    assert len({item.entity_id for item in told}) == 500
    for item in told:
        row = ground.cards.rows[LEADS][item.entity_id or 0]
        wanted = items[item.position - 1]
        assert (row["name"], row["price"]) == (wanted["name"], wanted["price"])


async def test_two_words_about_one_lead_keep_their_order_and_never_travel_together(
    ground: Ground,
) -> None:
    (lead,) = ground.cards.seed(LEADS, 1)
    await ground.done(await ground.order("update", [{"id": lead, "price": n} for n in range(6)]))
    assert ground.cards.requests == [[lead]] * 6
    assert ground.cards.rows[LEADS][lead]["price"] == 5


async def test_who_takes_over_from_the_dead_looks_before_writing(ground: Ground) -> None:
    """The first worker dies with a batch at the vendor: written, and nobody heard of it."""
    job = await ground.order("create", [{"name": f"Lead {n}"} for n in range(20)], batch=10)
    ground.cards.faults = ["", "hang"]
    dead = ground.worker(lease_s=0.3)
    await dead.start()
    await eventually(lambda: len(ground.cards.rows[LEADS]) == 20)
    for task in dead._working.values():
        task._log_destroy_pending = False  # type: ignore[attr-defined]  # killed, not ended
    dead._give_back = _never  # type: ignore[assignment,method-assign]  # a killed process is mute
    await dead.stop()
    assert (await ground.seen(job)).counts[ItemState.SENT] == 10
    seen = await ground.done(job)
    assert seen.counts[ItemState.DONE] == 20
    assert len(ground.cards.rows[LEADS]) == 20
    notes = [item.note for item in await ground.bulk.items(ADMIN, E, job)]
    assert notes == [None] * 10 + ["found_again"] * 10


async def _never(*_: object) -> None:
    return None


async def test_refused_items_keep_the_vendors_words_and_can_be_tried_again(ground: Ground) -> None:
    a, b = ground.cards.seed(LEADS, 2)
    unknown = 5_000_000
    job = await ground.order("update", [
        {"id": a, "name": "bad"}, {"id": unknown, "price": 1}, {"id": b, "name": "good"},
        {"id": a, "price": 9},
    ])  # fmt: skip
    seen = await ground.done(job)
    assert (seen.counts[ItemState.DONE], seen.counts[ItemState.REFUSED]) == (2, 2)
    told = await ground.bulk.items(ADMIN, E, job, state=ItemState.REFUSED)
    assert [(one.position, one.error) for one in told] == [
        (1, "name: InvalidType"), (2, "name: InvalidType"),
    ]  # fmt: skip
    ground.cards.rows[LEADS][unknown] = {"id": unknown, "updated_at": 1, "created_at": 1}
    await ground.bulk.retry(ADMIN, E, job)
    again = await ground.done(job)
    # The first one stays refused: a later word about the same lead has been written since.
    assert (again.counts[ItemState.DONE], again.counts[ItemState.REFUSED]) == (3, 1)
    assert ground.cards.rows[LEADS][unknown]["price"] == 1
    with pytest.raises(Conflict, match="bulk_nothing_to_retry"):
        await ground.bulk.retry(ADMIN, E, job)


async def test_cancelling_stops_what_waits_and_finds_out_about_what_left(ground: Ground) -> None:
    job = await ground.order("create", [{"name": f"Lead {n}"} for n in range(30)], batch=10)
    ground.cards.faults = ["", "hang"]
    async with ground.working():
        await eventually(lambda: len(ground.cards.rows[LEADS]) == 20)
        assert (await ground.bulk.cancel(ADMIN, E, job)).job.state is JobState.CANCELLING
    async with ground.house.db.unit() as unit:
        await unit.connection.execute("UPDATE bulk_jobs SET due_at = now()")
    seen = await ground.done(job)
    assert seen.job.state is JobState.CANCELLED
    assert (seen.counts[ItemState.DONE], seen.counts[ItemState.CANCELLED]) == (20, 10)
    assert len(ground.cards.rows[LEADS]) == 20
    with pytest.raises(Conflict, match="bulk_cancelled"):
        await ground.bulk.retry(ADMIN, E, job)


async def test_a_job_that_waits_for_nobody_is_cancelled_at_once(ground: Ground) -> None:
    job = await ground.order("create", [{"name": "Lead"}])
    assert (await ground.bulk.cancel(ADMIN, E, job)).job.state is JobState.CANCELLED
    assert (await ground.bulk.cancel(ADMIN, E, job)).job.state is JobState.CANCELLED
    assert (await ground.seen(job)).counts[ItemState.CANCELLED] == 1


async def test_a_job_cancelled_while_it_waits_for_its_turn_stays_cancelled(ground: Ground) -> None:
    job = await ground.order("create", [{"name": "Lead"}])

    async def meanwhile(_: Sequence[Budget]) -> None:
        await ground.bulk.cancel(ADMIN, E, job)

    ground.turn = meanwhile
    async with ground.working():
        await eventually(lambda: _is_let_go(ground, job))
    assert (await ground.seen(job)).job.state is JobState.CANCELLED
    assert not ground.cards.rows[LEADS]


async def _is_let_go(ground: Ground, job: UUID) -> bool:
    async with ground.house.db.unit() as unit:
        owner: UUID | None = await unit.connection.fetchval(
            "SELECT owner FROM bulk_jobs WHERE id = $1 AND finished_at IS NOT NULL", job
        )
    return owner is None and await ground.ended(job)


async def test_one_account_has_one_job_at_a_time_the_oldest_first(ground: Ground) -> None:
    first = await ground.order("create", [{"name": "first"}])
    second = await ground.order("create", [{"name": "second"}])
    await ground.done(second)
    assert await ground.ended(first)
    assert [row["name"] for row in ground.cards.rows[LEADS].values()] == ["first", "second"]


async def test_a_paused_account_is_left_alone(ground: Ground) -> None:
    job = await ground.order("create", [{"name": "Lead"}])
    async with ground.house.db.unit() as unit:
        connection = (await unit.connections.list(E))[0].id
        await unit.connections.set_status(E, connection, ConnectionStatus.PAUSED)
    owner = ground.house.ids.uuid()
    async with ground.house.db.unit() as unit:
        claimed = await unit.bulk_work.claim_everywhere(owner, but=(), limit=5, lease_s=5)
    assert claimed == []
    async with ground.house.db.unit() as unit:
        await unit.connections.set_status(E, connection, ConnectionStatus.ACTIVE)
    assert (await ground.done(job)).counts[ItemState.DONE] == 1


async def test_a_suspended_enterprise_writes_nothing(ground: Ground) -> None:
    await ground.order("create", [{"name": "Lead"}])
    async with ground.house.db.unit() as unit:
        await unit.connection.execute("UPDATE enterprises SET active = false")
        owner = ground.house.ids.uuid()
        assert not await unit.bulk_work.claim_everywhere(owner, but=(), limit=5, lease_s=5)


async def test_old_jobs_go_and_those_that_can_never_end_too(ground: Ground) -> None:
    ended = await ground.order("create", [{"name": "ended"}])
    await ground.done(ended)
    waiting = await ground.order("create", [{"name": "waiting"}])
    async with ground.house.db.unit() as unit:
        await unit.connection.execute(
            "UPDATE bulk_jobs SET created_at = now() - interval '40 days', "
            "finished_at = finished_at - interval '31 days'"
        )
        assert await unit.bulk_work.retire_everywhere(days=30) == 1
        with pytest.raises(NotFound):
            await unit.bulk.get(E, ended)
        await unit.bulk.get(E, waiting)
        connection = (await unit.connections.list(E))[0].id
        await unit.connections.remove(E, connection)
        assert await unit.bulk_work.retire_everywhere(days=30) == 1


async def test_whoever_lost_the_job_changes_nothing(ground: Ground) -> None:
    await ground.order("create", [{"name": "Lead"}])
    old, new = ground.house.ids.uuid(), ground.house.ids.uuid()
    async with ground.house.db.unit() as unit:
        (mine,) = await unit.bulk_work.claim_everywhere(old, but=(), limit=5, lease_s=-1)
    async with ground.house.db.unit() as unit:
        (theirs,) = await unit.bulk_work.claim_everywhere(new, but=(), limit=5, lease_s=5)
    assert theirs.fence == mine.fence + 1
    async with ground.house.db.unit() as unit:
        assert await unit.bulk_work.send(mine, old, [1]) is None
        assert not await unit.bulk_work.renew(mine, old, 5)
        assert not await unit.bulk_work.settle(mine, old, [])
        assert await unit.bulk_work.send(theirs, new, [1])


async def test_calls_go_first_a_bulk_draws_two_fifths_before_each_batch(ground: Ground) -> None:
    drawn: list[Budget] = []

    async def turn(budgets: Sequence[Budget]) -> None:
        drawn.extend(budgets)

    async with ground.house.db.unit() as unit:
        connection = (await unit.connections.list(E))[0].id
        await unit.connections.save(E, connection, config={})
    ground.turn = turn
    await ground.done(await ground.order("create", [{"name": "Lead"}] * 30, batch=10))
    assert [budget.key for budget in drawn] == [f"amocrm:bulk:{connection}"] * 3
    assert [budget.rate for budget in drawn] == pytest.approx([2.8] * 3)


async def test_jobs_of_accounts_that_are_not_theirs_do_not_exist(ground: Ground) -> None:
    job = await ground.order("create", [{"name": "Lead"}])
    other = EnterpriseNumber("0411")
    async with ground.house.db.unit() as unit:
        await unit.enterprises.create(other, name="Other")
    await settle_amocrm(ground.house, other, "4")
    neighbour = Actor("neighbour", Role.ENTERPRISE_ADMIN, other)
    for act in (ground.bulk.get, ground.bulk.cancel, ground.bulk.retry, ground.bulk.items):
        with pytest.raises(NotFound, match="bulk_not_found"):
            await act(neighbour, other, job)
    assert await ground.bulk.page(neighbour, other) == []
