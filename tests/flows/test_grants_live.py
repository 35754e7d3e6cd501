"""Tokens against the twin: it rotates, refuses, moves and loses as amoCRM does."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from kommutator.domain.connection import Account
from kommutator.domain.tenancy import Actor, Role
from kommutator.flows.amocrm.adopt import Wish
from kommutator.flows.house import House
from kommutator.kit.errors import ErrorKind, InvalidInput, VendorError
from tests.support.amocrm_town import AmoTwin, open_amocrm
from tests.support.house import open_house, settle_tenant

PATH = "/oauth2/access_token"


@dataclass
class Stage:
    twin: AmoTwin
    house: House
    account: Account

    async def run(self, statement: str) -> None:
        async with self.house.db.unit() as unit:
            await unit.connection.execute(statement)
        self.house.grants.clear()

    async def expire(self, minutes: int = 0) -> None:
        await self.run(
            "UPDATE oauth_grants SET issued_at = now() - interval '1 day', "
            f"expires_at = now() + interval '{minutes} min', next_try_at = '-infinity', "
            "lock_until = '-infinity'"
        )

    async def row(self) -> dict[str, Any]:
        async with self.house.db.unit() as unit:
            found = await unit.connection.fetchrow(
                "SELECT g.state, g.reason, g.generation, c.status, c.base_url "
                "FROM oauth_grants g JOIN connections c ON c.id = g.connection_id"
            )
        return dict(found)

    async def token(self) -> str:
        return (await self.house.grants.access(self.account)).token

    async def call(self) -> int:
        """A real request with a real token; how many fields the leads have."""
        return len(await self.house.amocrm_fields.sync(self.account))


@pytest.fixture(autouse=True)
def nothing_secret_is_logged(capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Codes and refresh tokens begin like this, and so does every JWT."""
    yield
    said = "".join(capsys.readouterr())
    assert "def50200" not in said
    assert "eyJ" not in said


@pytest.fixture
async def stage(database_url: str) -> AsyncIterator[Stage]:
    async with open_amocrm() as twin, open_house(database_url, **twin.settings) as house:
        account = await twin.connect(house, await settle_tenant(house, "0367"))
        yield Stage(twin, house, account)


async def test_a_token_is_renewed_and_works(stage: Stage) -> None:
    first = await stage.token()
    assert await stage.call() > 0
    await stage.expire()
    second = await stage.token()
    assert second != first
    assert await stage.call() > 0
    assert await stage.twin.exchanges() == 2  # the code, and one refresh


async def test_a_401_renews_and_the_request_goes_through(stage: Stage) -> None:
    await stage.run("UPDATE oauth_grants SET issued_at = now() - interval '1 hour'")
    await stage.twin.order("clock", advance=90_000)  # the access token is over at the vendor's
    assert await stage.call() > 0
    assert (await stage.row())["generation"] == 2


async def test_a_lost_answer_becomes_a_state_with_words(stage: Stage) -> None:
    await stage.expire()
    await stage.twin.order("faults", kind="drop", path=PATH, after=True, count=1)
    with pytest.raises(VendorError) as silent:
        await stage.token()
    assert silent.value.kind is ErrorKind.TRANSIENT
    await stage.expire()
    for _ in range(4):
        with pytest.raises(VendorError) as lost:
            await stage.token()
        assert lost.value.kind is ErrorKind.ACCESS_REVOKED
    row = await stage.row()
    assert (row["state"], row["reason"], row["status"]) == (
        "lost", "refresh_answer_lost", "broken",
    )  # fmt: skip
    assert await stage.twin.exchanges() == 3  # the code, the lost one, and one look


