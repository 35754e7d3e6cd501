"""One owner at a time, whatever happens to processes, to PostgreSQL, to people's minds."""

import asyncio
from uuid import uuid4

import pytest

from kommutator.domain.connection import ConnectionStatus
from kommutator.domain.whatsapp.events import Closed
from kommutator.domain.whatsapp.states import SessionState
from kommutator.flows.rotate_keys import rotate
from kommutator.flows.whatsapp.keys import KeptKeys
from kommutator.flows.whatsapp.lasting import LaneLost, WhileOurs
from kommutator.kit.clock import SystemClock
from kommutator.kit.crypto import Vault
from kommutator.kit.errors import NotFound
from kommutator.kit.keyring import KeyRing
from kommutator.store.whatsapp_sessions import Hold
from tests.support.factories import execute, value
from tests.support.waiting import eventually
from tests.support.whatsapp_host import FakeWhatsApp
from tests.support.whatsapp_house import OLGA, SALON_PHONE, Phone, a_phone, a_worker, admin


async def test_two_processes_never_hold_one_phone(database_url: str, world: FakeWhatsApp) -> None:
    async with a_worker(database_url, world) as one, a_worker(database_url, world):
        phones = [await a_phone(one, world) for _ in range(4)]
        await asyncio.gather(*(phone.linked(f"+7900000000{n}") for n, phone in enumerate(phones)))
    assert world.doubles == 0
    assert [line.open for line in world.lines] == [False] * len(world.lines)


async def test_a_restart_needs_no_scan_and_loses_nothing(
    database_url: str, world: FakeWhatsApp
) -> None:
    async with a_worker(database_url, world) as house:
        phone = await a_phone(house, world)
        line = await phone.linked()
        await line.hears(OLGA, "до")
        await line.hears(OLGA, "в последний миг")
    assert line.log[-1] == "close"
    async with a_worker(database_url, world) as house:
        phone.house = house
        line = await world.opened(phone.id)
        await line.hears(OLGA, "после", offline=True)
        assert await phone.messages(3) == ["до", "в последний миг", "после"]
        turned = await line.keys.get("pre-key", ["0", "1", "9"])
        assert turned == {"0": {"public": 0}, "1": {"public": 1}}
    assert (world.doubles, world.logged_out) == (0, [])


async def test_whoever_lost_the_lane_or_was_told_otherwise_writes_no_key(phone: Phone) -> None:
    line = await phone.linked()
    db, whose = phone.house.db, (phone.enterprise, phone.id)
    fence = await value(db, "SELECT fence FROM lanes WHERE lane = $1", f"wa:{phone.id}")
    asked = await value(db, "SELECT asked FROM whatsapp_sessions")

    def keys(hold: Hold, alive: bool = True) -> KeptKeys:
        ours = WhileOurs(db, SystemClock(), lambda: alive)
        return KeptKeys(phone.house.vault, ours, *whose, hold=hold)

    change = {"session": {"a": {"turn": 1}, "b": None}}
    for stale in (Hold(fence - 1, asked), Hold(fence, asked - 1)):
        with pytest.raises(LaneLost):
            await keys(stale).set(change)
        with pytest.raises(LaneLost):
            await keys(stale).set_creds({"noise": "mine"})
    with pytest.raises(LaneLost):
        await keys(Hold(fence, asked), alive=False).get("session", ["a"])
    assert await line.keys.get("session", ["a"]) == {}
    good = keys(Hold(fence, asked))
    await good.set(change)
    await good.set({"session": {"a": None, "c": {"turn": 3}}})
    assert await good.get("session", ["a", "b", "c"]) == {"c": {"turn": 3}}


async def test_keys_wait_for_a_database_that_is_cut(phone: Phone) -> None:
    line = await phone.linked()
    cut = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    written = asyncio.gather(
        *(line.keys.set({"session": {f"p{n}": {"turn": n}}}) for n in range(20))
    )
    await execute(phone.house.db, cut)
    await written
    found = await line.keys.get("session", [f"p{n}" for n in range(20)])
    assert len(found) == 20
    await line.hears(OLGA, "после обрыва")
    assert await phone.messages(1) == ["после обрыва"]


