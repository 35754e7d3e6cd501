"""A tenant's language model: kept sealed, asked within its day, its key for one address."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from kommutator.domain.tenancy import Actor, EnterpriseNumber, Role
from kommutator.flows.house import House
from kommutator.flows.rotate_keys import rotate
from kommutator.kit.crypto import Vault
from kommutator.kit.errors import InvalidInput, NotFound, UserError
from kommutator.kit.keyring import parse_keys
from tests.support.house import MASTER_KEYS, open_house
from tests.support.model_talk import KEY
from tests.support.openai_stub import OpenAiStub, Raw, call, openai_stub
from tests.support.talks import Talks

HERE, THERE = EnterpriseNumber("0367"), EnterpriseNumber("0411")
ADMIN = Actor("admin@0367.example", Role.ENTERPRISE_ADMIN, HERE)
NEIGHBOUR = Actor("admin@0411.example", Role.ENTERPRISE_ADMIN, THERE)
GIVEN = {"base_url": "https://models.example/v1/", "model": "gpt://folder/yandexgpt/latest"}


@pytest.fixture
async def stub() -> AsyncIterator[OpenAiStub]:
    async with openai_stub() as one:
        yield one


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    async with open_house(database_url, private_hosts="127.0.0.1", llm_turns_per_day="3") as opened:
        async with opened.db.unit() as unit:
            for number in (HERE, THERE):
                await unit.enterprises.create(number, name=number)
        yield opened


async def test_a_model_is_shown_without_its_key(house: House) -> None:
    assert await house.llm.show(ADMIN, HERE) is None
    await house.llm.save(ADMIN, HERE, GIVEN, KEY)
    shown = await house.llm.show(ADMIN, HERE)
    assert shown is not None
    assert shown.settings.base_url == "https://models.example/v1"
    assert (shown.settings.masked, shown.settings.names) == (True, False)
    assert shown.key == "***5b4a"
    setup = await house.llm.ready(HERE)
    assert setup is not None
    assert setup.key == KEY
    assert KEY not in repr(setup)
    assert KEY not in house.redactor.text(f"Bearer of {KEY}")
    async with house.db.single() as unit:
        stored = await unit.language_models.get(HERE)
    assert KEY not in str(stored and stored.sealed_key)


async def test_a_key_stays_with_the_address_that_it_was_given_for(house: House) -> None:
    await house.llm.save(ADMIN, HERE, GIVEN, KEY)
    await house.llm.save(ADMIN, HERE, {**GIVEN, "names": True})
    setup = await house.llm.ready(HERE)
    assert setup is not None
    assert (setup.key, setup.settings.names, setup.version) == (KEY, True, 2)
    elsewhere = {**GIVEN, "base_url": "https://thief.example/v1"}
    with pytest.raises(InvalidInput, match="llm_key_again"):
        await house.llm.save(ADMIN, HERE, elsewhere)
    await house.llm.save(ADMIN, HERE, elsewhere, "")
    setup = await house.llm.ready(HERE)
    assert setup is not None
    assert setup.key == ""


async def test_a_model_is_its_own_tenants(house: House) -> None:
    await house.llm.save(ADMIN, HERE, GIVEN, KEY)
    for doing in (
        house.llm.show(NEIGHBOUR, HERE),
        house.llm.save(NEIGHBOUR, HERE, GIVEN),
        house.llm.test(NEIGHBOUR, HERE),
        house.llm.remove(NEIGHBOUR, HERE),
    ):
        with pytest.raises(UserError):
            await doing
    assert await house.llm.ready(THERE) is None
    assert await house.llm.ready(HERE) is not None


async def test_a_model_is_removed_with_its_key(house: House) -> None:
    await house.llm.save(ADMIN, HERE, GIVEN, KEY)
    await house.llm.remove(ADMIN, HERE)
    assert await house.llm.ready(HERE) is None
    with pytest.raises(NotFound, match="llm_not_connected"):
        await house.llm.test(ADMIN, HERE)


@pytest.mark.parametrize(
    ("change", "slug"),
    [
        ({"base_url": "ftp://models.example"}, "llm_url_invalid"),
        ({"base_url": "https://user:pass@models.example/v1"}, "llm_url_invalid"),
        ({"base_url": "https://models.example/v1?key=x"}, "llm_url_invalid"),
        ({"base_url": "https://[broken"}, "llm_url_invalid"),
        ({"model": "two words"}, "llm_model_invalid"),
        ({"model": ""}, "llm_model_invalid"),
        ({"turns_per_day": 0}, "llm_settings_invalid"),
        ({"turns_per_day": "many"}, "llm_settings_invalid"),
        ({"temperature": 2}, "llm_settings_invalid"),
    ],
)
async def test_wrong_settings_are_refused(house: House, change: dict[str, Any], slug: str) -> None:
    with pytest.raises(InvalidInput, match=slug):
        await house.llm.save(ADMIN, HERE, {**GIVEN, **change})


async def test_many_at_once_do_not_share_the_last_turn_of_a_day(house: House) -> None:
    await house.llm.save(ADMIN, HERE, {**GIVEN, "turns_per_day": 2})
    setup = await house.llm.ready(HERE)
    assert setup is not None
    begun = await asyncio.gather(*(house.llm.begin_turn(setup) for _ in range(6)))
    assert sorted(begun) == [False] * 4 + [True] * 2
    await house.llm.spent(setup, 100, 10)
    shown = await house.llm.show(ADMIN, HERE)
    assert shown is not None
    assert (shown.today.turns, shown.today.tokens_in, shown.today.tokens_out) == (2, 100, 10)


async def test_the_operators_limit_holds_whatever_a_tenant_wishes(house: House) -> None:
    await house.llm.save(ADMIN, HERE, {**GIVEN, "turns_per_day": 100})
    setup = await house.llm.ready(HERE)
    assert setup is not None
    assert [await house.llm.begin_turn(setup) for _ in range(4)] == [True, True, True, False]


async def test_the_button_tries_what_is_stored(house: House, stub: OpenAiStub) -> None:
    await house.llm.save(ADMIN, HERE, {"base_url": stub.url, "model": "a-model"}, KEY)
    stub.told(call("times", day="2026-11-20"), "10:30")
    assert (await house.llm.test(ADMIN, HERE)).state == "works"
    stub.told(Raw(401, "{}"))
    assert (await house.llm.test(ADMIN, HERE)).state == "key"
    await house.llm.test(ADMIN, HERE)
    with pytest.raises(InvalidInput, match="llm_day_spent"):
        await house.llm.test(ADMIN, HERE)


async def test_a_key_outlives_its_master_key(house: House) -> None:
    await house.llm.save(ADMIN, HERE, GIVEN, KEY)
    fresh = "k2:" + base64.b64encode(b"another-master-key-of-32-bytes!!").decode()
    done = await rotate(house.db, Vault(parse_keys(f"{fresh},{MASTER_KEYS}")))
    assert done.rewrapped == 1
    async with house.db.single() as unit:
        stored = await unit.language_models.get(HERE)
    assert stored is not None
    assert stored.sealed_key is not None
    assert stored.sealed_key["kid"] == "k2"


async def test_what_a_brain_did_is_kept_with_its_turn(talks: Talks) -> None:
    trace = {"model": "a-model", "steps": [{"calls": "wish", "with": "{}"}]}
    answer = talks.brain.turn

    async def traced(*asked: Any) -> Any:
        return msgspec.structs.replace(await answer(*asked), trace=trace)

    talks.brain.turn = traced  # type: ignore[method-assign,assignment]  # the same, traced
    await talks.says("запишите 12")
    await talks.turns()
    await talks.says("да")
    await talks.turns()
    assert [row["trace"] for row in await talks.rows("SELECT trace FROM turns")] == [trace, trace]
