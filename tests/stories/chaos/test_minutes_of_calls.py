"""Ten calls a second for minutes, through a real Asterisk, us and a CRM, while everything falls.

The CRM is down for three tenths of the time; each of our processes is killed, the PBX restarts.
Whoever was on the telephone is the witness: what the client saw is what the CRM must hold.
"""

import asyncio
import logging
import os
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from kommutator.twins.pbx.behaviour import answers
from kommutator.twins.pbx.config import PbxConfig
from kommutator.twins.pbx.errors import SipError
from kommutator.twins.pbx.phone import Phone
from kommutator.twins.pbx.provider import Provider
from kommutator.twins.pbx.server import PrivateAsterisk
from tests.support.pbx import AsteriskMaker
from tests.support.town import Town, open_town
from tests.support.waiting import eventually, takes

_log = logging.getLogger(__name__)
MINUTES = float(os.environ.get("KOMMUTATOR_TEST_SOAK_MINUTES", "10"))
RATE = 10.0
TALK_S, PATIENCE_S = 1.5, 1.0
EXTENSIONS = tuple(str(150 + number) for number in range(10))
NOBODY_S = 5  # every fifth call: nobody picks up, the client gives up
AROUND_S = 4.0  # a call this near to a fall may have been cut by it
BACK_S = 25.0  # a link that was lost is back by then
ASKED_S = 3.0  # and has asked who is alive

_CALLS = """
SELECT client, count(*) AS calls, array_agg(coalesce(result, phase)) AS results,
       array_agg(coalesce(reason, '')) AS reasons FROM calls
 WHERE phase <> 'merged' GROUP BY client"""

_LINKS = "SELECT count(*) FROM attempts WHERE event_type = 'link_up'"


@dataclass
class Witness:
    """What one client saw. Times are monotonic seconds."""

    number: str
    began: float
    wanted: bool  # an employee was to pick up
    answered: bool = False
    ended: float = 0.0
    refused: bool = False  # the PBX was not there


@dataclass
class Falls:
    """When what fell, and until when it was felt."""

    spans: list[tuple[float, float]] = field(default_factory=list)

    def add(self, began: float) -> None:
        """The link is back just now."""
        self.spans.append((began - AROUND_S, time.monotonic() + ASKED_S))

    def near(self, call: Witness) -> bool:
        return any(call.began < until and call.ended > since for since, until in self.spans)


def dialplan() -> PbxConfig:
    """Two company numbers for each phone: one is answered, at the other nobody is."""
    dial = "Dial(PJSIP/{0},30,tT)\n same => n,Hangup()"
    lines = [f"exten => 3750001{e},1,{dial.format(e)}" for e in EXTENSIONS]
    return PbxConfig(extensions=(*EXTENSIONS, "199"), extra_lines="\n".join([
        *lines, f"exten => 3750002199,1,{dial.format('199')}",
    ]))  # fmt: skip


@pytest.fixture
async def office(make_asterisk: AsteriskMaker) -> AsyncIterator[tuple[PrivateAsterisk, Provider]]:
    async with AsyncExitStack() as stack:
        pbx = await make_asterisk(dialplan())
        for extension in (*EXTENSIONS, "199"):
            behaviour = answers(0.2) if extension != "199" else answers(3600)
            phone = Phone(pbx.sip_address, extension, pbx.phone_secret, behaviour)
            await stack.enter_async_context(phone)
        provider = Provider(pbx.sip_address, pbx.ports.trunk)
        yield pbx, await stack.enter_async_context(provider)


async def call(provider: Provider, number: int) -> Witness:
    wanted = number % NOBODY_S != 0
    did = f"3750001{EXTENSIONS[number % len(EXTENSIONS)]}" if wanted else "3750002199"
    seen = Witness(f"+37529{number:07d}", time.monotonic(), wanted)
    patience = None if wanted else PATIENCE_S
    try:
        made = await provider.call_in(seen.number, did, patience_s=patience, talk_s=TALK_S)
        await made.wait_ended(25)
        seen.answered = made.answered_at is not None
        seen.refused = made.final_code is not None and made.final_code >= 500
    except SipError:
        seen.refused = True
    seen.ended = time.monotonic()
    return seen