async def test_keys_lie_sealed_each_in_its_place(phone: Phone) -> None:
    line = await phone.linked()
    await line.keys.set({"session": {"a": {"secret": "ratchet-of-a"}, "b": {"secret": "of-b"}}})
    db = phone.house.db
    kept = "SELECT string_agg(encode(sealed, 'escape'), '') FROM whatsapp_keys"
    creds = "SELECT encode(creds, 'escape') || data_key::text FROM whatsapp_sessions"
    assert "ratchet" not in await value(db, kept)
    assert "noise" not in await value(db, creds)
    await execute(
        db,
        "UPDATE whatsapp_keys a SET sealed = b.sealed FROM whatsapp_keys b "
        "WHERE a.id = 'a' AND b.id = 'b'",
    )
    with pytest.raises(Exception, match="belongs elsewhere"):
        await line.keys.get("session", ["a"])


async def test_another_master_key_opens_the_same_sessions(phone: Phone) -> None:
    line = await phone.linked()
    await line.keys.set({"session": {"a": {"turn": 1}}})
    old = phone.house.vault._ring
    both = Vault(KeyRing("k2", {**old.keys, "k2": b"2" * 32}))
    assert (await rotate(phone.house.db, both)).failed == ()
    only = Vault(KeyRing("k2", {"k2": b"2" * 32}))
    ours = WhileOurs(phone.house.db, SystemClock(), lambda: True)
    keys = KeptKeys(only, ours, phone.enterprise, phone.id, hold=Hold(1, 1))
    assert await keys.get("session", ["a"]) == {"a": {"turn": 1}}


async def test_a_broken_socket_comes_back_and_515_at_once(
    phone: Phone, world: FakeWhatsApp
) -> None:
    line = await phone.linked()
    line.drops(515)
    line = await phone.open()
    line.drops(428)
    await phone.went_through(SessionState.RECONNECTING)
    await phone.open()
    assert (await phone.state()).next_retry_at is None
    assert len(world.lines) == 4


async def test_unlinked_on_the_phone_forgets_all_keys(phone: Phone, world: FakeWhatsApp) -> None:
    line = await phone.linked()
    line.drops(401, "device_removed")
    shown = await phone.comes_to(SessionState.LOGGED_OUT)
    assert (shown.reason, shown.linked_at, shown.wanted) == ("by_phone", None, False)
    assert await phone.rows("whatsapp_keys") == 0
    async with phone.house.db.unit() as unit:
        record = await unit.connections.get(phone.enterprise, phone.id)
    assert (record.status, record.status_reason) == (
        ConnectionStatus.BROKEN, "whatsapp_logged_out",
    )  # fmt: skip
    (channel,) = await phone.house.channels.list(phone.enterprise)
    assert (channel.why, channel.words) == ("logged_out", "whatsapp_state.logged_out")
    again = await phone.linked()
    assert again is not line


@pytest.mark.parametrize(
    ("code", "state"), [(440, SessionState.REPLACED), (403, SessionState.BANNED)]
)
async def test_where_only_a_person_helps_nobody_tries(
    phone: Phone, world: FakeWhatsApp, code: int, state: SessionState
) -> None:
    line = await phone.linked()
    await line.hears(OLGA, "Привет")
    await phone.messages(1)
    line.drops(code)
    await phone.comes_to(state)
    parked = "SELECT parked_reason FROM lanes WHERE lane = $1"
    await eventually(lambda: value(phone.house.db, parked, f"wa:{phone.id}"))
    row = await phone.says("Подождём")  # would call for an owner
    assert await value(phone.house.db, parked, f"wa:{phone.id}") == "whatsapp_not_linked"
    assert len(world.lines) == 2

    await phone.house.whatsapp.link(phone.enterprise, phone.id)
    if state is SessionState.BANNED:
        await (await world.line(phone.id)).scan(SALON_PHONE)
    await phone.becomes(row, "sent")  # what waited goes


