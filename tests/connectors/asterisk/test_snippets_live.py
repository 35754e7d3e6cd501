"""The files as they are handed out, in a real Asterisk, with real calls going through them."""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from kommutator.connectors.pbx.asterisk.address import AmiAddress
from kommutator.connectors.pbx.asterisk.ami import AmiLink
from kommutator.connectors.pbx.asterisk.originate import originate
from kommutator.connectors.pbx.asterisk.snippets.render import render_files
from kommutator.domain.commands import OriginateCall
from kommutator.domain.pbx_files import Flavour, PbxValues
from kommutator.twins.pbx.behaviour import RINGS_ON, answers
from kommutator.twins.pbx.config import PbxConfig
from kommutator.twins.pbx.phone import Phone
from kommutator.twins.pbx.provider import Provider
from kommutator.twins.pbx.server import PrivateAsterisk
from tests.connectors.asterisk.conftest import MakeLink
from tests.support.pbx import AsteriskMaker, Office
from tests.support.waiting import eventually

pytestmark = pytest.mark.pbx

CLIENT = "+375000000070"
LINE = "375000000001"
SECRET = f"{'0' * 31}1.hook-secret-of-tests-not-real"
AMI_SECRET = "ami-secret-of-tests-not-real"

# What an administrator has: a group for inbound calls, phones, and two lines of ours.
OWN_DIALPLAN = """
[general]
static = yes
[from-trunk]
include => kommutator-inbound
[office-group]
exten => _[+0-9].,1,Dial(PJSIP/150&PJSIP/151,30,tT)
 same => n,Hangup(${HANGUPCAUSE})
[inoffice]
exten => _1XX,1,Dial(PJSIP/${EXTEN},30,tT)
exten => _+X.,1,Gosub(gw-outbound,s,1(${FILTER(+0-9,${EXTEN})}))
 same => n,Dial(PJSIP/${EXTEN}@trunk,60,tTb(gw-record-leg^s^1))
#include kommutator.conf
"""


