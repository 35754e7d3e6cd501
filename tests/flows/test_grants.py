"""Promise: a token is renewed in time, once, and whatever breaks on the way has a name."""

import asyncio
import base64
from datetime import datetime, timedelta

import pytest

from kommutator.domain.oauth import Access, GrantState
from kommutator.flows.amocrm.standing import Standing
from kommutator.flows.grant_secrets import seal_pair
from kommutator.flows.rotate_keys import rotate
from kommutator.kit.clock import SystemClock
from kommutator.kit.crypto import Vault
from kommutator.kit.errors import ErrorKind, Stage, VendorError
from kommutator.kit.keyring import parse_keys
from kommutator.store.database import Database
from kommutator.workers.token_keeper import TokenKeeper
from tests.support.house import MASTER_KEYS
from tests.support.oauth import HERE, HOST, Vendor, open_bench, revoked, silent, together

MINUTE = timedelta(minutes=1)
NEVER = timedelta(0)


async def test_a_token_that_lives_is_handed_out_without_asking_anybody(db: Database) -> None:
    bench = await open_bench(db)
    grants = bench.grants()
    assert await grants.access(bench.account) == Access("access-1", 1, HOST)
    await bench.run("DROP TABLE oauth_grants CASCADE")
    assert (await grants.access(bench.account)).token == "access-1"
    assert bench.vendor.exchanges == []


async def test_a_token_with_less_than_five_minutes_is_renewed_first(db: Database) -> None:
    bench = await open_bench(db)
    await bench.age(left=4 * MINUTE)
    assert await bench.grants().access(bench.account) == Access("access-2", 2, HOST)
    row = await bench.row()
    assert (row["state"], row["generation"], row["sent_at"]) == ("active", 2, None)
    assert set(row["previous"]) == {"access", "refresh"}
    assert "refresh-1" not in str(row["previous"])


async def test_two_hundred_callers_of_four_processes_make_one_exchange(db: Database) -> None:
    bench = await open_bench(db)
    await bench.age(left=-MINUTE)
    processes = [bench.grants() for _ in range(4)]
    got = await together(*(g.access(bench.account) for g in processes for _ in range(50)))
    assert set(got) == {Access("access-2", 2, HOST)}
    assert bench.vendor.exchanges == ["refresh-1"]


async def test_a_401_renews_the_pair_once_whoever_comes_with_it(db: Database) -> None:
    bench = await open_bench(db)
    await bench.age(left=timedelta(hours=12), age=timedelta(hours=12))
    processes = [bench.grants() for _ in range(4)]
    stale = await processes[0].access(bench.account)
    got = await together(*(g.renewed(bench.account, stale) for g in processes for _ in range(20)))
    assert set(got) == {Access("access-2", 2, HOST)}
    assert bench.vendor.exchanges == ["refresh-1"]


async def test_a_pair_that_is_refused_while_new_is_not_renewed_in_a_loop(db: Database) -> None:
    bench = await open_bench(db)
    grants = bench.grants()
    stale = await grants.access(bench.account)
    with pytest.raises(VendorError) as refused:
        await grants.renewed(bench.account, stale)
    assert (refused.value.kind, refused.value.hint) == (
        ErrorKind.ACCESS_REVOKED,
        "grant_reconnect",
    )
    assert bench.vendor.exchanges == []
    row = await bench.row()
    assert (row["state"], row["reason"]) == ("revoked", "refused_when_new")
    assert (row["status"], row["status_reason"]) == ("broken", "refused_when_new")


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


async def test_a_revoked_token_breaks_the_connection_at_once(db: Database) -> None:
    bench = await open_bench(db)
    await bench.age(left=4 * MINUTE)
    bench.vendor.troubles = [revoked()]
    with pytest.raises(VendorError) as refused:
        await bench.grants().access(bench.account)
    assert refused.value.kind is ErrorKind.ACCESS_REVOKED
    row = await bench.row()
    assert (row["state"], row["reason"], row["status"]) == ("revoked", "token_revoked", "broken")


async def test_what_is_uninstalled_while_it_is_renewed_stays_uninstalled(db: Database) -> None:
    bench = await open_bench(db)
    await bench.age(left=-MINUTE)

    async def uninstall(vendor: Vendor) -> None:
        async with db.unit() as unit:
            await unit.grants.end(
                HERE, bench.account.connection_id, GrantState.UNINSTALLED, reason="uninstalled"
            )

    bench.vendor.meddle = uninstall
    with pytest.raises(VendorError) as refused:
        await bench.grants().access(bench.account)
    assert refused.value.kind is ErrorKind.ACCESS_REVOKED
    assert await bench.state() == ("uninstalled", "uninstalled")
    assert (await bench.row())["generation"] == 1


