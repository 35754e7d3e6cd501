"""Promise: what becomes of a token shows at its connection, which heals when the vendor lets it."""

from datetime import timedelta

import pytest

from kommutator.domain.oauth import GrantState
from kommutator.flows.amocrm.standing import Standing
from kommutator.kit.clock import SystemClock
from kommutator.kit.errors import ErrorKind, Stage, VendorError
from kommutator.store.database import Database
from kommutator.workers.token_keeper import TokenKeeper
from tests.support.oauth import HERE, MINUTE, Vendor, open_bench, revoked


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


async def test_a_removed_connection_has_no_tokens(db: Database) -> None:
    bench = await open_bench(db)
    async with db.unit() as unit:
        await unit.connections.remove(HERE, bench.account.connection_id)
        assert await unit.grants.find(HERE, bench.account.connection_id) is None
    with pytest.raises(VendorError) as refused:
        await bench.grants().access(bench.account)
    assert refused.value.kind is ErrorKind.ACCESS_REVOKED


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
