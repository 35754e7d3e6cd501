"""Calls go on while amoCRM is down: refusing, answering 502, silent. Afterwards it has them all."""

import re
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from prometheus_client import generate_latest

from kommutator.connectors.crm.amocrm.writes import AmoCrmDelivery
from kommutator.domain.commands import HangupPopup
from kommutator.domain.connection import Account
from kommutator.domain.ports import Due
from kommutator.kit.backoff import backoff
from kommutator.kit.breaker import BreakerRules
from tests.support.amocrm_service import AmoService, open_amocrm_service
from tests.support.town import free_port
from tests.support.waiting import eventually
from tests.support.wire import Wire, open_wire

RULES = BreakerRules()
AT_ONCE = 4  # requests of a lane that may be under way when it opens
HEALED_S = RULES.longest + 60  # the last probe may have been just before


@dataclass
class Down:
    """Attributes:
    tries: monotonic times at which the delivery has sent something.
    """

    service: AmoService
    wire: Wire
    tries: list[float] = field(default_factory=list)

    @property
    def now(self) -> float:
        return self.service.house.clock.monotonic()

    async def breaker(self) -> str:
        asked = "SELECT breaker FROM lanes WHERE lane LIKE 'crm:%'"
        return str(await self.service.value(asked))

    def requests(self) -> float:
        """All that we ever asked of amoCRM, also what nobody heard."""
        text = generate_latest(self.service.house.metrics.registry).decode()
        counted = re.findall(
            r'^kommutator_vendor_requests_total\{.*kind="amocrm".*\} (\S+)$', text, re.MULTILINE
        )
        return sum(map(float, counted))

    async def until(self, end: float) -> None:
        await eventually(lambda: self.now >= end, max(0.0, end - self.now) + 5)


@pytest.fixture
async def down(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Down]:
    async with AsyncExitStack() as stack:
        service = await stack.enter_async_context(open_amocrm_service(database_url))
        target = urlsplit(service.twin.url).port
        assert target is not None
        wire = await stack.enter_async_context(open_wire(free_port(), target))
        found = Down(service, wire)
        deliver = AmoCrmDelivery.deliver

        async def counted(self: AmoCrmDelivery, account: Account, batch: Sequence[Due]) -> Any:
            if not isinstance(batch[0].command, HangupPopup):  # amoCRM is not told of those
                found.tries.append(found.now)
            return await deliver(self, account, batch)

        monkeypatch.setattr(AmoCrmDelivery, "deliver", counted)
        users = await service.users()
        mapping = {users[0]: "150", users[1]: "151"}
        await service.connect(f"http://127.0.0.1:{wire.port}", user_extensions=mapping)
        await service.copied()
        await tell(service, 40)  # the way through the wire works
        await eventually(service.quiet)
        yield found


async def tell(service: AmoService, number: int) -> None:
    """Contact `number` (from 1) calls and talks."""
    common = {"phone": f"+70000000{100 + number}", "line": "+375170000001", "extensions": ["150"]}
    call_id = f"down-{number}"
    await service.tell("dial", call_id, **common)
    await service.tell("bridge", call_id, **common)
    await service.tell("hangup", call_id, **common, status="answered", duration=number)


def most_probes(seconds: float) -> int:
    """How many probes the breaker's schedule allows in an outage, with the least of jitters."""
    probes, at = 0, 0.0
    while True:
        at += backoff(probes + 1, first=RULES.first, longest=RULES.longest, jitter=0.0)
        if at > seconds:
            return probes
        probes += 1


def test_ten_minutes_are_ten_probes_at_most() -> None:
    assert most_probes(600.0) == 7
    assert most_probes(12.0) == 2


async def go_down(down: Down, seconds: float, calls: int) -> tuple[int, float]:
    """A third of the time refusing, a third 502, a third silent. Tries, and requests of all."""
    tries, asked, began = len(down.tries), down.requests(), down.now
    waiting = iter(range(1, calls + 1))
    ways = (down.wire.pull, lambda: _bad_gateway(down), down.wire.hang)
    for number, broken in enumerate(ways):
        await broken()
        for _ in range(calls // 3):
            await tell(down.service, next(waiting))
        await down.until(began + seconds * (number + 1) / 3)
    return len(down.tries) - tries, down.requests() - asked


async def _bad_gateway(down: Down) -> None:
    await down.service.twin.order("faults", kind="html_502")  # before anything is carried
    await down.wire.plug()


async def heal(down: Down) -> None:
    async with down.service.twin.http.delete(f"{down.service.twin.url}/_twin/faults") as answer:
        assert answer.status == 200
    down.wire.cut()
    await down.wire.plug()


async def assert_all_there_once_in_order(down: Down, calls: int) -> None:
    state = await down.service.state()
    notes = [note["params"] for note in state["notes"] if note["note_type"] == "call_in"]
    held = {note["uniq"]: note["duration"] for note in notes}
    assert held == {f"down-{number}": number for number in (*range(1, calls + 1), 40)}
    assert set(Counter(note["uniq"] for note in notes).values()) == {1}
    undone = "SELECT kind, state, error FROM outbox WHERE state <> 'done' AND kind = 'call_record'"
    assert await down.service.fetch(undone) == []
    swapped = (
        "SELECT a.call_id, a.kind, b.kind FROM outbox a JOIN outbox b USING (lane, key) "
        "WHERE a.id < b.id AND a.finished_at > b.finished_at"
    )
    assert await down.service.fetch(swapped) == []


async def play(down: Down, seconds: float, calls: int) -> None:
    tries, asked = await go_down(down, seconds, calls)
    assert await down.breaker() in ("open", "half_open")
    # Five failures open it, while some more are under way; then the breaker alone lets through.
    assert RULES.threshold <= tries <= RULES.threshold + AT_ONCE - 1 + most_probes(seconds), tries
    # The copy's rounds knock, too, each for itself. Seen in ten minutes: 11 tries, 12 requests.
    assert asked <= tries + 10, asked
    await heal(down)
    await eventually(down.service.quiet, HEALED_S)
    assert await down.breaker() == "closed"
    await assert_all_there_once_in_order(down, calls)


async def test_a_short_outage(down: Down) -> None:
    await play(down, 12.0, 12)


@pytest.mark.slow
@pytest.mark.timeout(1200)
async def test_ten_minutes(down: Down) -> None:
    await play(down, 600.0, 39)
