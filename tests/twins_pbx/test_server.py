"""The life of a private Asterisk, seen from outside."""

import asyncio
import os
import signal
import socket
import ssl
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from kommutator.twins.pbx import server
from kommutator.twins.pbx.behaviour import answers
from kommutator.twins.pbx.config import PbxConfig, Ports, pick_ports
from kommutator.twins.pbx.errors import PbxFailed
from kommutator.twins.pbx.phone import Phone
from kommutator.twins.pbx.provider import Provider
from kommutator.twins.pbx.server import PrivateAsterisk
from tests.support.pbx import AsteriskMaker, Office
from tests.support.waiting import eventually
from tests.twins_pbx.ami_probe import AmiProbe

pytestmark = pytest.mark.pbx

CLIENT = "+375000000070"


async def login(pbx: PrivateAsterisk, secret: str | None = None) -> AmiProbe:
    probe = await AmiProbe.connect(pbx.host, pbx.ports.ami)
    answer = await probe.act("Login", Username=pbx.ami_user, Secret=secret or pbx.ami_secret)
    assert answer["Response"] == ("Error" if secret else "Success")
    return probe


def alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def rights_of(pid: int) -> dict[str, str]:
    status = Path(f"/proc/{pid}/status").read_text()
    return dict(line.split(":\t", 1) for line in status.splitlines())