async def test_stopped_and_gone_on_without_a_scan(phone: Phone, world: FakeWhatsApp) -> None:
    line = await phone.linked()
    await phone.house.whatsapp.stop(admin(), phone.enterprise, phone.id)
    await eventually(lambda: not line.open)
    assert (await phone.state()).state is SessionState.STOPPED
    await phone.house.whatsapp.link(phone.enterprise, phone.id)
    again = await phone.open()
    assert (again is not line, world.logged_out) == (True, [])


async def test_logged_out_here_is_told_to_the_phone(phone: Phone, world: FakeWhatsApp) -> None:
    await phone.linked()
    await phone.house.whatsapp.log_out(admin(), phone.enterprise, phone.id)
    shown = await phone.state()
    assert (shown.state, shown.reason) == (SessionState.LOGGED_OUT, "by_person")
    assert world.logged_out == [phone.id.hex]
    assert await phone.rows("whatsapp_keys") == 0


async def test_removed_leaves_nothing_but_its_row(phone: Phone, world: FakeWhatsApp) -> None:
    line = await phone.linked()
    await line.hears(OLGA, "Привет")
    await phone.messages(1)
    row = await phone.says("Здравствуйте")
    await phone.becomes(row, "sent")
    await phone.house.channels.disconnect(admin(), phone.enterprise, phone.id)
    assert world.logged_out == [phone.id.hex]
    for table in ("whatsapp_keys", "whatsapp_news", "whatsapp_sent", "chats", "chat_messages"):
        assert await phone.rows(table) == 0
    assert await phone.rows("whatsapp_sessions") == 0
    with pytest.raises(NotFound):
        await phone.house.whatsapp.remove(admin(), phone.enterprise, phone.id)
    assert await phone.house.channels.list(phone.enterprise) == []


async def test_a_refused_version_shuts_one_gate_for_all(phone: Phone, world: FakeWhatsApp) -> None:
    line = await phone.linked()
    other = await a_phone(phone.house, world)
    world.refuses_version = True
    line.drops(405)
    told = await phone.went_through(SessionState.RECONNECTING)
    assert told.body["reason"] == "version_refused"
    await phone.house.whatsapp.link(phone.enterprise, other.id)
    told = await other.went_through(SessionState.RECONNECTING)
    assert told.body["reason"] == "version_refused"
    assert len(world.lines) == 2  # nobody knocks meanwhile

    world.refuses_version = False
    await execute(phone.house.db, "UPDATE whatsapp_gate SET try_at = now()")
    async with phone.house.db.unit() as unit:
        first, second = [await unit.whatsapp.gate_everywhere(60.0) for _ in range(2)]
    assert first is None
    assert second is not None
    assert 59 < second <= 60


async def test_a_bridge_that_dies_takes_no_session_with_it(
    phone: Phone, world: FakeWhatsApp
) -> None:
    line = await phone.linked()
    line.tell(Closed(None, "bridge_died"))
    line.open = False
    told = await phone.went_through(SessionState.RECONNECTING)
    assert told.body["reason"] == "bridge_died"
    await phone.open()


async def test_news_are_kept_for_an_hour_and_contents_for_a_week(phone: Phone) -> None:
    db = phone.house.db
    async with db.unit() as unit:
        await unit.whatsapp_sent.leaving(phone.enterprise, phone.id, ["A", "B"], 7)
        await unit.whatsapp.change(phone.enterprise, phone.id, "state", {}, name="Salon")
    await execute(db, "UPDATE whatsapp_news SET at = now() - interval '61 minutes'")
    await execute(
        db, "UPDATE whatsapp_sent SET at = now() - interval '8 days' WHERE message_id = 'A'"
    )
    async with db.single() as unit:
        assert await unit.whatsapp_sent.retire_everywhere() == 2
        assert await unit.whatsapp_sent.is_ours(phone.enterprise, phone.id, "B")
        assert await unit.whatsapp.news(phone.enterprise, phone.id, 0) == []
        assert await unit.whatsapp.get(phone.enterprise, uuid4()) is None
