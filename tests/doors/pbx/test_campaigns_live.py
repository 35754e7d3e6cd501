"""Campaigns on a real Asterisk with real phones: clients of all kinds, one right record each."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from kommutator.domain.campaigns.plan import DAYS
from kommutator.domain.connection import ConnectionKind
from kommutator.flows.forms import ConnectionForm
from kommutator.twins.pbx.behaviour import BUSY, DECLINES, NO_SUCH_NUMBER, RINGS_ON, answers
from tests.support.pbx import Office
from tests.support.service import ADMIN, HERE, Service, open_service
from tests.support.waiting import eventually

pytestmark = pytest.mark.pbx

TALKS, IS_BUSY, SAYS_NO, NOBODY, NONE_SUCH = (f"+37517000000{n}" for n in range(1, 6))
LINE = "+375170000009"
ALWAYS = {day: [["00:00", "24:00"]] for day in DAYS}


@dataclass
class Dialer:
    service: Service

    async def start(self, *phones: str, **plan: Any) -> UUID:
        usual = {"agents": ["150"], "windows": ALWAYS, "per_minute": 60, "wrap_up_s": 0,
                 "line": LINE, "failures": 20}  # fmt: skip
        campaigns = self.service.house.campaigns
        made = await campaigns.create(ADMIN, HERE, "Spring", usual | plan)
        await campaigns.add_text(ADMIN, HERE, made.row.id, "\n".join(phones))
        await campaigns.start(ADMIN, HERE, made.row.id)
        return made.row.id

    async def results(self, campaign: UUID) -> dict[str, str | None]:
        """Client → what came of the latest call."""
        lines = await self.service.house.campaigns.attempts(HERE, campaign)
        return {line.phone: line.result for line in reversed(lines)}

    async def all_ended(self, campaign: UUID, count: int) -> dict[str, str | None]:
        async def ended() -> bool:
            found = await self.results(campaign)
            return len(found) == count and None not in found.values()

        await eventually(ended, 60)
        return await self.results(campaign)

    async def records(self, count: int) -> dict[str, tuple[str, str, int]]:
        """Client → kind, result and seconds in the CRM's history, once all are there."""

        async def kept() -> list[dict[str, Any]]:
            state = await self.service.twin.get("/_twin/state", params={"account": "demo"})
            found: list[dict[str, Any]] = state.body["calls"]
            return found

        async def all_there() -> bool:
            return len(await kept()) >= count

        await eventually(all_there)
        calls = await kept()
        assert len(calls) == count
        return {call["phone"]: (call["type"], call["result"], call["duration"]) for call in calls}


@pytest.fixture
async def dialer(database_url: str, office: Office) -> AsyncIterator[Dialer]:
    asterisk = office.asterisk
    async with open_service(database_url, roles=("api", "worker", "pbx")) as service:
        await service.connect()
        form = ConnectionForm(
            ConnectionKind.ASTERISK,
            asterisk.host,
            secrets={"ami_user": asterisk.ami_user, "ami_secret": asterisk.ami_secret},
            config={
                "ami_port": asterisk.ports.ami,
                "trunks": ["trunk"],
                "region": "BY",
                "numbers": {LINE: "Campaigns"},
            },
        )
        await service.house.set_up.save(ADMIN, HERE, form)
        await service.house.set_up.activate(ADMIN, HERE, ConnectionKind.ASTERISK)
        service.forget()
        await eventually(lambda: service.app.links.up_count() == 1)
        yield Dialer(service)


async def test_five_clients_client_first(dialer: Dialer, office: Office) -> None:
    office["150"].behaviour = answers(0.2)
    office.provider.expect(TALKS, answers(0.3, talk_s=1.4))
    office.provider.expect(IS_BUSY, BUSY)
    office.provider.expect(SAYS_NO, DECLINES)
    office.provider.expect(NOBODY, RINGS_ON)
    office.provider.expect(NONE_SUCH, NO_SUCH_NUMBER)
    campaign = await dialer.start(
        TALKS, IS_BUSY, SAYS_NO, NOBODY, NONE_SUCH,
        mode="client_first", client_ring_s=5, agent_ring_s=5,
    )  # fmt: skip
    assert await dialer.all_ended(campaign, 5) == {
        TALKS: "talked", IS_BUSY: "busy", SAYS_NO: "declined", NOBODY: "no_answer",
        NONE_SUCH: "bad_number",
    }  # fmt: skip
    records = await dialer.records(5)
    assert {phone: (kind, result) for phone, (kind, result, _) in records.items()} == {
        TALKS: ("out", "answered"),
        IS_BUSY: ("out", "busy"),
        SAYS_NO: ("out", "no answer"),
        NOBODY: ("out", "no answer"),
        NONE_SUCH: ("out", "failed"),
    }
    assert records[TALKS][2] in (1, 2)  # from when the agent picked up


async def test_a_client_whom_no_agent_answers(dialer: Dialer, office: Office) -> None:
    """Let go after the agent's ring, counted as abandoned, one record that says nobody talked."""
    office["150"].behaviour = RINGS_ON
    office.provider.default = answers(0.1)
    campaign = await dialer.start(TALKS, mode="client_first", agent_ring_s=5)
    assert await dialer.all_ended(campaign, 1) == {TALKS: "abandoned"}
    assert await dialer.records(1) == {TALKS: ("out", "no answer", 0)}
    (item,) = await dialer.service.house.campaigns.items(HERE, campaign)
    assert (item.state, item.urgency, item.waits) == ("waiting", 0, "after_abandoned")


async def test_the_agent_first(dialer: Dialer, office: Office) -> None:
    office["150"].behaviour = answers(0.2)
    office.provider.expect(TALKS, answers(0.3, talk_s=1.2))
    office.provider.expect(IS_BUSY, BUSY)
    campaign = await dialer.start(TALKS, IS_BUSY)
    assert await dialer.all_ended(campaign, 2) == {TALKS: "talked", IS_BUSY: "busy"}
    assert {phone: call[:2] for phone, call in (await dialer.records(2)).items()} == {
        TALKS: ("out", "answered"), IS_BUSY: ("out", "busy"),
    }  # fmt: skip


async def test_a_pause_acts_within_a_second(dialer: Dialer, office: Office) -> None:
    """Ten numbers at a call a second; nothing is placed after the pause is answered."""
    office["150"].behaviour = BUSY
    campaign = await dialer.start(*(f"+3751700001{n:02}" for n in range(10)), agents=["150", "151"])

    async def placed() -> int:
        return len(await dialer.service.house.campaigns.attempts(HERE, campaign))

    async def began() -> bool:
        return await placed() > 0

    await eventually(began)
    clock = dialer.service.house.clock
    asked = clock.monotonic()
    await dialer.service.house.campaigns.pause(ADMIN, HERE, campaign)
    assert clock.monotonic() - asked < 1.0
    then = await placed()
    await dialer.all_ended(campaign, then)
    assert await placed() == then
