"""The SSH link against a real SSH server with a real shell: who is let in, what leaves, what is
known after a break."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from kommutator.connectors.pbx.asterisk.errors import (
    ActionRefused,
    ActionTimeout,
    HostKeyUnknown,
    LinkDown,
    LoginRefused,
)
from kommutator.connectors.pbx.asterisk.probe import AsteriskDesk
from kommutator.connectors.pbx.asterisk.ssh import SshLink
from kommutator.connectors.pbx.asterisk.ssh_address import SshAddress, command_words
from kommutator.connectors.pbx.asterisk.ssh_delivery import SshDelivery
from kommutator.connectors.pbx.asterisk.ssh_session import connect
from kommutator.domain.commands import (
    CancelCall,
    Command,
    OriginateCall,
    RingPhone,
    SetPresence,
    TakeCall,
)
from kommutator.domain.outcome import Done, Failed, Outcome
from kommutator.domain.ports import Due
from kommutator.kit.clock import SystemClock
from kommutator.kit.errors import ErrorKind, InvalidInput, Stage, VendorError
from kommutator.kit.ids import SystemIds
from kommutator.kit.ssh_keys import checked_host_key, checked_private_key, fingerprint
from tests.connectors.asterisk.test_delivery import ACCOUNT, CLICK
from tests.support.ssh import ShellServer, public_line
from tests.support.waiting import eventually

# A name in front, so that a shell that runs something else than `asterisk` would be seen.
SAYS_ALL = r"""printf '%s\n' "$#" "$@" >> "$PWD/heard"; [ -f answer ] && cat answer; exit 0"""
CHANNELS = (
    "PJSIP/150-00000001!inoffice!s!1!Ringing!AppDial2!(Outgoing Line)!150!!!3!0!!1.1\n"
    "PJSIP/150-00000002!click2call!+375000000070!2!Up!Dial!PJSIP/x!150!!!3!9!!1.2\n"
    "PJSIP/150-00000003!inoffice!s!1!Ringing!AppDial!(Outgoing Line)!150!!!3!0!!1.3\n"
    "PJSIP/1501-00000004!inoffice!s!1!Ringing!AppDial2!(Outgoing Line)!150!!!3!0!!1.4\n"
    "PJSIP/trunk-00000005!group!+375000000001!1!Ring!Dial!x!!!!3!0!!1.5\n"
    "PJSIP/trunk-00000006!group!+375000000001!1!Up!Dial!x!!!!3!0!b-1!1.6\n"
)
HOSTILE = (
    "150; touch owned", "150$(touch owned)", "150`touch owned`", "150|touch owned",
    "150\ntouch owned", "150'; touch owned; '", '150"', "150 151", "150&", "-rx", "",
    "\uff11\uff15\uff10", "150\x00", "150\r\nAction: x",
)  # fmt: skip


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[ShellServer]:
    shell = ShellServer(tmp_path)
    shell.asterisk(SAYS_ALL)
    await shell.start()
    yield shell
    await shell.stop()


@pytest.fixture
async def make_link(server: ShellServer) -> AsyncIterator[Callable[..., SshLink]]:
    links: list[SshLink] = []

    def make(**options: Any) -> SshLink:
        address = SshAddress.of(server.account(ACCOUNT))
        link = SshLink(address, clock=SystemClock(), ids=SystemIds(), **options)
        links.append(link)
        link.start()
        return link

    yield make
    for link in links:
        await link.stop()


async def deliver(
    link: SshLink, command: Command, *, unsure: bool = False, **config: Any
) -> Outcome:
    delivery = SshDelivery(lambda _: link if link.up else None, clock=SystemClock())
    account = replace(ACCOUNT, config={"link": "ssh", **config})
    at = datetime(2026, 11, 20, tzinfo=UTC)
    due = Due(id=1, key="k", command=command, attempt=1, unsure=unsure, created_at=at)
    (outcome,) = await delivery.deliver(account, [due])
    return outcome


def heard(server: ShellServer) -> list[str]:
    """What `asterisk` was called with, after its `-rx`."""
    lines = (server.folder / "heard").read_text().splitlines()
    assert lines[::3] == ["2"] * (len(lines) // 3)
    assert lines[1::3] == ["-rx"] * (len(lines) // 3)
    return lines[2::3]


async def test_a_click_is_one_command_in_one_word(
    server: ShellServer, make_link: Callable[..., SshLink]
) -> None:
    link = make_link()
    await link.wait_up()
    outcome = await deliver(link, CLICK)

    assert isinstance(outcome, Done)
    assert outcome.vendor_id == "kmt-1"
    assert heard(server) == ["channel originate PJSIP/150 extension +375000000070@click2call"]


@pytest.mark.parametrize("value", HOSTILE)
async def test_no_hostile_value_leaves(
    server: ShellServer, make_link: Callable[..., SshLink], value: str
) -> None:
    link = make_link()
    await link.wait_up()
    commands: list[tuple[Command, dict[str, Any]]] = [
        (OriginateCall(call_id="k", extension=value, client="+375000000070", requested_by="a"), {}),
        (OriginateCall(call_id="k", extension="150", client=value, requested_by="a"), {}),
        (RingPhone(call_id="k", extension=value, requested_by="a"), {}),
        (CancelCall(call_id="k", extension=value, client="+375000000070"), {}),
        (SetPresence(extension=value, presence="busy"), {}),
    ]
    if value:  # empty settings mean the default
        commands += [
            (CLICK, {"technology": value}),
            (CLICK, {"context": value}),
            (SetPresence(extension="150", presence="busy"), {"queues": [value]}),
            (SetPresence(extension="150", presence="busy"), {"queue_member": value}),
        ]
    (server.folder / "answer").write_text(CHANNELS)
    for command, config in commands:
        outcome = await deliver(link, command, **config)
        assert isinstance(outcome, Failed) or value == "150", (command, config)
    if value != "-rx":
        taken = await deliver(link, TakeCall(leg=value, extension="151", requested_by="a"))
        assert isinstance(taken, Failed)
    assert all("core show channels" in line for line in server.lines), server.lines
    assert not (server.folder / "owned").exists()


@pytest.mark.parametrize(
    "value", ["; touch owned", "asterisk; id", "sudo rm", "/bin/sh -c asterisk", "$(x)asterisk"]
)
def test_only_asterisk_can_be_the_command(value: str) -> None:
    with pytest.raises(InvalidInput, match="asterisk_command_invalid"):
        command_words(value)


def test_the_ways_to_call_asterisk() -> None:
    assert command_words(None) == ("asterisk",)
    assert command_words("sudo -n /usr/sbin/asterisk") == ("sudo", "-n", "/usr/sbin/asterisk")


async def test_whatever_is_printed_is_a_refusal(
    server: ShellServer, make_link: Callable[..., SshLink]
) -> None:
    link = make_link()
    await link.wait_up()
    (server.folder / "answer").write_text("\nNo such command 'channel originate' (type …)\n")
    outcome = await deliver(link, CLICK)

    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.hint) == (ErrorKind.REJECTED, "ssh_command_missing")


async def test_cancelling_ends_only_the_clicks_channels(
    server: ShellServer, make_link: Callable[..., SshLink]
) -> None:
    link = make_link()
    await link.wait_up()
    (server.folder / "answer").write_text(CHANNELS + "Requested Hangup on channel\n")
    cancel = CancelCall(call_id="kmt-1", extension="150", client="+375000000070")
    assert isinstance(await deliver(link, cancel), Done)
    assert heard(server) == [
        "core show channels concise",
        "channel request hangup PJSIP/150-00000001",
        "channel request hangup PJSIP/150-00000002",
    ]


async def test_only_a_ringing_call_is_taken(
    server: ShellServer, make_link: Callable[..., SshLink]
) -> None:
    link = make_link()
    await link.wait_up()
    (server.folder / "answer").write_text(CHANNELS)
    rings = await deliver(link, TakeCall(leg="1.5", extension="151", requested_by="a"))
    talks = await deliver(link, TakeCall(leg="1.6", extension="151", requested_by="a"))
    over = await deliver(link, TakeCall(leg="1.7", extension="151", requested_by="a"))

    assert isinstance(rings, Done)
    assert isinstance(talks, Failed)
    assert isinstance(over, Failed)
    assert (talks.hint, over.hint) == ("call_answered", "call_over")
    moves = [line for line in heard(server) if "redirect" in line]
    assert moves == ["channel redirect PJSIP/trunk-00000005 kommutator-take,151,1"]


async def test_another_servers_key_is_refused_before_anything_is_shown(server: ShellServer) -> None:
    stranger = public_line(asyncssh.generate_private_key("ssh-ed25519"))
    address = replace(SshAddress.of(server.account(ACCOUNT)), host_key=stranger)
    with pytest.raises(HostKeyUnknown):
        await connect(address, limit_s=5.0)
    with pytest.raises(HostKeyUnknown):
        await connect(replace(address, host_key=None), limit_s=5.0)
    rsa = public_line(asyncssh.generate_private_key("ssh-rsa", key_size=2048))
    with pytest.raises(HostKeyUnknown):
        await connect(replace(address, host_key=rsa), limit_s=5.0)
    assert (server.greeted, server.logins, server.lines) == (0, 0, [])


async def test_the_test_shows_a_strangers_key_and_trusts_nothing(server: ShellServer) -> None:
    desk = AsteriskDesk(clock=SystemClock())
    new = server.account(ACCOUNT, ssh_host_key=None)
    probe = await desk.probe(new)
    line = public_line(server.host_key)
    assert (probe.ok, probe.message) == (False, "ssh_host_key_new")
    assert probe.details == {"host_key": line, "fingerprint": fingerprint(line)}

    other = public_line(asyncssh.generate_private_key("ssh-ed25519"))
    changed = await desk.probe(server.account(ACCOUNT, ssh_host_key=other))
    assert (changed.message, changed.details["saved_fingerprint"]) == (
        "ssh_host_key_changed",
        fingerprint(other),
    )
    assert (server.greeted, server.lines) == (0, [])


async def test_the_test_names_what_is_wrong(server: ShellServer) -> None:
    desk = AsteriskDesk(clock=SystemClock())
    server.asterisk('echo "Unable to connect to remote asterisk (does x exist?)" >&2; exit 1')
    assert (await desk.probe(server.account(ACCOUNT))).message == "ssh_asterisk_unreachable"
    (server.folder / "bin" / "asterisk").unlink()
    assert (await desk.probe(server.account(ACCOUNT))).message == "ssh_command_refused"
    wrong = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()
    account = replace(server.account(ACCOUNT), secrets={"ssh_key": wrong})
    assert (await desk.probe(account)).message == "ssh_login_refused"
    await server.stop()
    with pytest.raises(VendorError):
        await desk.probe(server.account(ACCOUNT))


async def test_a_wrong_key_is_refused(server: ShellServer) -> None:
    address = SshAddress.of(server.account(ACCOUNT))
    with pytest.raises(LoginRefused):
        await connect(replace(address, user="root"), limit_s=5.0)


async def test_the_server_goes_and_comes_back(
    server: ShellServer, make_link: Callable[..., SshLink]
) -> None:
    troubles: list[str] = []
    link = make_link(on_down=lambda why: troubles.append(str(why)))
    await link.wait_up()
    await server.stop()
    await eventually(lambda: not link.up)
    with pytest.raises(LinkDown):
        await link.run("core show version")
    await server.start()
    await eventually(lambda: link.up)
    await link.run("core show version")
    assert troubles[0] == "the SSH connection to the PBX broke"
    assert heard(server) == ["core show version"]


async def test_a_break_after_sending_leaves_it_open_and_nobody_repeats(
    server: ShellServer, make_link: Callable[..., SshLink]
) -> None:
    link = make_link()
    await link.wait_up()
    server.hang = asyncio.Event()
    clicking = asyncio.ensure_future(deliver(link, CLICK))
    await server.took.wait()
    server.cut()
    outcome = await clicking
    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.stage) == (ErrorKind.UNSURE, Stage.SENT)

    server.hang = None
    await eventually(lambda: link.up)
    sent = len(server.lines)
    again = await deliver(link, CLICK, unsure=True)
    assert isinstance(again, Failed)
    assert (again.kind, again.hint) == (ErrorKind.REJECTED, "click_not_repeated")
    assert len(server.lines) == sent


async def test_a_silent_command_does_not_hold_up_the_others(
    server: ShellServer, make_link: Callable[..., SshLink]
) -> None:
    link = make_link(timeout=0.5)
    await link.wait_up()
    server.hang = asyncio.Event()
    with pytest.raises(ActionTimeout):
        await link.run("core show version")
    server.hang = None
    assert await link.run("core show version") == ""
    assert server.logins == 1


async def test_a_failing_command_line_is_a_refusal(
    server: ShellServer, make_link: Callable[..., SshLink]
) -> None:
    server.asterisk("echo no >&2; exit 3")
    link = make_link()
    await link.wait_up()
    with pytest.raises(ActionRefused, match="no"):
        await link.run("core show version")


@pytest.mark.parametrize("kind", ["ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256"])
def test_keys_as_they_are_pasted(kind: str) -> None:
    key = asyncssh.generate_private_key(kind, **({"key_size": 2048} if kind == "ssh-rsa" else {}))
    text = key.export_private_key().decode()
    assert checked_private_key(text.replace("\n", "\r\n") + " \n") == text.strip() + "\n"


def test_locked_keys_and_other_texts_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "key"
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "a passphrase", "-f", str(path)], check=True
    )
    locked = asyncssh.generate_private_key("ssh-rsa", key_size=2048)
    for text in (path.read_text(), locked.export_private_key("pkcs8-pem", "word").decode()):
        with pytest.raises(InvalidInput, match="ssh_key_encrypted"):
            checked_private_key(text)
    good = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()
    for text in (
        "",
        "x",
        good[:80],
        good + "\x00",
        good + "\x1b[2J",
        path.with_suffix(".pub").read_text(),
        "a" * 30_000,
    ):
        with pytest.raises(InvalidInput, match="ssh_key_invalid"):
            checked_private_key(text)


def test_a_host_key_is_one_key_and_nothing_else() -> None:
    line = public_line(asyncssh.generate_private_key("ssh-ed25519"))
    assert checked_host_key(f"{line} root@pbx\n") == line
    for text in (
        "",
        "ssh-ed25519",
        "ssh-ed25519 AAAA",
        f"*.example {line}",
        f"@cert-authority * {line}",
    ):
        with pytest.raises(InvalidInput, match="ssh_host_key_invalid"):
            checked_host_key(text)


async def test_where_asterisk_is_down_a_command_may_wait(
    server: ShellServer, make_link: Callable[..., SshLink]
) -> None:
    server.asterisk('echo "Unable to connect to remote asterisk (does x exist?)" >&2; exit 1')
    link = make_link()
    await link.wait_up()
    outcome = await deliver(link, SetPresence(extension="150", presence="busy"))

    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.stage) == (ErrorKind.TRANSIENT, Stage.BEFORE_SENDING)
