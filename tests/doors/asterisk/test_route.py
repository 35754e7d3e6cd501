"""`GET /asterisk/route`: an extension or nothing, whoever asks and whatever they say."""

from dataclasses import replace
from urllib.parse import quote

import pytest

from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.tenancy import Actor, Role
from kommutator.flows.house import House
from kommutator.kit.clock import ManualClock
from tests.support.asgi import Asgi, Reply
from tests.support.house import TenantOfTests
from tests.support.routing import PHONE, list_client, settle_pbx

SECRET = "x-kommutator-secret"


def url(caller: str = PHONE, did: str = "375170000001", call: str = "1.1") -> str:
    return f"/asterisk/route?caller={quote(caller, safe='')}&did={quote(did)}&id={quote(call)}"


async def ask(door: Asgi, account: Account, path: str = "") -> Reply:
    return await door.get(path or url(), headers={SECRET: account.secrets["hook_secret"]})


@pytest.fixture
async def pbx(house: House, here: TenantOfTests) -> Account:
    await list_client(house, here.number)
    return await settle_pbx(house, here.number)


async def test_the_extension_and_nothing_else(door: Asgi, pbx: Account) -> None:
    reply = await ask(door, pbx)
    assert (reply.status, reply.body) == (200, b"150")
    assert reply.header("content-type") == "text/plain; charset=utf-8"
    assert reply.header("cache-control") == "no-store"


async def test_a_bearer_token_will_do(door: Asgi, pbx: Account) -> None:
    headers = {"authorization": f"Bearer {pbx.secrets['hook_secret']}"}
    assert (await door.get(url(), headers=headers)).body == b"150"


async def test_a_stranger_is_nobody(door: Asgi, pbx: Account) -> None:
    reply = await ask(door, pbx, url("+375447654321"))
    assert (reply.status, reply.body) == (200, b"")


async def test_a_plus_that_was_not_encoded_is_understood(door: Asgi, pbx: Account) -> None:
    reply = await ask(door, pbx, f"/asterisk/route?caller={PHONE}&did=1&id=1.1")
    assert reply.body == b"150"


@pytest.mark.parametrize(
    "path",
    [
        "/asterisk/route",
        "/asterisk/route?caller=%00%ff%fe&did=%E2%80%AE&id=..%2F",
        "/asterisk/route?" + "&".join(f"caller={n}" for n in range(50)),
        "/asterisk/route?caller=" + "9" * 5000,
        url("152&PJSIP/+79990000000@trunk", "';--", "${SHELL(id)}"),
    ],
)
async def test_hostile_texts_get_nothing(door: Asgi, pbx: Account, path: str) -> None:
    reply = await ask(door, pbx, path)
    assert (reply.status, reply.body) == (200, b"")


async def test_without_the_secret_there_is_an_empty_refusal(door: Asgi, pbx: Account) -> None:
    secret = pbx.secrets["hook_secret"]
    wrong = ["", "x", secret[:-1], secret + "x", f"{'0' * 32}.{secret[33:]}", "é" * 40]
    for given in wrong:
        reply = await door.get(url(), headers={SECRET: given.encode().decode("latin-1")})
        assert (reply.status, reply.body) == (401, b""), given
        assert reply.header("x-error-code") == "hook_secret_unknown"


async def test_one_tenant_asks_only_its_own_book(
    door: Asgi, house: House, pbx: Account, there: TenantOfTests
) -> None:
    foreign = await settle_pbx(house, there.number)
    assert (await ask(door, foreign)).body == b""
    assert (await ask(door, pbx)).body == b"150"


async def test_paused_and_switched_off_are_silent(
    door: Asgi, house: House, here: TenantOfTests, pbx: Account
) -> None:
    actor = Actor("tests", Role.ENTERPRISE_ADMIN, here.number)
    await house.set_up.pause(actor, here.number, ConnectionKind.ASTERISK, "paused_by_admin")
    house.directory.clear()
    reply = await ask(door, pbx)
    assert (reply.status, reply.body) == (200, b"")
    off = await settle_pbx(house, here.number, config={"routing": {"enabled": False}})
    reply = await ask(door, off)
    assert (reply.status, reply.body) == (200, b"")


async def test_a_database_that_is_away_does_not_shut_the_door(
    door: Asgi, house: House, pbx: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = replace(pbx, secrets={"hook_secret": f"{pbx.connection_id.hex}.guessed"})
    assert (await ask(door, pbx)).body == b"150"

    async def away(_: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(house.pbx_hooks, "sender", away)
    await house.db.close()
    assert (await ask(door, pbx)).body == b"150"  # by what is remembered of both
    stranger = await ask(door, other)
    assert (stranger.status, stranger.body) == (503, b"")


async def test_a_revoked_secret_is_not_remembered(
    door: Asgi, house: House, here: TenantOfTests, pbx: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await ask(door, pbx)).status == 200
    async with house.db.unit() as unit:
        await unit.connection.execute(
            "UPDATE connections SET status = 'removed' WHERE id = $1", pbx.connection_id
        )
    house.directory.clear()
    assert (await ask(door, pbx)).status == 401

    async def away(_: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(house.pbx_hooks, "sender", away)
    assert (await ask(door, pbx)).status == 503


async def test_a_pbx_gone_mad_is_slowed_down(
    house: House, door: Asgi, pbx: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    hot = door.app.hot.find({"type": "http", "method": "GET", "path": "/asterisk/route"})
    monkeypatch.setattr(hot._throttle, "_clock", ManualClock())
    answers = [(await ask(door, pbx)).status for _ in range(1010)]
    assert answers.count(200) in {999, 1000}  # the last one by a rounding
    assert answers[-1] == 429


async def test_other_methods_are_not_answered_here(door: Asgi, pbx: Account) -> None:
    secret = {SECRET: pbx.secrets["hook_secret"]}
    reply = await door.post("/asterisk/route", headers=secret)
    assert (reply.status, reply.code) == (405, "method_not_allowed")


def test_openapi_tells_of_it(door: Asgi) -> None:
    described = door.app.openapi()
    assert described["paths"]["/asterisk/route"]["get"]["security"] == [{"HookSecret": []}]
    assert "HookSecret" in described["components"]["securitySchemes"]
    assert "/api/events" in described["paths"]