async def drive(provider: Provider, seconds: float) -> list[Witness]:
    """At this pace, whatever becomes of the earlier calls."""
    began, calls = time.monotonic(), []
    for number in range(round(seconds * RATE)):
        await takes(max(0.0, began + number / RATE - time.monotonic()))
        calls.append(asyncio.create_task(call(provider, number)))
    return list(await asyncio.gather(*calls))


async def fall(town: Town, pbx: PrivateAsterisk, falls: Falls, seconds: float) -> None:
    """One thing after the other, and the CRM away in the middle of it."""
    (tenant,) = town.tenants
    tenth = seconds / 10
    await takes(tenth)
    await _kill(town, "worker")
    await takes(tenth)
    await tenant.crm.order("faults", kind="html_502")
    await _kill(town, "api")
    await takes(tenth)
    await _felt(town, falls, _kill(town, "pbx"))
    await takes(tenth)
    await _kill(town, "worker")
    await takes(tenth)
    await tenant.crm.heal()
    await takes(tenth)
    await _felt(town, falls, pbx.restart())
    await takes(tenth)
    await _felt(town, falls, _kill(town, "pbx"))


async def _kill(town: Town, name: str) -> None:
    town.processes[name].kill()
    await town.processes[name].ready()


async def _felt(town: Town, falls: Falls, blow: Awaitable[None]) -> None:
    """What nobody can hear is what happens until the link is back."""
    began, before = time.monotonic(), await town.value(_LINKS)

    async def back() -> bool:
        return await town.value(_LINKS) > before

    await blow
    await eventually(back, BACK_S)
    falls.add(began)


async def settled(town: Town) -> bool:
    living = "SELECT count(*) FROM calls WHERE phase IN ('ringing', 'talking')"
    return await town.value(living) == 0 and await town.calm()


@pytest.mark.slow
@pytest.mark.pbx
@pytest.mark.timeout(MINUTES * 60 + 600)
async def test_each_call_has_exactly_one_right_record_whatever_falls(
    database_url: str, logs: Path, office: tuple[PrivateAsterisk, Provider]
) -> None:
    pbx, provider = office
    async with open_town(database_url, logs) as town:
        (tenant,) = town.tenants
        await town.connect_pbx(tenant, pbx.ports.ami, pbx.ami_user, pbx.ami_secret)
        for role in ("api", "worker", "pbx"):
            await town.run(role, role)
        await eventually(lambda: town.value(_LINKS))
        falls = Falls()
        witnesses, _ = await asyncio.gather(
            drive(provider, MINUTES * 60), fall(town, pbx, falls, MINUTES * 60)
        )
        await eventually(lambda: settled(town), 400)
        await _assert_all_is_told(town, witnesses, falls)


async def _assert_all_is_told(town: Town, witnesses: list[Witness], falls: Falls) -> None:
    (tenant,) = town.tenants
    ours = {row["client"]: row for row in await town.fetch(_CALLS)}
    held: defaultdict[str, list[dict[str, object]]] = defaultdict(list)
    for record in (await tenant.crm.state())["calls"]:
        held[str(record["phone"])].append(record)
    story: Counter[str] = Counter()
    for seen in witnesses:
        row, records = ours.get(seen.number), held[seen.number]
        near = falls.near(seen)
        if row is None:  # no event of it reached us
            assert near, f"{seen} is lost: {falls}\n{town.processes['pbx'].text()[-6000:]}"
            assert not records, f"{seen} has a record of nothing"
            story["unheard"] += 1
            continue
        assert row["calls"] == 1, f"{seen}: {dict(row)}"
        assert len(records) == 1, f"{seen}: {records}"
        told = records[0]["result"] == "answered"
        if told == seen.answered:
            seconds = int(str(records[0].get("duration", 0)))
            assert near or seconds in (range(1, 5) if told else (0,)), f"{seen}: {records}"
            story["right, near a fall" if near else "right"] += 1
            continue
        # What was cut says so: it never claims a conversation that nobody had.
        assert near, f"{seen} told wrong: {records} {dict(row)}"
        assert row["reasons"] != [""], f"{seen} is cut without a word: {records} {dict(row)}"
        story["cut, and marked as such"] += 1
    assert set(held) - {""} <= {seen.number for seen in witnesses}
    _log.info("%s of %s calls", dict(story), len(witnesses))
    assert story["right"] > 0
