"""What a private Asterisk is told: people, numbers, secrets, ports."""

import random
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field

HOST = "127.0.0.1"
# The provider lives on its own loopback address: Asterisk tells it from the phones by that.
TRUNK_HOST = "127.0.0.2"
AMI_USER = "gateway"
PROBE_USER = "probe"


@dataclass(frozen=True, slots=True)
class Dids:
    """One company number for each way a call can go; any other number rings the group."""

    group: str = "375000000001"
    personal: str = "375000000002"  # rings the first extension only
    queue: str = "375000000003"  # a queue answers first, then the group rings
    menu: str = "375000000004"  # a voice menu answers first, then the group rings
    routed: str = "375000000005"  # the gateway is asked who shall ring first
    short: str = "375000000006"  # rings the group for one second


@dataclass(frozen=True, slots=True, kw_only=True)
class PbxConfig:
    """Settings of one Asterisk.

    Args:
        extensions: internal numbers, one phone each.
        ring_group: the extensions that ring on an inbound call.
        ring_seconds: how long they ring.
        line: the company number that outgoing calls show, digits.
        record: record the client's channel of every call into `<run>/spool/recording`.
        recorded_command: run by Asterisk when a recording is whole; it may use
            `^{MIXMONITOR_FILENAME}`.
        gateway_url: base URL that the dialplan asks whose phone shall ring; "" asks nobody.
        gateway_secret: what the dialplan shows it.
        routed_seconds: how long that phone rings before the group does.
        extra_lines: `exten =>` lines added to the context of company numbers.
        extra_dialplan: whole contexts added at the end.
        config_files: path below `<run>/etc` → text, written over what the templates gave.
        parking_seconds: how long a parked client waits before the phone that parked him rings.
        ledgers: also write CDR (`<run>/log/cdr-csv/Master.csv`) and CEL
            (`<run>/log/cel-custom/Master.csv`), the columns of Asterisk's samples.
        tls: also listen for AMI over TLS, with an authority made for this start.
        ami_secret, probe_secret, phone_secret: random when None.
    """

    extensions: tuple[str, ...] = ("150", "151", "152")
    ring_group: tuple[str, ...] = ("150", "151")
    ring_seconds: int = 30
    line: str = "375000000001"
    record: bool = False
    recorded_command: str = ""
    gateway_url: str = ""
    gateway_secret: str = field(default="", repr=False)
    routed_seconds: int = 15
    extra_lines: str = ""
    extra_dialplan: str = ""
    config_files: Mapping[str, str] = field(default_factory=dict, repr=False)
    parking_seconds: int = 45
    ledgers: bool = False
    tls: bool = False
    ami_secret: str | None = field(default=None, repr=False)
    probe_secret: str | None = field(default=None, repr=False)
    phone_secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Where Asterisk listens; 0 stands for "pick a free one"."""

    sip: int = 0
    ami: int = 0
    ami_tls: int = 0
    http: int = 0
    trunk: int = 0  # where Asterisk expects the provider, on TRUNK_HOST
    rtp_first: int = 0
    rtp_last: int = 0


def pick_ports(wanted: Ports) -> Ports:
    """Replace every 0 by a port that is free now.

    They come from below the range the system hands out itself, so that nothing takes them
    between this look and the start of Asterisk, short of another Asterisk started just now.
    """
    media = wanted.rtp_first or random.randrange(10_000, 20_000, 200)  # noqa: S311 - not a secret
    return Ports(
        sip=wanted.sip or _free(HOST, socket.SOCK_DGRAM),
        ami=wanted.ami or _free(HOST, socket.SOCK_STREAM),
        ami_tls=wanted.ami_tls or _free(HOST, socket.SOCK_STREAM),
        http=wanted.http or _free(HOST, socket.SOCK_STREAM),
        trunk=wanted.trunk or _free(TRUNK_HOST, socket.SOCK_DGRAM),
        rtp_first=media,
        rtp_last=wanted.rtp_last or media + 199,
    )


def _free(host: str, kind: socket.SocketKind) -> int:
    while True:
        port = random.randrange(20_000, 32_000)  # noqa: S311 - not a secret
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind((host, port))
            except OSError:
                continue
        return port
