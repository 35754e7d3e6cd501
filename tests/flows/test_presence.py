"""Who is told of a status, in which order, and what is no news."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest

from kommutator.compose import compose
from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.journal import Decided, Ignored, JournalRow, Verdict
from kommutator.domain.presence import PresenceStatus, status_of_reason
from tests.support.house import vault_of
from tests.support.service import HERE, Service, open_service


@pytest.fixture
async def service(database_url: str) -> AsyncIterator[Service]:
    async with open_service(database_url) as opened:
        await opened.connect()
        await opened.connect_pbx()
        yield opened


async def say(service: Service, status: PresenceStatus) -> None:
    await service.house.presence.hear(
        await service.account(), user_id="19", code=None, status=status
    )


async def pbx(service: Service) -> Account:
    found = await service.house.directory.account_of(HERE, ConnectionKind.ASTERISK)
    assert found is not None
    return found


async def owed(service: Service) -> list[tuple[str, str, str]]:
    """Room of the lane, status, fate; oldest first."""
    async with service.house.db.unit() as unit:
        rows = await unit.outbox.page(HERE, kind="set_presence")
    return [
        (row.lane.partition(":")[0], msgspec.json.decode(row.payload)["presence"], row.state)
        for row in reversed(rows)
    ]


async def pause(service: Service, reason: str, *, paused: bool = True, **more: str) -> Verdict:
    """A QueueMemberPause as the door journals it, decided upon."""
    event = {
        "Event": "QueueMemberPause",
        "Queue": "sales",
        "Interface": "PJSIP/150",
        "Paused": "1" if paused else "0",
        "PausedReason": reason,
        **more,
    }
    house = service.house
    decide = compose(house.settings, house.db, vault_of(house.settings)).decide
    async with house.db.unit() as unit:
        row = JournalRow(
            id=1,
            enterprise=HERE,
            source="ami",
            kind="QueueMemberPause",
            key=None,
            body=msgspec.json.encode(event),
            connection_id=(await pbx(service)).connection_id,
            received_at=house.clock.now(),
        )
        return await decide(unit, row)


async def presence(service: Service) -> dict[str, tuple[str, str]]:
    async with service.house.db.unit() as unit:
        held = await unit.presence.all(HERE)
    return {extension: (one.status, one.source) for extension, one in held.items()}


async def test_only_the_latest_status_waits_for_the_pbx(service: Service) -> None:
    for status in ("busy", "busy", "dinner", "free"):
        await say(service, status)  # type: ignore[arg-type]  one of the four
    assert await owed(service) == [
        ("pbx", "busy", "dropped"),
        ("pbx", "dinner", "dropped"),
        ("pbx", "free", "due"),
    ]


async def test_changes_at_the_same_moment_end_with_the_stored_one(service: Service) -> None:
    statuses: list[PresenceStatus] = ["busy", "dinner", "break", "free"] * 4
    await asyncio.gather(*(say(service, status) for status in statuses))
    due = [status for _, status, state in await owed(service) if state == "due"]
    assert due == [(await presence(service))["150"][0]]


async def test_a_stale_status_is_not_replayed(service: Service) -> None:
    await say(service, "busy")
    async with service.house.db.unit() as unit:
        await unit.connection.execute("UPDATE outbox SET state = 'dead'")
    await say(service, "free")
    async with service.house.db.unit() as unit:
        ids = [row.id for row in await unit.outbox.page(HERE, kind="set_presence")]
        assert await unit.outbox.replay(HERE, ids) == []
        await unit.connection.execute("UPDATE outbox SET state = 'dead' WHERE state = 'due'")
        assert await unit.outbox.replay(HERE, ids) == [max(ids)]


async def test_a_pause_at_the_pbx_is_owed_to_the_crm_once(service: Service) -> None:
    assert isinstance(await pause(service, "lunch"), Decided)
    assert await pause(service, "lunch") == Ignored("pause_known")
    assert await presence(service) == {"150": ("dinner", "asterisk")}
    assert await owed(service) == [("crm", "dinner", "due")]


@pytest.mark.parametrize(
    ("change", "note"),
    [
        ({"PausedReason": "kmt:busy"}, "pause_is_ours"),
        ({"Interface": "PJSIP/999"}, "pause_not_followed"),
        ({"Interface": "Local/150@from-queue/n"}, "pause_not_followed"),
    ],
)
async def test_what_is_no_news(service: Service, change: dict[str, str], note: str) -> None:
    assert await pause(service, "", **change) == Ignored(note)
    assert await owed(service) == []


async def test_a_member_is_known_by_the_phone_its_queue_watches(service: Service) -> None:
    more = {"Interface": "Local/150@from-queue/n", "StateInterface": "PJSIP/150"}
    assert isinstance(await pause(service, "", **more), Decided)
    assert await presence(service) == {"150": ("busy", "asterisk")}


async def test_the_crms_answer_to_our_order_is_not_owed_back(service: Service) -> None:
    await pause(service, "")
    await say(service, "busy")  # the CRM reports what we set
    await pause(service, "", paused=False)
    await say(service, "busy")  # and does it once more, too late
    assert await presence(service) == {"150": ("free", "asterisk")}
    assert {room for room, _, _ in await owed(service)} == {"crm"}


async def test_a_person_in_the_crm_still_decides(service: Service) -> None:
    await pause(service, "")
    await say(service, "free")
    assert await presence(service) == {"150": ("free", "retailcrm")}
    assert (await owed(service))[-1] == ("pbx", "free", "due")


async def test_after_a_gap_every_stored_status_is_told_again(service: Service) -> None:
    await say(service, "busy")
    await service.house.presence.tell_again(await pbx(service))
    async with service.house.db.unit() as unit:
        newest, older = await unit.outbox.page(HERE, kind="set_presence")
    assert msgspec.json.decode(newest.payload)["again"] is True
    assert (newest.state, older.state, older.note) == ("due", "dropped", "superseded")


async def test_a_closed_way_is_closed_also_after_a_gap(service: Service) -> None:
    await service.connect(presence={"to_pbx": False, "to_crm": False})
    await say(service, "busy")
    await pause(service, "lunch")
    await service.house.presence.tell_again(await pbx(service))
    assert await owed(service) == []
    assert await presence(service) == {"150": ("dinner", "asterisk")}


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("", "busy"), ("Lunch time", "dinner"), ("ОБЕД", "dinner"), ("обід", "dinner"),
        ("coffee", "break"), ("перекур", "break"), ("Перерва", "break"), ("training", "busy"),
        ("x" * 5000, "busy"),
    ],
)  # fmt: skip
def test_the_words_of_a_pause(words: str, status: str) -> None:
    assert status_of_reason(words) == status
