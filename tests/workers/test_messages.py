"""Messages, of which none may go out twice: what a dead owner only held is not doubted."""

from uuid import UUID

from kommutator.domain.commands import SendMessage
from kommutator.domain.outcome import Outcome
from kommutator.domain.ports import Due
from kommutator.kit.errors import ErrorKind
from kommutator.store.database import Database
from tests.support.waiting import eventually
from tests.workers.harness import OK, FakeDelivery, account, add_connection, failed, house, owe

ACC = account(1)


def messages(count: int) -> list[tuple[str, str, SendMessage]]:
    return [(f"k{n}", f"o{n}", SendMessage(chat_id=f"k{n}", text="hi")) for n in range(count)]


async def test_only_what_was_leaving_is_doubted(database_url: str) -> None:
    db = await Database.open(database_url, size=2)
    await add_connection(db, ACC)
    ids = await owe(db, ACC, messages(3))
    dead, heir = UUID(int=1), UUID(int=2)
    async with db.single() as unit:
        (claim,) = await unit.lanes.claim_everywhere([ACC.lane], dead, 5.0)
        picked = await unit.deliveries.fetch(ACC.lane, claim.fence, busy_keys=[], limit=10)
        assert [row.id for row in picked] == ids
        await unit.outbox.drop(ACC.enterprise, [ids[1]], "by hand")
        assert await unit.deliveries.leaving(ACC.lane, claim.fence, ids[:2]) == {ids[0]}
        await unit.connection.execute("UPDATE lanes SET lease_until = now() - interval '1 minute'")
        (again,) = await unit.lanes.claim_everywhere([ACC.lane], heir, 5.0)
        assert again.doubtful == 3
        assert await unit.deliveries.leaving(ACC.lane, claim.fence, ids) == set()
        rows = await unit.connection.fetch("SELECT id, unsure FROM outbox ORDER BY id")
    assert [row["unsure"] for row in rows] == [True, False, False]
    await db.close()


async def test_a_message_is_doubted_only_while_it_is_under_way(database_url: str) -> None:
    doubted: list[bool] = []
    db = await Database.open(database_url, size=2)

    async def reply(due: Due) -> Outcome:
        async with db.single() as unit:
            doubted.append(
                await unit.connection.fetchval("SELECT unsure FROM outbox WHERE id = $1", due.id)
            )
        assert not due.unsure
        return failed(ErrorKind.TRANSIENT) if due.attempt == 1 else OK

    async with house(database_url, FakeDelivery(reply=reply), [ACC]) as running:
        await add_connection(running.db, ACC)
        (row,) = await owe(running.db, ACC, messages(1))
        await eventually(lambda: running.all_done(1))
        async with running.db.single() as unit:
            kept = await unit.outbox.get(ACC.enterprise, row)
    await db.close()
    assert doubted == [True, True]
    assert kept is not None
    assert not kept.unsure
