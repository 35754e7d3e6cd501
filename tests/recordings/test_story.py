"""Promises: a call knows its recordings whatever comes first, and the CRM's link is ours."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from kommutator.connectors.pbx.asterisk.readers import READERS
from kommutator.domain.calls.events import Hints
from kommutator.domain.calls.memory import Memory
from kommutator.domain.calls.recordings import recordings_of
from kommutator.domain.commands import CallRecord
from kommutator.domain.journal import Ignored
from kommutator.flows.follow_calls import FollowCalls
from kommutator.flows.follow_recordings import FollowRecordings, read_recording_row
from kommutator.flows.recording_links import RecordingLinks
from kommutator.kit.clock import ManualClock
from kommutator.store.database import Database
from kommutator.store.recording_rows import RecordingRow
from tests.flows.test_follow_calls import PBX, E, Story, answered_call
from tests.support.house import settings_for_tests, vault_of

LINK = "http://house.example/recordings/"
URL = "https://pbx.example/1.mp3"


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    database = await Database.open(database_url, size=4)
    async with database.unit() as unit:
        await unit.enterprises.create(E, name="Test")
    yield database
    await database.close()


class Tale(Story):
    """A story with recordings."""

    def __init__(self, db: Database, **crm_config: Any) -> None:
        super().__init__(db, **crm_config)
        links = RecordingLinks(
            vault_of(settings_for_tests()), ManualClock(), "http://house.example"
        )
        self.follow = FollowCalls(
            self.accounts,
            {**READERS, "recording": read_recording_row},
            recordings=FollowRecordings(links),
        )

    async def arrived(self, name: str, call: str, second: float, *, lost: bool = False) -> Any:
        """As `TakeRecording` tells it; the row is there before."""
        async with self.db.unit() as unit:
            await unit.connection.execute(
                "INSERT INTO recordings (enterprise, name) VALUES ($1, $2) ON CONFLICT DO NOTHING",
                E, name,
            )  # fmt: skip
            await unit.connection.execute(
                "UPDATE recordings SET state = $3 WHERE enterprise = $1 AND name = $2",
                E, name, "missing" if lost else "stored",
            )  # fmt: skip
        kind = "lost" if lost else "arrived"
        body = {"type": kind, "call": call, "name": name}
        return await self.row("recording", kind, body, key=call, second=second)

    async def rows(self) -> list[RecordingRow]:
        async with self.db.single() as unit:
            return list(await unit.recordings.page(E))

    async def records(self) -> list[CallRecord]:
        return [command for command in await self.owed() if isinstance(command, CallRecord)]

    async def call_id(self) -> str:
        (call,) = [call for call in await self.calls() if call["phase"] != "merged"]
        return str(call["id"])


async def test_an_answered_call_expects_the_recording_it_was_promised(db: Database) -> None:
    tale = Tale(db)
    await tale.replay("inbound_answered")
    call = await tale.call_id()

    (row,) = await tale.rows()
    assert (row.name, row.state, row.call_id) == (f"gw-{call}", "expected", call)
    assert row.connection_id == PBX
    assert row.next_try_at is not None
    assert (row.next_try_at - row.expected_at).total_seconds() == 120
    (record,) = await tale.records()
    assert (record.record_url or "").startswith(LINK)  # stable; it plays as soon as it is here
    assert (await tale.calls())[0]["record_name"] == row.name


@pytest.mark.parametrize(
    "name", ["inbound_nobody_answers", "outbound_busy", "click2call_client_busy"]
)
async def test_where_nobody_talked_nothing_is_expected(db: Database, name: str) -> None:
    tale = Tale(db, recordings=True)
    await tale.replay(name)
    assert await tale.rows() == []
    assert [record.record_url for record in await tale.records()] == [None]


async def test_the_record_waits_until_the_recording_is_here(db: Database) -> None:
    tale = Tale(db, recordings=True)
    at = -680  # when the calls of the fixtures were made
    await tale.replay("inbound_answered", second=at)
    call = await tale.call_id()
    assert await tale.records() == []

    await tale.arrived(f"gw-{call}", call, at + 3)
    (record,) = await tale.records()
    assert (record.record_url or "").startswith(LINK)


async def test_but_not_for_ever_and_the_link_goes_anyway(db: Database) -> None:
    tale = Tale(db, recordings=True)
    await tale.replay("inbound_answered", second=-680)
    call = await tale.call_id()
    assert await tale.records() == []
    await tale.row("timer", "look_again", {}, key=call, second=10_000)
    (record,) = await tale.records()
    assert (record.record_url or "").startswith(LINK)

    await tale.arrived(f"gw-{call}", call, 10_100)
    assert len(await tale.records()) == 1


async def test_a_recording_makes_no_call(db: Database) -> None:
    tale = Tale(db)
    assert await tale.arrived("gw-1.7", "1.7", 0) == Ignored("began_before_us")
    assert await tale.calls() == []


async def test_what_came_before_the_end_is_found_at_the_end(db: Database) -> None:
    tale = Tale(db, recordings=True)
    probe = Tale(db, recordings=True)
    await probe.replay("inbound_answered")
    name = (await probe.calls())[0]["record_name"]
    async with db.unit() as unit:
        await unit.connection.execute(
            "TRUNCATE calls, call_aliases, outbox, recordings, timers CASCADE"
        )
    await tale.arrived(name, "unknown", -681)
    await tale.replay("inbound_answered", second=-680)

    (record,) = await tale.records()  # it did not wait
    assert (record.record_url or "").startswith(LINK)
    (row,) = await tale.rows()
    assert (row.state, row.call_id) == ("stored", await tale.call_id())


async def test_a_transferred_call_has_its_recording_under_either_id(db: Database) -> None:
    tale = Tale(db)
    await tale.replay("transfer_attended")
    call = await tale.call_id()
    rows = await tale.rows()
    assert rows
    assert {row.call_id for row in rows} == {call}
    async with db.single() as unit:
        aliases = await unit.connection.fetch(
            "SELECT alias FROM call_aliases WHERE enterprise = $1 AND call_id = $2", E, call
        )
        for alias in aliases:
            found = await unit.recordings.of_call(E, alias["alias"])
            assert [row.name for row in found] == [row.name for row in rows]
    assert len(await tale.records()) == 1


async def test_an_address_that_was_told_is_fetched_and_the_link_is_ours(db: Database) -> None:
    tale = Tale(db, recordings=True)
    await answered_call(tale)
    await tale.http("download", 35, UniqueId="1.1", CallUrl=URL)
    (row,) = await tale.rows()
    assert (row.source_url, row.state, row.call_id) == (URL, "expected", "1.1")
    assert row.next_try_at == row.expected_at  # at once
    assert await tale.records() == []

    await tale.arrived(row.name, "1.1", 36)
    (record,) = await tale.records()
    assert (record.record_url or "").startswith(LINK)


async def test_where_it_cannot_be_fetched_the_address_stays(db: Database) -> None:
    tale = Tale(db, recordings=True)
    await answered_call(tale)
    await tale.http("download", 35, UniqueId="1.1", CallUrl=URL)
    (row,) = await tale.rows()
    await tale.arrived(row.name, "1.1", 36, lost=True)
    (record,) = await tale.records()
    assert record.record_url == URL


async def test_the_same_call_has_the_same_link(db: Database) -> None:
    tale = Tale(db)
    await tale.replay("inbound_answered")
    (first,) = await tale.records()
    async with db.unit() as unit:
        await unit.connection.execute("TRUNCATE outbox, calls, call_aliases CASCADE")
    await tale.replay("inbound_answered")
    (second,) = await tale.records()
    assert second.record_url == first.record_url


@pytest.mark.parametrize("name", ["../../etc/passwd", "a b", "x" * 200, "", ".hidden"])
def test_names_that_are_none_are_passed_over(name: str) -> None:
    assert recordings_of(Memory("1.1", hints=Hints(record=name), records=[name])) == ()