async def test_an_account_that_moved_is_followed_and_remembered(db: Database) -> None:
    bench = await open_bench(db)
    await bench.age(left=-MINUTE)
    await bench.run("UPDATE oauth_grants SET api_domain = 'api-b.amocrm.ru'")
    bench.vendor.home = "https://two.amocrm.ru"
    got = await bench.grants().access(bench.account)
    assert got == Access("access-2", 2, "https://two.amocrm.ru")
    assert bench.vendor.asked_at == [HOST, "https://two.amocrm.ru"]
    assert (await bench.row())["base_url"] == "https://two.amocrm.ru"


async def test_a_move_to_a_foreign_host_is_not_followed(db: Database) -> None:
    bench = await open_bench(db)
    await bench.age(left=-MINUTE)
    bench.vendor.home = "https://evil.example"
    with pytest.raises(VendorError):
        await bench.grants().access(bench.account)
    assert bench.vendor.asked_at == [HOST]
    assert (await bench.row())["base_url"] == HOST


@pytest.mark.parametrize(
    ("status", "state", "reason"), [(402, "unpaid", "unpaid"), (403, "blocked", "blocked")]
)
async def test_unpaid_and_blocked_pause_the_connection_and_heal_by_themselves(
    db: Database, status: int, state: str, reason: str
) -> None:
    bench = await open_bench(db)
    await bench.age(left=-MINUTE)
    trouble = VendorError(ErrorKind.TRANSIENT, "closed", status=status, stage=Stage.ANSWERED)
    bench.vendor.troubles = [trouble, trouble]
    grants = bench.grants()
    for _ in range(3):  # asked once: the next try has its time
        with pytest.raises(VendorError):
            await grants.access(bench.account)
    assert bench.vendor.exchanges == ["refresh-1"]
    row = await bench.row()
    assert (row["state"], row["reason"]) == (state, reason)
    assert (row["status"], row["status_reason"]) == ("paused", reason)
    await bench.age(left=-MINUTE)
    await grants.renew(HERE, bench.account.connection_id, 1)
    assert (await bench.row())["state"] == state
    await bench.age(left=-MINUTE)
    await grants.renew(HERE, bench.account.connection_id, 1)
    row = await bench.row()
    assert (row["state"], row["status"], row["status_reason"]) == ("active", "active", None)


async def test_who_is_shut_out_for_limits_is_said_to_be_until_something_gets_through(
    db: Database,
) -> None:
    bench = await open_bench(db)
    grants, place = bench.grants(), (HERE, bench.account.connection_id)

    async def noted() -> tuple[str, str | None, str | None]:
        async with db.unit() as unit:
            record = await unit.connections.get(*place)
        return record.status.value, record.status_reason, record.status_detail

    async def shown() -> tuple[bool, str | None]:
        async with db.unit() as unit:
            record = await unit.connections.get(*place)
        standing = await Standing(db).of(record)
        return standing.connected, standing.reason

    await grants.shut_out(bench.account, "Requests limit exceeded")
    await grants.shut_out(bench.account, "again")
    assert await noted() == ("active", "limits", "Requests limit exceeded")
    assert await shown() == (True, "limits")
    await grants.renew(*place, 1)  # that a token can be had says nothing of the API
    assert await grants.let_in_again() == 0
    assert (await noted())[1] == "limits"
    await bench.run(
        "INSERT INTO crm_reads (enterprise, connection_id, task, finished_at) "
        "SELECT enterprise, id, 'events', clock_timestamp() FROM connections"
    )
    assert await grants.let_in_again() == 1
    assert await noted() == ("active", None, None)
    assert await shown() == (True, None)
    async with db.unit() as unit:
        told = await unit.connection.fetch("SELECT action FROM audit_log ORDER BY id")
    assert [row["action"] for row in told][-2:] == ["grant.limits", "grant.let_in"]


async def test_limits_do_not_hide_what_is_worse(db: Database) -> None:
    bench = await open_bench(db)
    await bench.run("UPDATE connections SET status = 'paused', status_reason = 'unpaid'")
    await bench.grants().shut_out(bench.account, "Requests limit exceeded")
    assert (await bench.row())["status_reason"] == "unpaid"


async def test_what_a_person_paused_is_not_switched_on_by_tokens(db: Database) -> None:
    bench = await open_bench(db)
    await bench.run("UPDATE connections SET status = 'paused', status_reason = 'paused_by_admin'")
    await bench.age(left=-MINUTE)
    await bench.grants().access(bench.account)
    row = await bench.row()
    assert (row["status"], row["status_reason"]) == ("paused", "paused_by_admin")