@pytest.fixture
def closed_folder(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    return tmp_path


def bindable(host: str, port: int, kind: socket.SocketKind) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def all_free(ports: Ports) -> bool:
    streams = all(
        bindable("127.0.0.1", port, socket.SOCK_STREAM)
        for port in (ports.ami, ports.ami_tls, ports.http)
    )
    return streams and bindable("127.0.0.1", ports.sip, socket.SOCK_DGRAM)


async def test_events_carry_what_the_gateway_needs(office: Office) -> None:
    probe = await login(office.asterisk)
    call = await office.provider.call_in(CLIENT, office.asterisk.dids.personal)
    await office["150"].wait_ringing()
    begin = await probe.event("DialBegin")
    await call.hang_up()
    hangup = await probe.event("Hangup")
    probe.close()

    assert begin["Exten"] == "375000000002"
    assert begin["ChanVariable.GW_DIR"] == "in"
    assert begin["ChanVariable.GW_CLIENT"] == CLIENT
    assert begin["ChanVariable.GW_LINE"] == "375000000002"
    assert begin["ChanVariable.GW_CALL_ID"] == begin["Linkedid"]
    assert hangup["ChanVariable.GW_LINE"] == "375000000002"


async def test_click_to_call_keeps_our_id(office: Office) -> None:
    probe = await login(office.asterisk)
    originate = {"Channel": "PJSIP/150", "Context": "click2call", "Exten": CLIENT, "Priority": "1"}
    answer = await probe.act(
        "Originate", **originate, Async="true", ChannelId="gw-1", Variable="__GW_CALL_ID=gw-1"
    )
    at_150 = await office["150"].wait_ringing()
    await at_150.answer()
    at_client = await office.provider.next_call()
    begin = await probe.until(lambda e: e.get("Event") == "DialBegin" and "Channel" in e)
    probe.close()

    assert answer["Response"] == "Success"
    assert at_client.called == CLIENT
    assert begin["ChanVariable.GW_CALL_ID"] == begin["Linkedid"] == "gw-1"
    assert begin["ChanVariable.GW_DIR"] == "out"
    assert begin["ChanVariable.GW_LINE"] == "375000000001"


async def test_a_hostile_caller_name_cannot_reach_the_dialplan(office: Office) -> None:
    probe = await login(office.asterisk)
    call = await office.provider.call_in("+375,150&PJSIP", office.asterisk.dids.personal)
    await office["150"].wait_ringing()
    begin = await probe.event("DialBegin")
    await call.hang_up()
    probe.close()

    assert begin["ChanVariable.GW_CLIENT"] == "+375150"


async def test_a_bad_ami_secret_is_refused(asterisk: PrivateAsterisk) -> None:
    probe = await login(asterisk, secret="wrong")

    with pytest.raises(asyncio.IncompleteReadError):
        await probe.act("Ping")
    probe.close()


async def test_secrets_differ_from_start_to_start_and_stay_out_of_repr(
    make_asterisk: AsteriskMaker,
) -> None:
    one, two = await asyncio.gather(make_asterisk(), make_asterisk(PbxConfig(ami_secret="known")))

    assert one.ami_secret != two.ami_secret == "known"
    assert one.phone_secret != two.phone_secret
    assert one.ports.sip != two.ports.sip
    assert "known" not in repr(two.config) + repr(two._secrets)


async def test_tls_is_trusted_by_its_own_authority(make_asterisk: AsteriskMaker) -> None:
    pbx = await make_asterisk(PbxConfig(tls=True))
    trust = ssl.create_default_context(cafile=pbx.authority)
    probe = await AmiProbe.connect(pbx.host, pbx.ports.ami_tls, trust)
    answer = await probe.act("Login", Username=pbx.ami_user, Secret=pbx.ami_secret)
    probe.close()

    assert answer["Response"] == "Success"
    with pytest.raises(ssl.SSLCertVerificationError):
        await AmiProbe.connect(pbx.host, pbx.ports.ami_tls, ssl.create_default_context())


async def test_extensions_and_lines_are_configurable(make_asterisk: AsteriskMaker) -> None:
    line = "exten => 375000000009,1,Dial(PJSIP/201)"
    config = PbxConfig(extensions=("201",), ring_group=("201",), extra_lines=line)
    pbx = await make_asterisk(config)
    async with Phone(pbx.sip_address, "201", pbx.phone_secret) as phone:
        assert "201/sip:" in await pbx.rx("pjsip show contacts")
        assert phone.extension in pbx.extensions

    assert "Dial(PJSIP/201)" in await pbx.rx("dialplan show 375000000009@lines")


@pytest.mark.parametrize("direction", ["in", "out"])
async def test_a_recording_is_whole_when_its_command_runs(
    make_asterisk: AsteriskMaker, direction: str
) -> None:
    config = PbxConfig(record=True, recorded_command="cp ^{MIXMONITOR_FILENAME} ^{GW_RECFILE}.wav")
    pbx = await make_asterisk(config)
    provider = Provider(pbx.sip_address, pbx.ports.trunk)
    phone = Phone(pbx.sip_address, "150", pbx.phone_secret, answers())
    async with provider, phone:
        dial = provider.call_in(CLIENT, pbx.dids.personal) if direction == "in" else None
        call = await (dial or phone.call(CLIENT))
        await call.wait_answered()
        await call.wait_sound(packets=25)
        channels = (await pbx.rx("core show channels concise")).splitlines()
        await call.hang_up()
    call_id = min((line.rpartition("!")[2] for line in channels), key=float)  # the first channel
    copy = pbx.run / f"gw-{call_id}.wav"

    await eventually(lambda: copy.exists() and copy.stat().st_size > 1024)  # 44: silence
    assert copy.read_bytes()[:4] == b"RIFF"


async def test_restart_keeps_ports_secrets_and_registrations(make_asterisk: AsteriskMaker) -> None:
    pbx = await make_asterisk()
    ports, first_pid = pbx.ports, pbx.pid
    async with Phone(pbx.sip_address, "150", pbx.phone_secret):
        old = await login(pbx)
        await pbx.restart()
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await old.until(lambda _: False)
        old.close()
        (await login(pbx)).close()

        assert pbx.ports == ports
        assert pbx.pid != first_pid
        assert "150/sip:" in await pbx.rx("pjsip show contacts")


async def test_a_frozen_asterisk_says_nothing_and_goes_on_when_thawed(
    make_asterisk: AsteriskMaker,
) -> None:
    pbx = await make_asterisk()
    probe = await login(pbx)
    for _ in range(2):
        pbx.freeze()
        pbx.freeze()
        probe.send("Ping")
        with pytest.raises(TimeoutError):
            await probe.until(lambda packet: "Ping" in packet, limit_s=0.2)
        pbx.thaw()
        pong = await probe.until(lambda packet: "Ping" in packet)
        assert pong["Ping"] == "Pong"
    probe.close()


async def test_stop_leaves_no_process_and_no_port(make_asterisk: AsteriskMaker) -> None:
    pbx = await make_asterisk(PbxConfig(tls=True))
    pid = pbx.pid
    assert alive(pid)
    assert not all_free(pbx.ports)
    await pbx.stop()

    assert not alive(pid)
    assert all_free(pbx.ports)
    assert pbx.pid is None
    with pytest.raises(PbxFailed):
        await pbx.rx("core show version")
    with pytest.raises(PbxFailed, match="not running"):
        pbx.freeze()
    await pbx.stop()


async def test_a_frozen_asterisk_can_be_killed(make_asterisk: AsteriskMaker) -> None:
    pbx = await make_asterisk()
    pid = pbx.pid
    pbx.freeze()
    await pbx.kill()

    assert not alive(pid)


async def test_a_taken_port_is_reported(make_asterisk: AsteriskMaker) -> None:
    pbx = await make_asterisk()
    rival = PrivateAsterisk(pbx.installation, pbx.run / "rival", ports=Ports(sip=pbx.ports.sip))

    with pytest.raises(PbxFailed, match="is taken"):
        await rival.start()
    assert rival.pid is None


async def test_a_port_lost_to_somebody_else_is_picked_anew(
    make_asterisk: AsteriskMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await make_asterisk()
    picks = iter([replace(pick_ports(Ports()), ami=first.ports.ami), pick_ports(Ports())])
    monkeypatch.setattr(server, "pick_ports", lambda _: next(picks))
    second = await make_asterisk()

    assert second.ports.ami != first.ports.ami
    (await login(second)).close()


async def test_a_broken_configuration_is_reported_with_the_last_words(
    make_asterisk: AsteriskMaker,
) -> None:
    pbx = await make_asterisk()
    await pbx.stop()
    (pbx.run / "etc/modules.conf").write_text("[modules]\nautoload=no\nrequire=no_such_module.so\n")

    with pytest.raises(PbxFailed, match="no_such_module"):
        await pbx.restart()
    assert pbx.pid is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give rights away")
async def test_root_runs_it_without_rights(asterisk: PrivateAsterisk) -> None:
    facts = rights_of(asterisk.pid)

    assert facts["Uid"].split()[0] != "0"
    assert facts["Groups"].strip() == ""
    assert facts["CapEff"] == facts["CapBnd"] == "0000000000000000"
    assert facts["NoNewPrivs"] == "1"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give rights away")
async def test_root_with_a_closed_home_runs_it_without_capabilities(
    make_asterisk: AsteriskMaker, closed_folder: Path
) -> None:
    installation = (await make_asterisk()).installation
    async with PrivateAsterisk(installation, closed_folder / ("deep" * 30) / "run") as pbx:
        facts = rights_of(pbx.pid)

    assert facts["CapEff"] == facts["CapBnd"] == "0000000000000000"


ORPHAN = """
import asyncio, sys
from pathlib import Path
from kommutator.twins.pbx.install import install
from kommutator.twins.pbx.provider import Provider
from kommutator.twins.pbx.server import PrivateAsterisk

async def main():
    pbx = PrivateAsterisk(install(Path(sys.argv[1])), Path(sys.argv[2]))
    await pbx.start()
    print(pbx.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_it_dies_with_its_parent(asterisk: PrivateAsterisk) -> None:
    cache, run = asterisk.installation.tree.parent, asterisk.run / "orphan"
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", ORPHAN, str(cache), str(run), stdout=asyncio.subprocess.PIPE
    )
    pid = int(await asyncio.wait_for(parent.stdout.readline(), 20))
    assert alive(pid)
    parent.send_signal(signal.SIGKILL)
    await parent.communicate()

    await eventually(lambda: not alive(pid))