async def test_an_answer_that_was_too_slow_is_a_lost_one(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kommutator.flows.renew_grant.REQUEST_S", 0.2)
    await stage.expire(4)
    await stage.twin.order("faults", kind="latency", path=PATH, after=True, seconds=1.0, count=1)
    old = await stage.token()  # four minutes are left: nobody waits, nobody fails
    assert (await stage.row())["reason"] == "refresh_answer_awaited"
    await stage.expire(4)
    assert await stage.token() == old
    assert (await stage.row())["reason"] == "refresh_answer_lost"
    await stage.expire(-1)
    with pytest.raises(VendorError):
        await stage.token()
    assert (await stage.row())["status"] == "broken"


async def test_a_loss_before_the_vendor_saw_it_costs_nothing(stage: Stage) -> None:
    await stage.expire()
    await stage.twin.order("faults", kind="drop", path=PATH, count=1)
    with pytest.raises(VendorError):
        await stage.token()
    await stage.expire()
    assert await stage.token()
    assert (await stage.row())["state"] == "active"


async def test_an_answer_without_a_refresh_token(stage: Stage) -> None:
    await stage.expire()
    body = '{"token_type": "Bearer", "expires_in": 86400, "access_token": "last.one.ever"}'
    await stage.twin.order("faults", kind="reply", path=PATH, status=200, body=body, count=1)
    assert await stage.token() == "last.one.ever"
    row = await stage.row()
    assert (row["state"], row["reason"], row["status"]) == (
        "lost", "refresh_token_missing", "active",
    )  # fmt: skip


async def test_revoked_at_the_vendors(stage: Stage) -> None:
    await stage.run("UPDATE oauth_grants SET issued_at = now() - interval '1 hour'")
    await stage.twin.order("revoke", account="demo")
    with pytest.raises(VendorError) as refused:
        await stage.call()
    assert refused.value.kind is ErrorKind.ACCESS_REVOKED
    row = await stage.row()
    assert (row["state"], row["reason"], row["status"]) == ("revoked", "token_revoked", "broken")


async def test_uninstalled_while_a_token_is_renewed(stage: Stage) -> None:
    await stage.expire()
    await stage.twin.order("uninstall", account="demo", client_id=stage.twin.client["client_id"])
    with pytest.raises(VendorError) as refused:
        await stage.token()
    assert refused.value.kind is ErrorKind.ACCESS_REVOKED
    assert (await stage.row())["status"] == "broken"


async def test_an_account_that_moved(stage: Stage) -> None:
    await stage.expire()
    await stage.twin.order("move", account="demo", to="renamed")
    assert await stage.token()
    row = await stage.row()
    assert (row["state"], row["base_url"]) == ("active", f"{stage.twin.url}/a/renamed")
    assert await stage.call() > 0


async def test_a_blocked_account_waits_and_goes_on(stage: Stage) -> None:
    await stage.expire()
    await stage.twin.order("account", account="demo", blocked=True)
    with pytest.raises(VendorError) as refused:
        await stage.token()
    assert refused.value.kind is ErrorKind.TRANSIENT
    row = await stage.row()
    assert (row["state"], row["status"]) == ("blocked", "paused")
    await stage.twin.order("account", account="demo", blocked=False)
    await stage.expire()
    assert await stage.token()
    row = await stage.row()
    assert (row["state"], row["status"]) == ("active", "active")


@pytest.mark.parametrize("minutes", [-10, 10])
async def test_a_vendor_whose_clock_is_ten_minutes_off(database_url: str, minutes: int) -> None:
    skew = timedelta(minutes=minutes)
    async with open_amocrm(skew) as twin, open_house(database_url, **twin.settings) as house:
        stage = Stage(twin, house, await twin.connect(house, await settle_tenant(house, "0367")))
        assert await stage.call() > 0
        await stage.expire(6)
        await stage.token()
        assert (await stage.row())["generation"] == 1
        await stage.expire(4)
        await stage.token()
        assert (await stage.row())["generation"] == 2
        assert await stage.call() > 0


async def test_a_code_works_once_and_for_twenty_minutes(stage: Stage) -> None:
    number = stage.account.enterprise
    wish = Wish(Actor("t", Role.ENTERPRISE_ADMIN, number), number)
    code = await stage.twin.code()
    await stage.house.amocrm.ways_in.by_code(wish, code, stage.twin.url)
    late = await stage.twin.code()
    await stage.twin.order("clock", advance=1201)
    for spent in (code, late, "def50200garbage"):
        with pytest.raises(InvalidInput) as refused:
            await stage.house.amocrm.ways_in.by_code(wish, spent, stage.twin.url)
        assert refused.value.code == "amocrm_code_invalid"


async def test_disconnecting_takes_our_hooks_off_and_then_wipes(stage: Stage) -> None:
    hooks: Any = stage.house.amocrm.leave._take_off
    await hooks.__self__.check(stage.account)  # as the copy does when it first looks
    held = (await stage.twin.look("state", account="demo"))["webhooks"]
    assert len(held) == 1
    enterprise = stage.account.enterprise
    actor = Actor("tests", Role.ENTERPRISE_ADMIN, enterprise)
    leave = stage.house.amocrm.leave
    record = await leave.named(enterprise, None)
    await stage.twin.order("faults", kind="drop", path="/api/v4/webhooks", count=20)
    with pytest.raises(VendorError):
        await leave.disconnect(actor, enterprise, record, force=False)
    assert (await stage.row())["state"] == "active"  # nothing was wiped yet
    async with stage.twin.http.delete(f"{stage.twin.url}/_twin/faults") as answer:
        assert answer.status == 200
    await leave.disconnect(actor, enterprise, record, force=False)
    assert (await stage.twin.look("state", account="demo"))["webhooks"] == []
    async with stage.house.db.unit() as unit:
        assert await unit.connection.fetchval("SELECT count(*) FROM oauth_grants") == 0
        row = await unit.connections.get(enterprise, record.id)
    assert (row.status, row.sealed) == ("removed", {})
