"""What one CRM connection wants to hear about calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kommutator.domain.calls.call import Call
from kommutator.domain.commands import Direction
from kommutator.domain.rules import Rule, read_rules

_RECORDING_WAIT_S = 20.0
_LONGEST_WAIT_S = 600.0


@dataclass(frozen=True, slots=True)
class Policy:
    """The telephony part of a CRM connection's config.

    Attributes:
        connection: id of the CRM connection.
        incoming, outgoing: show the client's card at calls of this direction.
        hangup: take the card down.
        record: put finished calls into the CRM's history.
        unplaced: also those clicks whose employee never picked up, so no client was called.
        recording_wait_s: how long the record of an answered call waits for its recording;
            0 when no recordings are expected.
        sites: company number → the CRM's shop code.
    """

    connection: str
    incoming: bool = True
    outgoing: bool = True
    hangup: bool = True
    record: bool = True
    unplaced: bool = False
    recording_wait_s: float = 0.0
    sites: Mapping[str, str] = field(default_factory=dict)
    default_site: str | None = None
    default_performer: str | None = None
    rules: tuple[Rule, ...] = ()

    @property
    def asks_who(self) -> bool:
        """Whether some rule depends on the CRM knowing the client."""
        return any(rule.client is not None for rule in self.rules)

    def shows(self, call: Call) -> bool:
        """Whether cards are wanted for this call."""
        wanted = {Direction.IN: self.incoming, Direction.OUT: self.outgoing}
        return call.direction is not None and wanted.get(call.direction, False)

    def site_of(self, line: str | None) -> str | None:
        return self.sites.get(line or "", None) or self.default_site


def read_policy(connection: str, config: Mapping[str, Any]) -> Policy:
    """From `connections.config`; what is missing keeps its default, what is odd is ignored."""
    events = config.get("events") or {}
    wait = config.get("recording_wait_s", _RECORDING_WAIT_S) if config.get("recordings") else 0.0
    return Policy(
        connection=connection,
        incoming=bool(events.get("incoming", True)),
        outgoing=bool(events.get("outgoing", True)),
        hangup=bool(events.get("hangup", True)),
        record=bool(events.get("record", True)),
        unplaced=bool(events.get("unplaced", False)),
        recording_wait_s=min(max(float(wait), 0.0), _LONGEST_WAIT_S),
        sites={str(line): str(site) for line, site in (config.get("lines") or {}).items() if site},
        default_site=config.get("default_site") or None,
        default_performer=config.get("default_performer") or None,
        rules=read_rules(config.get("rules") or ()),
    )
