"""Events on their way into the journal."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from kommutator.connectors.pbx.asterisk.ami import AmiLink
from kommutator.domain.journal import Arrival, Receipt
from kommutator.doors.pbx.feed import Feed
from kommutator.kit.clock import SystemClock
from kommutator.kit.errors import InvalidInput, Unavailable
from kommutator.kit.ids import SequenceIds
from tests.connectors.asterisk.peer import Peer, block
from tests.connectors.asterisk.test_delivery import ACCOUNT
from tests.support.waiting import eventually


class Journal:
    """Takes arrivals unless it is told to be away or to dislike some."""

    def __init__(self) -> None:
        self.stored: list[Arrival] = []
        self.away = False
        self.refusals = 0

    async def accept(self, arrival: Arrival) -> Receipt:
        await asyncio.sleep(0)
        if self.away:
            self.refusals += 1
            raise Unavailable("journal_unavailable")
        if b"poison" in arrival.body:
            raise InvalidInput("event_not_storable")
        self.stored.append(arrival)
        return Receipt(journal_id=len(self.stored), duplicate=False)

    @property
    def keys(self) -> list[str | None]:
        return [arrival.key for arrival in self.stored]


class Scene:
    def __init__(self, peer: Peer, link: AmiLink, journal: Journal, feed: Feed) -> None:
        self.peer, self.link, self.journal, self.feed = peer, link, journal, feed

    def hear(self, *calls: str) -> None:
        self.peer.say(b"".join(block("Event: Hangup", f"Linkedid: {call}") for call in calls))


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with Peer() as peer:
        link = AmiLink(peer.address, clock=SystemClock(), ids=SequenceIds())
        link.start()
        await link.wait_up()
        journal = Journal()
        yield Scene(peer, link, journal, Feed(ACCOUNT, link, journal, clock=SystemClock()))
        await link.stop()


@pytest.fixture
async def fed(scene: Scene) -> AsyncIterator[Scene]:
    running = asyncio.create_task(scene.feed.run())
    yield scene
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_events_are_journalled_in_order_under_unique_keys(fed: Scene) -> None:
    fed.hear("1", "2", "3")
    await eventually(lambda: len(fed.journal.stored) == 3)

    first = fed.journal.stored[0]
    assert fed.journal.keys == ["1", "2", "3"]
    assert (first.source, first.kind, first.enterprise) == ("ami", "Hangup", "0367")
    assert first.connection_id == ACCOUNT.connection_id
    assert len({arrival.dedupe_key for arrival in fed.journal.stored}) == 3


async def test_while_the_journal_is_away_events_wait(fed: Scene) -> None:
    fed.journal.away = True
    fed.hear("1", "2")
    await eventually(lambda: fed.journal.refusals >= 2)
    fed.hear("3")
    fed.journal.away = False
    await eventually(lambda: len(fed.journal.stored) == 3)

    assert fed.journal.keys == ["1", "2", "3"]


async def test_an_event_that_cannot_be_stored_does_not_hold_up_the_others(fed: Scene) -> None:
    fed.hear("1", "poison", "3")
    await eventually(lambda: len(fed.journal.stored) == 2)

    assert fed.journal.keys == ["1", "3"]


async def test_an_event_of_our_own_waits_for_the_journal_too(scene: Scene) -> None:
    scene.journal.away = True
    event: dict[str, Any] = {"Event": "Reconcile", "Session": "s", "Channels": []}
    putting = asyncio.create_task(scene.feed.put(event))
    await eventually(lambda: scene.journal.refusals)
    scene.journal.away = False
    await putting

    assert [arrival.kind for arrival in scene.journal.stored] == ["Reconcile"]


async def test_leaving_stores_what_was_heard(scene: Scene) -> None:
    scene.hear("1", "2")
    await eventually(lambda: scene.link._events.qsize() == 2)
    await scene.link.stop()
    await scene.feed.flush()

    assert scene.journal.keys == ["1", "2"]