@dataclass
class Gateway:
    """Plays our HTTP door: says who should take a call, and takes recordings."""

    url: str = ""
    answer: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)
    taken: dict[str, bytes] = field(default_factory=dict)

    async def route(self, request: web.Request) -> web.Response:
        self._check(request)
        self.asked.append(dict(request.query))
        return web.Response(text=self.answer)

    async def take(self, request: web.Request) -> web.Response:
        self._check(request)
        self.taken[request.match_info["name"]] = await request.read()
        return web.Response()

    def _check(self, request: web.Request) -> None:
        if request.headers.get("X-Kommutator-Secret") != SECRET:
            raise web.HTTPUnauthorized


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    played = Gateway()
    app = web.Application()
    app.router.add_get("/asterisk/route", played.route)
    app.router.add_put("/asterisk/recordings/{name}", played.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    played.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield played
    await runner.cleanup()


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where an unprivileged Asterisk may read the script and write recordings."""
    made = Path(tempfile.mkdtemp(prefix="kommutator-files-"))
    made.chmod(0o777)
    yield made
    shutil.rmtree(made)


def values(gateway: Gateway, folder: Path) -> PbxValues:
    return PbxValues(
        enterprise="0367",
        public_url=gateway.url,
        trunk="trunk",
        group="office-group",
        hook_secret=SECRET,
        ami_user="kommutator-0367",
        ami_secret=AMI_SECRET,
        permit="127.0.0.1",
        line=f"+{LINE}",
        script=str(folder / "kommutator-recording"),
        folder=str(folder),
        ring_s="2",
    )


@pytest.fixture
async def town(
    make_asterisk: AsteriskMaker, gateway: Gateway, folder: Path
) -> AsyncIterator[Office]:
    """An Asterisk with our files, its phones and the outside world."""
    files = {file.slug: file for file in render_files(values(gateway, folder), Flavour.ASTERISK)}
    settings = folder / "recording.conf"
    settings.write_text(files["recording_settings"].text)
    # The one thing an installation has and a test has not: a place below /etc.
    script = files["recording"].text.replace(
        "/etc/asterisk/kommutator-recording.conf", str(settings)
    )
    (folder / "kommutator-recording").write_text(script)
    (folder / "kommutator-recording").chmod(0o755)
    asterisk = await make_asterisk(
        PbxConfig(
            config_files={
                "extensions.conf": OWN_DIALPLAN,
                "kommutator.conf": files["dialplan"].text,
                "manager.d/kommutator.conf": files["manager"].text,
            }
        )
    )
    phones = {
        extension: Phone(asterisk.sip_address, extension, asterisk.phone_secret, RINGS_ON)
        for extension in asterisk.extensions
    }
    provider = Provider(asterisk.sip_address, asterisk.ports.trunk, answers())
    await asyncio.gather(provider.start(), *(phone.start() for phone in phones.values()))
    yield Office(asterisk, phones, provider)
    await asyncio.gather(provider.stop(), *(phone.stop() for phone in phones.values()))


@pytest.fixture
async def link(town: Office, make_link: MakeLink) -> AmiLink:
    """As the user of our file, from the address it permits."""
    asterisk = town.asterisk
    address = AmiAddress(asterisk.host, asterisk.ports.ami, "kommutator-0367", AMI_SECRET)
    made = make_link(address)
    await made.wait_up()
    return made


async def test_they_load_without_a_warning(town: Office, asterisk: PrivateAsterisk) -> None:
    """A bare Asterisk complains about its own modules; about our files it does not."""
    complaints = _complaints(town.asterisk)
    about = re.compile("pbx_config|pbx[.]c|config[.]c|manager[.]c|func_curl|app_mixmonitor|gosub")
    assert [line for line in complaints if about.search(line)] == []
    assert len(complaints) <= len(_complaints(asterisk))
    for context in ("kommutator-route", "kommutator-take", "click2call", "gw-record-leg"):
        shown = await town.asterisk.rx(f"dialplan show {context}")
        assert f"[ Context '{context}' created by 'pbx_config' ]" in shown


def _complaints(asterisk: PrivateAsterisk) -> list[str]:
    log = (asterisk.run / "log/full").read_text()
    return [line for line in log.splitlines() if "WARNING" in line or "ERROR" in line]


async def test_an_inbound_call_rings_whom_the_gateway_names(town: Office, gateway: Gateway) -> None:
    gateway.answer = "152"
    call = await town.provider.call_in(CLIENT, LINE)
    rung = await town["152"].next_call()
    assert town["150"].incoming == town["151"].incoming == []
    (asked,) = gateway.asked
    assert (asked["caller"], asked["did"]) == (CLIENT, LINE)
    assert asked["id"]
    await rung.answer()
    await call.wait_answered(5)
    await call.hang_up()


@pytest.mark.parametrize(
    "answer", ["", "999", "error 152", "<html>152</html>0", "152&PJSIP/+79990000000@trunk"]
)
async def test_whatever_else_it_says_the_group_rings(
    town: Office, gateway: Gateway, answer: str
) -> None:
    gateway.answer = answer
    await town.provider.call_in(CLIENT, LINE)
    await asyncio.gather(town["150"].next_call(), town["151"].next_call())
    assert town["152"].incoming == []


async def test_an_owner_who_does_not_answer_gives_the_call_to_the_group(
    town: Office, gateway: Gateway
) -> None:
    gateway.answer = "152"
    await town.provider.call_in(CLIENT, LINE)
    await town["152"].next_call()
    await asyncio.gather(town["150"].next_call(), town["151"].next_call())


async def test_a_wrong_secret_rings_the_group(town: Office, gateway: Gateway) -> None:
    gateway.answer = "152"
    await town.asterisk.rx("dialplan show kommutator-ask")
    plan = town.asterisk.run / "etc/kommutator.conf"
    plan.write_text(plan.read_text().replace(SECRET, "another"))
    await town.asterisk.rx("dialplan reload")
    await town.provider.call_in(CLIENT, LINE)
    await town["150"].next_call()
    assert gateway.asked == []


async def test_a_click_calls_the_client_and_shows_the_company(town: Office, link: AmiLink) -> None:
    town["150"].behaviour = answers()
    command = OriginateCall(
        call_id="kmt-1", extension="150", client=CLIENT, line=f"+{LINE}", requested_by="anna"
    )
    await link.action(originate(command, {}))
    await town["150"].next_call()
    call = await town.provider.next_call()
    assert (call.called, call.peer) == (CLIENT, f"+{LINE}")
    variables = await _variables(link)
    assert {
        "GW_CALL_ID=kmt-1",
        "GW_DIR=out",
        f"GW_CLIENT={CLIENT}",
        f"GW_LINE=+{LINE}",
        "GW_RECFILE=gw-kmt-1",
    } <= variables


async def test_a_ringing_call_is_taken_over(town: Office, gateway: Gateway, link: AmiLink) -> None:
    taken_by = await town.provider.call_in(CLIENT, LINE)
    ringing = await town["150"].next_call()
    (client,) = [
        channel["Channel"]
        for channel in await link.list_action([("Action", "CoreShowChannels")])
        if channel["Channel"].startswith("PJSIP/trunk")
    ]
    await link.action(
        [
            ("Action", "Redirect"),
            ("Channel", client),
            ("Context", "kommutator-take"),
            ("Exten", "152"),
            ("Priority", "1"),
        ]
    )
    taken = await town["152"].next_call()
    assert await ringing.wait_final() == 487
    await taken.answer()
    await taken_by.wait_answered(5)


@pytest.mark.parametrize("extension", ["7", "1234567", "+375000000071"])
async def test_nothing_but_extensions_can_take_a_call(
    town: Office, link: AmiLink, extension: str
) -> None:
    shown = await town.asterisk.rx(f"dialplan show {extension}@kommutator-take")
    assert "There is no existence" in shown


async def test_a_recording_comes_by_the_script_in_both_directions(
    town: Office, gateway: Gateway, link: AmiLink
) -> None:
    gateway.answer = "152"
    town["152"].behaviour = answers()
    call = await town.provider.call_in(CLIENT, LINE, talk_s=1.0)
    await call.wait_answered(5)
    await eventually(lambda: len(gateway.taken) == 1)
    name, sound = gateway.taken.popitem()
    assert name == f"gw-{gateway.asked[0]['id']}"
    assert sound.startswith(b"RIFF")
    assert len(sound) > 8000

    town["150"].behaviour = answers()
    town.provider.default = answers(talk_s=1.0)
    command = OriginateCall(call_id="kmt-2", extension="150", client=CLIENT, requested_by="anna")
    await link.action(originate(command, {}))
    await eventually(lambda: "gw-kmt-2" in gateway.taken)


async def test_events_carry_time_and_variables(town: Office, make_link: MakeLink) -> None:
    events: list[dict[str, Any]] = []
    asterisk = town.asterisk
    address = AmiAddress(asterisk.host, asterisk.ports.ami, "kommutator-0367", AMI_SECRET)
    link = make_link(address, wanted=lambda event: bool(events.append(event)) or False)
    await link.wait_up()
    await town.provider.call_in(CLIENT, LINE)
    await town["150"].next_call()
    await eventually(lambda: [e for e in events if e["Event"] == "DialBegin"])
    (begun, *_) = [e for e in events if e["Event"] == "DialBegin"]
    assert float(begun["Timestamp"]) > 1_700_000_000
    assert f"GW_CLIENT={CLIENT}" in begun["ChanVariable"]
    assert "GW_DIR=in" in begun["ChanVariable"]


async def test_the_user_may_pause_queues_and_no_more(link: AmiLink) -> None:
    allowed = await link.action([("Action", "ListCommands")])
    assert {"Originate", "Redirect", "Hangup", "QueuePause", "Setvar", "ShowDialPlan"} <= set(
        allowed
    )
    assert not {"Command", "UpdateConfig"} & set(allowed)


async def _variables(link: AmiLink) -> set[str]:
    found: set[str] = set()
    for name in ("GW_CALL_ID", "GW_DIR", "GW_CLIENT", "GW_LINE", "GW_RECFILE"):
        answer = await link.action([("Action", "Getvar"), ("Channel", "kmt-1"), ("Variable", name)])
        found.add(f"{name}={answer['Value']}")
    return found
