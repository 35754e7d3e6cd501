"""What the files of a PBX are written from, and what they are. Pure.

Every value ends up inside a line of an Asterisk configuration file or of a shell script, where
`;`, `,`, `)`, `$`, quotes and line ends are syntax. So each field has a narrow pattern, and a
value that does not fit is refused before anything is written.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Final

from kommutator.kit.errors import InvalidInput

HIDDEN: Final = "SHOWN-ON-REQUEST"
"""Stands where a secret would stand until a person asks for it."""


class Flavour(StrEnum):
    ASTERISK = "asterisk"
    FREEPBX = "freepbx"


@dataclass(frozen=True, slots=True, kw_only=True)
class PbxValues:
    """Everything the files need.

    Raises InvalidInput at construction: `pbx_value_invalid`, `pbx_permit_everybody`.

    Attributes:
        technology: of the phones' channels: `PJSIP` or `SIP`.
        trunk: name of the provider's endpoint, where click-to-call dials clients.
        group: context that takes an inbound call as it would without us; the fallback.
        click_context: where Originate sends an employee who has answered.
        line: the company number for outgoing calls that name none; "" leaves it to the trunk.
        permit: network from which the manager user may log in, CIDR.
        hook_secret: what the dialplan and the scripts show us.
        ari_user, ari_password: only for pulling recordings by ARI; "" leaves the file out.
        folder: where recordings are written; below Asterisk's `spool/recording` ARI sees them.
        ring_s: how long the chosen employee's phone rings before the group's turn.
    """

    enterprise: str
    public_url: str
    trunk: str
    group: str
    hook_secret: str = field(repr=False)
    ami_user: str
    ami_secret: str = field(repr=False)
    permit: str
    technology: str = "PJSIP"
    click_context: str = "click2call"
    line: str = ""
    ari_user: str = ""
    ari_password: str = field(default="", repr=False)
    script: str = "/usr/local/bin/kommutator-recording"
    folder: str = "/var/spool/asterisk/recording"
    ring_s: str = "15"

    def __post_init__(self) -> None:
        for name in fields(self):
            value = getattr(self, name.name)
            if not isinstance(value, str) or not _PATTERNS[name.name].fullmatch(value):
                raise InvalidInput("pbx_value_invalid", field=name.name)
        try:
            network = ipaddress.ip_network(self.permit)
        except ValueError:
            raise InvalidInput("pbx_value_invalid", field="permit") from None
        if network.prefixlen == 0:
            raise InvalidInput("pbx_permit_everybody", permit=self.permit)

    @property
    def permit_line(self) -> str:
        """`permit` as manager.conf has it: address/mask."""
        network = ipaddress.ip_network(self.permit)
        return f"{network.network_address}/{network.netmask}"

    @property
    def deny_line(self) -> str:
        """Everybody of the same family."""
        return "::/::" if ":" in self.permit else "0.0.0.0/0.0.0.0"

    def hidden(self) -> PbxValues:
        """The same with every secret struck out, for a page that anybody may look over."""
        return replace(
            self,
            hook_secret=HIDDEN,
            ami_secret=HIDDEN,
            ari_password=HIDDEN if self.ari_password else "",
        )


@dataclass(frozen=True, slots=True)
class PbxFile:
    """One file for the administrator of the PBX.

    Attributes:
        name: under which we hand it over.
        place: absolute path on the PBX, or "" for what is only to be read.
        slug: the catalogs have `pbx_file.<slug>` (what and why), `….place` and `….undo`.
        secret: whether it holds a secret: mode 0640, owner asterisk.
        executable: a script.
    """

    name: str
    place: str
    slug: str
    text: str = field(repr=False)
    secret: bool = False
    executable: bool = False


_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_CONTEXT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,78}")
_TOKEN = re.compile(r"[A-Za-z0-9_.~+/=!@%^*-]{8,256}")  # no ; , ( ) $ { } quotes, spaces
_PATH = re.compile(r"(/[A-Za-z0-9_.-]+)+")

_PATTERNS: Final[Mapping[str, re.Pattern[str]]] = {
    "enterprise": re.compile(r"[0-9]{1,10}"),
    "public_url": re.compile(
        r"https?://(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+)(:[0-9]{1,5})?[\w./~-]*", re.ASCII
    ),
    "trunk": _NAME,
    "group": _CONTEXT,
    "hook_secret": re.compile(rf"[0-9a-f]{{32}}\.[A-Za-z0-9_-]{{16,128}}|{HIDDEN}"),
    "ami_user": _NAME,
    "ami_secret": _TOKEN,
    "permit": re.compile(r"[0-9a-fA-F.:]{2,45}(/[0-9]{1,3})?"),
    "technology": re.compile(r"PJSIP|SIP"),
    "click_context": _CONTEXT,
    "line": re.compile(r"(\+?[0-9]{2,15})?"),
    "ari_user": re.compile(rf"({_NAME.pattern})?"),
    "ari_password": re.compile(rf"({_TOKEN.pattern})?"),
    "script": _PATH,
    "folder": _PATH,
    "ring_s": re.compile(r"[1-9][0-9]?"),
}
