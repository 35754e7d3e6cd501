"""Journal rows of this PBX → what they tell about calls; and the way of HTTP events into it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from kommutator.connectors.pbx.asterisk.channels import Wiring
from kommutator.connectors.pbx.asterisk.errors import InvalidField
from kommutator.connectors.pbx.asterisk.http_events import HttpEvent, read_http_event, to_report
from kommutator.connectors.pbx.asterisk.queue_pause import PAUSED, read_pause
from kommutator.connectors.pbx.asterisk.translate import relevant, translate
from kommutator.domain.calls.board import CallEvent
from kommutator.domain.connection import Account
from kommutator.domain.journal import Arrival, JournalRow
from kommutator.domain.presence import Pause
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.kit.errors import InvalidInput


def read_ami_row(row: JournalRow, pbx: Account | None, _zone: str) -> Sequence[CallEvent]:
    """One raw AMI event as the door journalled it."""
    wiring = Wiring.of(pbx.config if pbx else {})
    event = msgspec.json.decode(row.body)
    return translate(event, wiring, heard_at=row.received_at.timestamp())


def read_http_row(row: JournalRow, pbx: Account | None, zone: str) -> Sequence[CallEvent]:
    """One HTTP event, with or without requirement 002's envelope.

    Raises:
        InvalidInput: the door let in what it should have refused.
    """
    event = _from_body(row.enterprise, row.kind, msgspec.json.decode(row.body))
    if not event.known:
        return ()
    region = Wiring.of(pbx.config if pbx else {}).region
    report = to_report(event, zone=_zone(zone), received_at=row.received_at, region=region)
    return (report,)


def wanted(event: Mapping[str, Any]) -> bool:
    """Whether the journal needs this event: calls and the agents' pauses learn from it."""
    return event.get("Event") == PAUSED or relevant(event)


def read_pause_row(row: JournalRow, pbx: Account) -> Pause | None:
    """An agent's pause, if the row is one and of ours."""
    if row.source != "ami" or row.kind != PAUSED:
        return None
    try:
        return read_pause(msgspec.json.decode(row.body), pbx.config)
    except InvalidField:  # a queue's name or a member in the config: not known, so not ours
        return None


def http_arrival(
    enterprise: EnterpriseNumber, event_type: str, payload: dict[str, Any], raw: bytes
) -> Arrival:
    """Check an HTTP event and make it ready for the journal; the door's `ReadEvent`.

    Raises:
        InvalidInput: see `read_http_event`.
    """
    event = _from_body(enterprise, event_type, {"payload": payload})
    return Arrival(
        enterprise=enterprise,
        source="http",
        kind=event.kind,
        key=event.call_id,
        dedupe_key=event.dedupe_key,
        body=raw,
    )


def _from_body(enterprise: EnterpriseNumber, kind: str, body: Any) -> HttpEvent:
    if not isinstance(body, dict):
        raise InvalidInput("payload_missing")
    payload = body["payload"] if isinstance(body.get("payload"), dict) else body
    return read_http_event(
        {"enterprise_number": enterprise, "event_type": kind, "payload": payload}
    )


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


READERS: Final = {"ami": read_ami_row, "http": read_http_row}
"""For `FollowCalls`."""