async def test_a_long_lived_token_is_never_exchanged_and_ends_with_words(db: Database) -> None:
    bench = await open_bench(db, refresh=False)
    grants = bench.grants()
    stale = await grants.access(bench.account)
    await bench.age(left=timedelta(days=300))
    with pytest.raises(VendorError):
        await grants.renewed(bench.account, stale)
    assert await bench.state() == ("revoked", "long_lived_refused")
    assert bench.vendor.exchanges == []


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


@pytest.mark.parametrize("minutes", [-10, 10])
async def test_whose_clock_is_wrong_does_not_matter(db: Database, minutes: int) -> None:
    """Our wall clock is ten minutes off; the token says nothing we would believe anyway."""

    class Skewed(SystemClock):
        def now(self) -> datetime:
            return super().now() + timedelta(minutes=minutes)

    bench = await open_bench(db)
    await bench.age(left=6 * MINUTE)
    assert (await bench.grants(Skewed()).access(bench.account)).token == "access-1"
    await bench.age(left=4 * MINUTE)
    assert (await bench.grants(Skewed()).access(bench.account)).token == "access-2"
    assert bench.vendor.exchanges == ["refresh-1"]


async def test_another_master_key_opens_tokens_and_those_before_them(db: Database) -> None:
    bench = await open_bench(db)
    await bench.age(left=-MINUTE)
    await bench.grants().access(bench.account)
    fresh = "k2:" + base64.b64encode(b"another-not-real-master-key-test").decode()
    done = await rotate(db, Vault(parse_keys(f"{fresh},{MASTER_KEYS}")))
    assert (done.rewrapped, done.failed) == (1, ())
    bench.vault = Vault(parse_keys(fresh))
    assert (await bench.grants().access(bench.account)).token == "access-2"
    assert {envelope["kid"] for envelope in (await bench.row())["previous"].values()} == {"k2"}


async def test_a_removed_connection_has_no_tokens(db: Database) -> None:
    bench = await open_bench(db)
    async with db.unit() as unit:
        await unit.connections.remove(HERE, bench.account.connection_id)
        assert await unit.grants.find(HERE, bench.account.connection_id) is None
    with pytest.raises(VendorError) as refused:
        await bench.grants().access(bench.account)
    assert refused.value.kind is ErrorKind.ACCESS_REVOKED


async def test_the_keeper_renews_what_is_due_and_leaves_the_rest(db: Database) -> None:
    bench = await open_bench(db)
    keeper = TokenKeeper(db, bench.grants(), clock=SystemClock())
    await bench.age(left=timedelta(hours=3), age=timedelta(hours=21))
    assert await keeper.renew_due() == 0
    await bench.age(left=timedelta(minutes=80), age=timedelta(minutes=24 * 60 - 80))
    assert await keeper.renew_due() == 1
    assert (await bench.row())["generation"] == 2
    assert await keeper.renew_due() == 0


async def test_the_keeper_breaks_what_ended_and_cannot_be_renewed(db: Database) -> None:
    bench = await open_bench(db, refresh=False)
    keeper = TokenKeeper(db, bench.grants(), clock=SystemClock())
    assert await keeper.end_over() == 0
    await bench.age(left=-MINUTE)
    assert await keeper.end_over() == 1
    assert await keeper.end_over() == 0
    row = await bench.row()
    assert (row["state"], row["reason"], row["status"]) == ("revoked", "long_lived_over", "broken")


async def test_an_api_that_turns_lanes_away_with_a_good_token_means_unpaid(db: Database) -> None:
    bench = await open_bench(db)
    grants = bench.grants()
    assert await grants.hear_unpaid() == 0
    await bench.run("UPDATE connections SET status = 'broken', status_reason = 'access_revoked'")
    assert await grants.hear_unpaid() == 1
    row = await bench.row()
    assert (row["state"], row["status"], row["status_reason"]) == ("unpaid", "paused", "unpaid")
    keeper = TokenKeeper(db, grants, clock=SystemClock())
    assert await keeper.renew_due() == 0  # not before its hour
    await bench.age(left=timedelta(hours=20))
    assert await keeper.renew_due() == 1
    row = await bench.row()
    assert (row["state"], row["status"], row["status_reason"]) == ("active", "active", None)


async def test_an_unpaid_account_of_a_long_lived_token_is_tried_again(db: Database) -> None:
    bench = await open_bench(db, refresh=False)
    grants = bench.grants()
    await bench.run("UPDATE connections SET status = 'broken', status_reason = 'access_revoked'")
    assert await grants.hear_unpaid() == 1
    assert await grants.ask_again() == 0  # not before its hour
    row = await bench.row()
    assert (row["state"], row["status"], row["status_reason"]) == ("unpaid", "paused", "unpaid")
    await bench.age(left=timedelta(days=300))
    assert await grants.ask_again() == 1
    row = await bench.row()
    assert (row["state"], row["status"], row["status_reason"]) == ("active", "active", None)
    assert bench.vendor.exchanges == []
