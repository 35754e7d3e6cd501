"""Promise: an answer that is lost, late or halved on its way has a name, and is never looped."""

import asyncio

import pytest

from kommutator.flows.grant_secrets import seal_pair
from kommutator.kit.errors import ErrorKind, VendorError
from kommutator.store.database import Database
from tests.support.oauth import HERE, MINUTE, Vendor, open_bench, silent, together


async def test_a_lost_answer_ends_with_words_when_the_vendor_had_rotated(db: Database) -> None:
    bench = await open_bench(db)
    await bench.age(left=4 * MINUTE)
    bench.vendor.lose = 1
    grants = bench.grants()
    # The old token still lives: nobody is kept waiting for the trouble.
    assert (await grants.access(bench.account)).token == "access-1"
    assert await bench.state() == ("active", "refresh_answer_awaited")
    assert (await bench.row())["sent_at"] is not None

    await bench.age(left=4 * MINUTE)
    grants.clear()
    assert (await grants.access(bench.account)).token == "access-1"
    row = await bench.row()
    assert (row["state"], row["reason"]) == ("lost", "refresh_answer_lost")
    # It goes on working, and says why it will not for long.
    assert (row["status"], row["status_reason"]) == ("active", "refresh_answer_lost")

    await bench.age(left=-MINUTE)
    grants.clear()
    with pytest.raises(VendorError) as refused:
        await grants.access(bench.account)
    assert refused.value.kind is ErrorKind.ACCESS_REVOKED
    row = await bench.row()
    assert (row["status"], row["status_reason"]) == ("broken", "refresh_answer_lost")
    for _ in range(5):
        with pytest.raises(VendorError):
            await grants.access(bench.account)
    assert bench.vendor.exchanges == ["refresh-1", "refresh-1"]


async def test_a_lost_answer_is_nothing_when_the_vendor_had_not_rotated(db: Database) -> None:
    bench = await open_bench(db)
    await bench.age(left=-MINUTE)
    bench.vendor.troubles = [silent()]
    grants = bench.grants()
    with pytest.raises(VendorError) as refused:
        await grants.access(bench.account)
    assert (refused.value.kind, refused.value.hint) == (ErrorKind.TRANSIENT, "grant_waits")
    await bench.age(left=-MINUTE)
    assert (await grants.access(bench.account)).token == "access-2"
    assert await bench.state() == ("active", None)


async def test_whoever_dies_after_sending_leaves_a_doubt_and_no_loop(db: Database) -> None:
    """As after kill -9: the lock is still held, the token is noted as sent, nobody answers."""
    bench = await open_bench(db)
    await bench.age(left=-MINUTE)
    async with db.unit() as unit:
        claim = await unit.grants.claim(HERE, bench.account.connection_id, 1, 45 * MINUTE / 60)
    assert claim is not None
    bench.vendor.next_pair()  # the vendor has rotated, the answer died with its process
    await bench.run("UPDATE oauth_grants SET lock_until = now() - interval '1 s'")
    with pytest.raises(VendorError) as refused:
        await bench.grants().access(bench.account)
    assert refused.value.kind is ErrorKind.ACCESS_REVOKED
    assert await bench.state() == ("lost", "refresh_answer_lost")
    assert (await bench.row())["status"] == "broken"
    assert bench.vendor.exchanges == ["refresh-1"]


async def test_an_answer_slower_than_the_lock_does_not_undo_a_newer_grant(db: Database) -> None:
    bench = await open_bench(db)
    await bench.age(left=-MINUTE)

    async def lock_ends_and_a_person_reconnects(vendor: Vendor) -> None:
        pair = vendor.next_pair()
        async with db.unit() as unit:
            await unit.grants.put(
                HERE,
                bench.account.connection_id,
                seal_pair(bench.vault, HERE, bench.account.connection_id, pair),
            )

    bench.vendor.meddle = lock_ends_and_a_person_reconnects
    got = await bench.grants().access(bench.account)
    assert (got.token, got.generation) == ("access-3", 2)


async def test_an_answer_slower_than_the_lock_still_saves_what_others_gave_up(
    db: Database,
) -> None:
    bench = await open_bench(db)
    await bench.age(left=-MINUTE)
    rescued = asyncio.Event()
    other = bench.grants()

    async def lock_ends_and_another_process_tries(vendor: Vendor) -> None:
        await bench.run("UPDATE oauth_grants SET lock_until = now() - interval '1 s'")
        with pytest.raises(VendorError):
            await other.access(bench.account)
        assert await bench.state() == ("lost", "refresh_answer_lost")
        assert (await bench.row())["status"] == "broken"
        rescued.set()

    bench.vendor.meddle = lock_ends_and_another_process_tries
    assert (await bench.grants().access(bench.account)).token == "access-2"
    assert rescued.is_set()
    row = await bench.row()
    assert (row["state"], row["status"], row["status_reason"]) == ("active", "active", None)


async def test_an_answer_without_a_refresh_token_works_until_it_ends(db: Database) -> None:
    bench = await open_bench(db)
    await bench.age(left=-MINUTE)
    bench.vendor.without_refresh = True
    grants = bench.grants()
    assert (await grants.access(bench.account)).token == "access-2"
    row = await bench.row()
    assert (row["state"], row["reason"]) == ("lost", "refresh_token_missing")
    assert (row["status"], row["status_reason"]) == ("active", "refresh_token_missing")
    await bench.age(left=-MINUTE)
    await grants.over(HERE, bench.account.connection_id)
    assert (await bench.row())["status"] == "broken"


async def test_a_caller_that_gives_up_does_not_lose_the_answer(db: Database) -> None:
    bench = await open_bench(db)
    await bench.age(left=-MINUTE)
    grants = bench.grants()
    left, go_on = asyncio.Event(), asyncio.Event()

    async def hold(vendor: Vendor) -> None:
        left.set()
        await go_on.wait()

    bench.vendor.meddle = hold
    caller = asyncio.create_task(grants.access(bench.account))
    await left.wait()
    caller.cancel()
    await together(caller)
    go_on.set()
    await grants.drain()
    assert (await bench.row())["generation"] == 2
    assert (await grants.access(bench.account)).token == "access-2"
