import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID

import pytest

from kommutator.domain.connection import ConnectionKind, ConnectionStatus
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.directory import Directory
from kommutator.flows.house import House
from kommutator.flows.rotate_keys import rotate
from kommutator.flows.secrets import seal_secrets
from kommutator.kit.clock import ManualClock
from kommutator.kit.crypto import Vault
from kommutator.kit.errors import NotFound
from kommutator.kit.ids import SequenceIds
from kommutator.kit.keyring import KeyRing, parse_keys
from kommutator.store.listener import Listener
from tests.support.house import MASTER_KEYS, matrix, open_house, settle_crm
from tests.support.waiting import eventually

HERE, THERE = EnterpriseNumber("0367"), EnterpriseNumber("0411")
CLIENT = "client-id-of-0367-not-real"


@pytest.fixture
async def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def house(database_url: str, clock: ManualClock) -> AsyncIterator[House]:
    async with open_house(database_url) as built:
        async with built.db.unit() as unit:
            await unit.enterprises.create(HERE, name="June", time_zone="Europe/Minsk")
            await unit.enterprises.create(THERE, name="July")
        built.directory = Directory(
            built.db, built.vault, built.settings, clock=clock, ids=SequenceIds(),
            redactor=built.redactor,
        )  # fmt: skip
        yield built


async def set_status(house: House, connection_id: UUID, status: ConnectionStatus) -> None:
    async with house.db.unit() as unit:
        await unit.connections.set_status(HERE, connection_id, status)
        unit.config_changed(HERE, "retailcrm")


async def test_an_account_is_opened_and_its_secrets_stay_out_of_sight(house: House) -> None:
    crm = await settle_crm(house, HERE, CLIENT)
    account = await house.directory.account(crm)
    assert (account.enterprise, account.kind, account.status, account.time_zone) == (
        HERE, ConnectionKind.RETAILCRM, ConnectionStatus.ACTIVE, "Europe/Minsk",
    )  # fmt: skip
    assert account.secrets == {"api_key": "api-key-of-0367-not-real", "client_id": CLIENT}
    assert "not-real" not in repr(account)
    assert house.redactor.text("api-key-of-0367-not-real") == "***"
    assert await house.directory.account_of(HERE, ConnectionKind.RETAILCRM) == account
    assert await house.directory.account_of(HERE, ConnectionKind.ASTERISK) is None
    assert await house.directory.account_of(THERE, ConnectionKind.RETAILCRM) is None


async def test_hooks_are_recognised_by_their_client_id(house: House) -> None:
    crm = await settle_crm(house, HERE, CLIENT)
    found = await house.directory.by_client_id(CLIENT)
    assert found is not None
    assert found.connection_id == crm
    for wrong in ("", CLIENT[:-1], CLIENT.upper(), "0367", "\ud800"):
        assert await house.directory.by_client_id(wrong) is None


async def test_a_client_id_asked_for_too_early_is_found_after_its_saving(house: House) -> None:
    assert await house.directory.by_client_id(CLIENT) is None
    await settle_crm(house, HERE, CLIENT)
    house.directory.invalidate(HERE)
    assert await house.directory.by_client_id(CLIENT) is not None


async def test_the_matrix_says_what_works(house: House) -> None:
    crm = await settle_crm(house, HERE, CLIENT)
    assert await house.directory.matrix(HERE) == matrix("retailcrm")
    assert await house.directory.matrix(THERE) == matrix()
    assert await house.directory.active_enterprises() == (HERE,)
    await set_status(house, crm, ConnectionStatus.PAUSED)
    house.directory.invalidate(HERE)
    assert await house.directory.matrix(HERE) == matrix()
    assert await house.directory.active_enterprises() == ()


async def test_a_suspended_tenant_counts_as_paused(house: House) -> None:
    crm = await settle_crm(house, HERE, CLIENT)
    async with house.db.unit() as unit:
        await unit.enterprises.update(HERE, active=False)
    assert (await house.directory.account(crm)).status is ConnectionStatus.PAUSED
    assert await house.directory.active_enterprises() == ()


async def test_what_is_removed_is_gone(house: House) -> None:
    crm = await settle_crm(house, HERE, CLIENT)
    await house.directory.account(crm)
    async with house.db.unit() as unit:
        await unit.connections.remove(HERE, crm)
    house.directory.invalidate(HERE)
    with pytest.raises(NotFound):
        await house.directory.account(crm)
    assert await house.directory.by_client_id(CLIENT) is None
    async with house.db.unit() as unit:
        record = await unit.connections.get(HERE, crm)
    assert (record.sealed, record.client_id_hash) == ({}, None)


async def test_five_hundred_readers_cost_one_query(house: House) -> None:
    await settle_crm(house, HERE, CLIENT)
    asked = (house.directory.account_of(HERE, ConnectionKind.RETAILCRM) for _ in range(500))
    assert len({account.connection_id for account in await asyncio.gather(*asked) if account}) == 1
    assert house.directory.stats()["loads"] == 1


