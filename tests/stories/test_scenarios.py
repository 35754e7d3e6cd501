"""Every scenario with real phones, a real Asterisk and the whole service: the CRM is right.

Three tenants, each with an Asterisk and a CRM of its own, share the scenarios and one service.
"""

import asyncio
import io
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import av
import pytest

from kommutator.connectors.pbx.asterisk.cdr import read_cdr
from kommutator.connectors.pbx.asterisk.cel import read_cel
from kommutator.domain.connection import ConnectionKind
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Role
from kommutator.flows.forms import ConnectionForm
from kommutator.flows.reprocess import Ledger
from kommutator.twins.pbx.server import PrivateAsterisk
from tests.stories.scenarios import classic, further
from tests.stories.scenarios.stage import config, opened
from tests.support.calls import WIRING
from tests.support.payloads import InTheCrm, in_the_crm
from tests.support.pbx import AsteriskMaker
from tests.support.town import Tenant, Town, open_crm, open_town
from tests.support.waiting import eventually

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(300)]

USERS = {"19": "150", "18": "151", "16": "152"}
CONFIG: dict[str, Any] = {
    "user_extensions": USERS,
    "recordings": True,
    "recording_wait_s": 8,
    "events": {"unplaced": False},
}
SAME_AS = {"inbound_answered_at_once": "sipp_inbound_answered"}
REFUSES = {"two_at_once": "150", "queue_rings_again": "150", "blind_transfer_to_the_queue": "150"}
"""A phone that refuses: whether another one rings before it has said so is a matter of chance."""
PLAYS = {
    name: play
    for room in (classic, further)
    for name, play in vars(room).items()
    if asyncio.iscoroutinefunction(play) and play.__module__ == room.__name__ and name[0] != "_"
}
OPERATOR = Actor("tests", Role.PLATFORM_ADMIN, None)
CLOSE_S = 1.0


@dataclass
class Played:
    """One scenario that was played. `took`: seconds."""

    name: str
    client: str
    tenant: Tenant
    took: float = 0.0
    failure: BaseException | None = None
    calls: list[InTheCrm] = field(default_factory=list)
    records: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Street:
    """One tenant's Asterisk, ready to be called through the service."""

    town: Town
    tenant: Tenant
    asterisk: PrivateAsterisk

    async def click(self, extension: str, client: str) -> None:
        await self.tenant.crm.order("click", code=extension, phone=client)

    async def route(self, client: str, extension: str) -> None:
        async with self.town.seat.house.db.unit() as unit:
            await unit.connection.execute(
                "INSERT INTO phone_book (enterprise, phone, pinned) VALUES ($1, $2, $3) "
                "ON CONFLICT (enterprise, phone) DO UPDATE SET pinned = excluded.pinned",
                self.tenant.number, client, extension,
            )  # fmt: skip

    async def play(self, name: str, client: str) -> Played:
        played, began = Played(name, client, self.tenant), time.monotonic()
        try:
            async with opened(self.asterisk, client, self.click, self.route) as stage:
                await PLAYS[name](stage)
        except Exception as failure:  # noqa: BLE001  the others are played all the same
            played.failure = failure
        played.took = time.monotonic() - began
        return played


