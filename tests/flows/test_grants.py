"""Promise: a token is renewed in time and once, whoever asks, wherever the account has moved."""

import base64
from datetime import datetime, timedelta

import pytest

from kommutator.domain.oauth import Access
from kommutator.flows.rotate_keys import rotate
from kommutator.kit.clock import SystemClock
from kommutator.kit.crypto import Vault
from kommutator.kit.errors import ErrorKind, VendorError
from kommutator.kit.keyring import parse_keys
from kommutator.store.database import Database
from kommutator.workers.token_keeper import TokenKeeper
from tests.support.house import MASTER_KEYS
from tests.support.oauth import HOST, MINUTE, open_bench, together


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


async def test_a_long_lived_token_is_never_exchanged_and_ends_with_words(db: Database) -> None:
    bench = await open_bench(db, refresh=False)
    grants = bench.grants()
    stale = await grants.access(bench.account)
    await bench.age(left=timedelta(days=300))
    with pytest.raises(VendorError):
        await grants.renewed(bench.account, stale)
    assert await bench.state() == ("revoked", "long_lived_refused")
    assert bench.vendor.exchanges == []


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


async def test_the_keeper_renews_what_is_due_and_leaves_the_rest(db: Database) -> None:
    bench = await open_bench(db)
    keeper = TokenKeeper(db, bench.grants(), clock=SystemClock())
    await bench.age(left=timedelta(hours=3), age=timedelta(hours=21))
    assert await keeper.renew_due() == 0
    await bench.age(left=timedelta(minutes=80), age=timedelta(minutes=24 * 60 - 80))
    assert await keeper.renew_due() == 1
    assert (await bench.row())["generation"] == 2
    assert await keeper.renew_due() == 0