async def test_entries_are_renewed_aside_and_end(house: House, clock: ManualClock) -> None:
    crm = await settle_crm(house, HERE, CLIENT)
    await house.directory.account(crm)
    async with house.db.unit() as unit:
        await unit.connections.save(HERE, crm, name="Renamed")
    await clock.advance(44)
    assert (await house.directory.account(crm)).name == "CRM"
    await clock.advance(2)
    assert (await house.directory.account(crm)).name == "CRM"

    async def renewed() -> bool:
        return (await house.directory.account(crm)).name == "Renamed"

    await eventually(renewed)
    stats = house.directory.stats()
    assert stats["stale_hits"] >= 1
    assert stats["size"] == 1


async def test_everything_is_refreshed_again_and_again(house: House, clock: ManualClock) -> None:
    crm = await settle_crm(house, HERE, CLIENT)
    loop = asyncio.create_task(house.directory.keep_fresh())
    try:
        await asyncio.sleep(0)
        await clock.advance(239)  # 240 s: the middle of 180 and 300 with the middle of the jitter
        assert house.directory.stats()["full_refreshes"] == 0
        await clock.advance(2)
        await eventually(lambda: house.directory.stats()["full_refreshes"] == 1)
        loads = house.directory.stats()["loads"]
        assert (await house.directory.account(crm)).name == "CRM"
        assert house.directory.stats()["loads"] == loads
    finally:
        loop.cancel()


async def test_a_saving_during_a_full_refresh_is_never_lost(house: House) -> None:
    crm = await settle_crm(house, HERE, CLIENT)
    honest, calls = house.directory._load_all, 0

    async def disturbed() -> object:
        nonlocal calls
        calls += 1
        loaded = await honest()
        if calls == 1:
            async with house.db.unit() as unit:
                await unit.connections.save(HERE, crm, name="Renamed")
            house.directory.invalidate(HERE)
        return loaded

    house.directory._load_all = disturbed  # type: ignore[assignment,method-assign]  # a save between its query and its swap
    await house.directory.refresh_all()
    assert calls == 2
    assert (await house.directory.account(crm)).name == "Renamed"


async def test_a_saver_elsewhere_is_heard_after_the_commit(house: House, database_url: str) -> None:
    crm = await settle_crm(house, HERE, CLIENT)
    assert await house.directory.matrix(HERE) == matrix("retailcrm")
    listener = Listener(
        database_url,
        {"kommutator_config": house.config_changed},
        on_reconnect=house.forget_all,
        clock=house.clock,
    )
    await listener.start()
    try:
        await set_status(house, crm, ConnectionStatus.PAUSED)

        async def heard() -> bool:
            return not (await house.directory.matrix(HERE))["retailcrm"]

        await eventually(heard)
    finally:
        await listener.stop()


async def test_one_unreadable_secret_breaks_only_its_own_connection(house: House) -> None:
    crm = await settle_crm(house, HERE, CLIENT)
    other = await settle_crm(house, THERE, "client-id-of-0411-not-real")
    async with house.db.unit() as unit:
        foreign = (await unit.connections.get(THERE, other)).sealed
        await unit.connections.save(HERE, crm, sealed=foreign)
    broken = await house.directory.account(crm)
    assert (broken.status, broken.secrets) == (ConnectionStatus.BROKEN, {})
    assert (await house.directory.account(other)).status is ConnectionStatus.ACTIVE


async def test_master_keys_are_exchanged_in_batches(house: House) -> None:
    ids = []
    for number in range(5):
        enterprise = EnterpriseNumber(str(number))
        async with house.db.unit() as unit:
            await unit.enterprises.create(enterprise, name="x")
        ids.append(await settle_crm(house, enterprise, f"client-id-of-{number}-not-real"))
    old = parse_keys(MASTER_KEYS)
    new = KeyRing("k2", {"k2": bytes(range(32)), **old.keys})
    lost = Vault(KeyRing("gone", {"gone": bytes(32)}))
    async with house.db.unit() as unit:
        sealed = seal_secrets(lost, EnterpriseNumber("4"), ids[4], {"api_key": "x"})
        await unit.connections.reseal(EnterpriseNumber("4"), ids[4], sealed)
    first = await rotate(house.db, Vault(new))
    assert (first.rewrapped, first.current, first.failed) == (4, 0, (ids[4],))
    second = await rotate(house.db, Vault(new))
    assert (second.rewrapped, second.current, second.failed) == (0, 4, (ids[4],))
    only_new = Vault(replace(new, keys={"k2": new.keys["k2"]}))
    after = Directory(house.db, only_new, house.settings, clock=ManualClock(), ids=SequenceIds())
    account = await after.account(ids[0])
    assert account.secrets["client_id"] == "client-id-of-0-not-real"
