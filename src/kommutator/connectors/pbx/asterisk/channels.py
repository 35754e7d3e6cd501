"""Whose channel is it? Told from its name, such as "PJSIP/150-0000001d"."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from kommutator.domain.calls.events import Party, PartyKind

_NAME = re.compile(r"(?P<technology>[A-Za-z0-9]+)/(?P<resource>.+?)(?:-[0-9a-f]+)?(?:;[12])?")
_EXTENSION = re.compile(r"[0-9]{2,6}")
_TELEPHONES = frozenset({"PJSIP", "SIP", "IAX2", "DAHDI", "Motif", "MobileDevice", "OOH323"})


@dataclass(frozen=True, slots=True)
class Wiring:
    """Which channels lead outside.

    Attributes:
        trunks: names of the provider endpoints. Empty: every telephone channel whose name is
            not an extension is taken for a trunk.
        region: country whose national phone numbers the PBX shows, ISO 3166.
    """

    trunks: Collection[str] = ()
    region: str = "RU"

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Wiring:
        """From a PBX connection's config."""
        trunks = frozenset(str(trunk) for trunk in config.get("trunks") or ())
        return cls(trunks, str(config.get("region") or "RU"))


def party_of(channel: str, wiring: Wiring) -> Party:
    """Who is at the end of `channel`."""
    match = _NAME.fullmatch(channel)
    if match is None:
        return Party(PartyKind.OTHER)
    technology, resource = match["technology"], match["resource"]
    if technology == "Local":
        return Party(PartyKind.LOCAL)
    if resource in wiring.trunks or f"{technology}/{resource}" in wiring.trunks:
        return Party(PartyKind.TRUNK)
    if technology not in _TELEPHONES:
        return Party(PartyKind.OTHER)
    if _EXTENSION.fullmatch(resource):
        return Party(PartyKind.EXTENSION, resource)
    return Party(PartyKind.OTHER if wiring.trunks else PartyKind.TRUNK)