@pytest.fixture
def script() -> Iterator[Path]:
    """A folder for each tenant's upload script, where an unprivileged Asterisk finds it."""
    folder = Path(tempfile.mkdtemp(prefix="kommutator-scenarios-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def streets(
    database_url: str, script: Path, make_asterisk: AsteriskMaker, request: pytest.FixtureRequest
) -> AsyncIterator[list[Street]]:
    count = getattr(request, "param", 1)
    async with AsyncExitStack() as stack:
        town = await stack.enter_async_context(open_town(database_url, script, tenants=0))
        made = [await _street(stack, town, script, make_asterisk, n) for n in range(count)]
        await town.up()
        await eventually(lambda: _linked(town, count))
        yield made


async def _street(
    stack: AsyncExitStack, town: Town, script: Path, make_asterisk: AsteriskMaker, number: int
) -> Street:
    crm = await stack.enter_async_context(open_crm(town.http))
    tenant = await town.settle(crm, str(100 + number), **CONFIG)
    home = script / str(number)
    home.mkdir()
    text = files("kommutator.connectors.pbx.asterisk").joinpath("kommutator-recording").read_text()
    (home / "upload").write_text(text)
    (home / "upload").chmod(0o755)
    command = f"KOMMUTATOR_RECORDING_CONF={home}/conf {home}/upload ^{{MIXMONITOR_FILENAME}}"
    asterisk = await make_asterisk(config(command))
    secret = await _connect(town, tenant.number, asterisk)
    (home / "conf").write_text(f"KOMMUTATOR_URL={town.url}\nKOMMUTATOR_SECRET={secret}\n")
    await asterisk.rx(f"dialplan set global GATEWAY_URL {town.url}")
    await asterisk.rx(f"dialplan set global GATEWAY_SECRET {secret}")
    return Street(town, tenant, asterisk)


async def _connect(town: Town, number: EnterpriseNumber, asterisk: PrivateAsterisk) -> str:
    """Returns the secret that the PBX shows us."""
    house = town.seat.house
    form = ConnectionForm(
        ConnectionKind.ASTERISK,
        asterisk.host,
        secrets={"ami_user": asterisk.ami_user, "ami_secret": asterisk.ami_secret},
        config={
            "ami_port": asterisk.ports.ami,
            "trunks": ["trunk"],
            "region": "BY",
            "originate_timeout_s": 3,
            "routing": {"enabled": True, "order": ["pinned"], "busy": "ring"},
        },
    )
    await house.set_up.save(OPERATOR, number, form)
    await house.set_up.activate(OPERATOR, number, ConnectionKind.ASTERISK)
    house.directory.clear()
    account = await house.directory.account_of(number, ConnectionKind.ASTERISK)
    assert account is not None
    return account.secrets["hook_secret"]


async def _none(town: Town, query: str) -> bool:
    return await town.value(query) == 0


async def _linked(town: Town, count: int) -> bool:
    rows = await town.value("SELECT count(*) FROM journal WHERE kind = 'Reconcile'")
    return rows >= count


async def play_all(streets: list[Street], names: list[str]) -> list[Played]:
    """The streets share the scenarios; each takes the next one when it is done."""
    left = [(name, f"+37529{number:06}0") for number, name in enumerate(names)]
    done: list[Played] = []

    async def walk(street: Street) -> None:
        while left:
            done.append(await street.play(*left.pop(0)))

    await asyncio.gather(*(walk(street) for street in streets))
    await eventually(streets[0].town.quiet, 40)
    for played in done:
        state = await played.tenant.crm.state()
        played.records, played.calls = _found(state, played.client)
    return done


def _found(state: dict[str, Any], client: str) -> tuple[list[dict[str, Any]], list[InTheCrm]]:
    """The records of a scenario's two clients, and these as `InTheCrm`."""
    phones = sorted({client, f"{client[:-1]}1"})
    records = [call for phone in phones for call in state["calls"] if call["phone"] == phone]
    calls = []
    for record in records:
        cards = [p for p in state["popups"] if p["callExternalId"] == record["externalId"]]
        assert all(card["closedAt"] for card in cards), record
        assert all(not card["repeats"] for card in cards), record
        calls.append(
            InTheCrm(
                record["type"],
                record["result"],
                record.get("code"),
                {USERS[str(card["userId"])] for card in cards},
                next((card["hangupStatus"] for card in cards), None),
            )
        )
    return records, calls


def _without_chance(call: InTheCrm, name: str) -> None:
    """Two phones of a group ring within a millisecond: a missed call is either one's."""
    if call.kind == "in" and call.result != "answered":
        assert not call.shown or call.code in call.shown
        call.code = None
    if call.code != REFUSES.get(name):
        call.shown.discard(REFUSES.get(name, ""))


async def seconds_at(http: aiohttp.ClientSession, url: str) -> float:
    """The length of what a link plays, decoded as a browser would."""
    async with http.get(url) as reply:
        assert (reply.status, reply.content_type) == (200, "audio/mpeg"), url
        sound = io.BytesIO(await reply.read())
    with av.open(sound) as found:
        rate = found.streams.audio[0].rate
        return sum(frame.samples for frame in found.decode(audio=0)) / rate


@pytest.mark.parametrize("streets", [3], indirect=True)
async def test_the_crm_is_right_after_every_scenario(streets: list[Street]) -> None:
    done = await play_all(streets, list(PLAYS))
    wrong = {played.name: repr(played.failure) for played in done if played.failure}
    for played in done:
        expected = in_the_crm(SAME_AS.get(played.name, played.name))
        for call in (*played.calls, *expected):
            _without_chance(call, played.name)
        if [asdict(call) for call in played.calls] != [asdict(call) for call in expected]:
            wrong.setdefault(played.name, f"{played.calls} instead of {expected}")
    assert wrong == {}
    town, http = streets[0].town, streets[0].town.http
    unconverted = "SELECT count(*) FROM recordings WHERE state = 'stored'"
    await eventually(lambda: _none(town, unconverted), 30)
    for played in done:
        for record in played.records:
            if record["result"] != "answered":
                assert not record.get("recordUrl"), played.name
                continue
            heard = await seconds_at(http, record["recordUrl"])
            assert heard > record["duration"] - CLOSE_S, played.name
            # Two clients talk on without us, and are recorded: no conversation of an employee's.
            on_their_own = played.name == "attended_transfer_to_another_client"
            assert on_their_own or heard < record["duration"] + CLOSE_S, played.name


LEDGERED = [
    "inbound_answered",
    "inbound_queue_answered",
    "inbound_caller_gave_up",
    "outbound_answered",
    "outbound_busy",
    "transfer_blind",
    "transfer_attended",
    "picked_up_by_a_colleague",
    "parked_and_fetched",
    "conference_of_two_employees",
    "internal_answered",
]
ESSENTIALS = (
    "direction", "client", "result", "reason", "answered_by", "transfers", "dialler",
)  # fmt: skip


async def test_lost_events_are_made_up_for_by_the_pbxs_own_ledgers(streets: list[Street]) -> None:
    (street,) = streets
    town, number, log = street.town, street.tenant.number, street.asterisk.run / "log"
    done = await play_all(streets, LEDGERED)
    assert [played.failure for played in done if played.failure] == []
    before = await _calls(town)
    uploaded = len((await street.tenant.crm.state())["calls"])
    for table in ("journal", "calls", "call_aliases", "outbox"):
        await town.fetch(f"DELETE FROM {table}")

    cel = read_cel(
        (log / "cel-custom/Master.csv").read_text().splitlines(), WIRING, ZoneInfo("UTC")
    )
    report = await _reprocess(town, number, before, Ledger("cel", cel))
    assert report.counts == {"new": len(before)}
    after = await _calls(town)
    for call_id, call in before.items():
        assert {n: after[call_id][n] for n in ESSENTIALS} == {n: call[n] for n in ESSENTIALS}
        for name in ("talk_s", "wait_s"):
            assert abs(after[call_id][name] - call[name]) <= 1, (call, name)
        assert set(after[call_id]["rang"]) == set(call["rang"])
    # The CRM has these calls already: the records are owed again, and it keeps one of each.
    await eventually(town.quiet, 30)
    assert len((await street.tenant.crm.state())["calls"]) == uploaded

    text = (log / "cdr-csv/Master.csv").read_text().splitlines()
    cdr = read_cdr(text, WIRING, ZoneInfo("UTC"))
    for table in ("journal", "calls", "call_aliases", "outbox"):
        await town.fetch(f"DELETE FROM {table}")
    await _reprocess(town, number, before, Ledger("cdr", cdr))
    coarse = await _calls(town)
    clients = {call["client"] for call in before.values() if call["client"]}
    assert {call["client"] for call in coarse.values() if call["client"]} == clients
    assert {call["source"] for call in coarse.values()} == {"cdr"}


async def _reprocess(
    town: Town, number: EnterpriseNumber, calls: dict[str, dict[str, Any]], ledger: Ledger
) -> Any:
    began: datetime = min(call["started_at"] for call in calls.values())
    again = town.seat.house.reprocess
    assert again is not None
    span = (began - timedelta(minutes=1), began + timedelta(minutes=30))
    return await again.span(number, *span, actor="tests", apply=True, ledger=ledger)


async def _calls(town: Town) -> dict[str, dict[str, Any]]:
    rows = await town.fetch("SELECT * FROM calls WHERE phase <> 'merged'")
    return {row["id"]: dict(row) for row in rows}
