"""Requirement 002's `dial|bridge|hangup|download` messages → reports of the domain.

The requirement fixes the envelope `{enterprise_number, event_type, payload}` and not the
payload's words, so several spellings are understood; what a message cannot do without is
demanded by name.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from kommutator.connectors.pbx.asterisk.http_words import (
    extensions_in,
    read_direction,
    read_moment,
    read_result,
    read_seconds,
)
from kommutator.domain.calls.reports import Report, ReportKind
from kommutator.domain.commands import CallResult, Direction
from kommutator.domain.tenancy import EnterpriseNumber, enterprise_number
from kommutator.kit.errors import InvalidInput
from kommutator.kit.phones import to_e164

_SPELLINGS: Final[dict[str, tuple[str, ...]]] = {
    "call_id": ("calluniqueid", "uniqueid", "callid"),
    "client": ("phone", "client", "clientphone"),
    "extensions": ("extensions", "extension", "internalnumber"),
    "direction": ("direction", "calltype"),
    "line": ("line", "did", "trunk"),
    "result": ("status", "callstatus", "disposition"),
    "started_at": ("starttime", "datereceived"),
    "answered_at": ("answertime",),
    "ended_at": ("endtime",),
    "talk_s": ("duration", "billsec", "talktime"),
    "record_url": ("recordurl", "recordingurl", "callurl"),
}
_NEEDED: Final[dict[str, tuple[str, ...]]] = {
    ReportKind.DIAL: ("call_id", "client", "direction", "extensions"),
    ReportKind.BRIDGE: ("call_id",),
    ReportKind.HANGUP: ("call_id", "client", "direction"),
    ReportKind.DOWNLOAD: ("call_id", "record_url"),
}
_meaning: Final = {
    spelling: (field, rank)
    for field, spellings in _SPELLINGS.items()
    for rank, spelling in enumerate(spellings)
}.get
"""Spelling → our field, and how much that spelling is worth beside others of the same field."""

_SEPARATORS = re.compile(r"[_\-\s]")
_LONGEST_ID = 128
_CLOCK_SKEW_S = 300.0


class HttpEvent(msgspec.Struct, frozen=True):
    """One message, understood as far as its words go. Made thousands of times a second.

    Attributes:
        kind: `event_type` as sent, lower-cased; unknown kinds are kept under their name.
        known: whether it is one of the four kinds.
        call_id: None only for unknown kinds.
        dedupe_key: the same for a repeated message: call id, kind and content.
        started_at, answered_at, ended_at: without a zone if the message names none.
    """

    enterprise: EnterpriseNumber
    kind: str
    known: bool
    call_id: str | None
    dedupe_key: str
    client: str | None = None
    direction: Direction | None = None
    line: str | None = None
    extensions: tuple[str, ...] = ()
    result: CallResult | None = None
    started_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    talk_s: int | None = None
    record_url: str | None = None


def read_http_event(body: Mapping[str, Any]) -> HttpEvent:
    """Check and understand one message; pure, so that the door can refuse it at once.

    Raises:
        InvalidInput: `enterprise_number_invalid`, `event_type_missing`, `payload_missing`,
            `payload_<field>_missing` or `payload_<field>_invalid`.
    """
    enterprise = enterprise_number(str(body.get("enterprise_number") or ""))
    kind = str(body.get("event_type") or "").strip().lower()
    payload = body.get("payload")
    if not kind:
        raise InvalidInput("event_type_missing")
    if not isinstance(payload, dict):
        raise InvalidInput("payload_missing")
    fields = _fields(payload)
    needed = _NEEDED.get(kind)
    known = needed is not None
    for field in needed or ():
        if field not in fields:
            raise InvalidInput(f"payload_{field}_missing", event_type=kind)
    call_id = _call_id(fields)
    frame = (enterprise, kind[:64], known, call_id, _dedupe_key(kind, call_id, payload))
    return _understand(frame, fields) if known else HttpEvent(*frame)


def to_report(event: HttpEvent, *, zone: tzinfo, received_at: datetime, region: str) -> Report:
    """The domain's report of a known event.

    `zone` is that of the PBX, for times without one; `region` that of its national phone
    numbers. A time from the future is a wrong zone: then `received_at` is taken instead.
    """
    assert event.call_id is not None
    arrived = received_at.timestamp()

    def moment(at: datetime | None) -> float | None:
        if at is None:
            return None
        told = (at if at.tzinfo else at.replace(tzinfo=zone)).timestamp()
        return told if told <= arrived + _CLOCK_SKEW_S else None

    return Report(
        kind=ReportKind(event.kind),
        call=event.call_id,
        at=arrived,
        direction=event.direction,
        client=event.client and (to_e164(event.client, region) or event.client),
        line=event.line and (to_e164(event.line, region) or event.line),
        extensions=event.extensions,
        result=event.result,
        started_at=moment(event.started_at),
        answered_at=moment(event.answered_at),
        ended_at=moment(event.ended_at),
        talk_s=event.talk_s,
        record_url=event.record_url,
    )


def _fields(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Our field → its value, under whichever spelling it came; empty values are missing."""
    found: dict[str, Any] = {}
    ranks: dict[str, int] = {}
    for name, value in payload.items():
        meant = _meaning(_plain(str(name)))
        if meant is None or value is None or value in ("", []):
            continue
        field, rank = meant
        if rank < ranks.get(field, rank + 1):
            found[field], ranks[field] = value, rank
    return found


@lru_cache(maxsize=1024)
def _plain(name: str) -> str:
    """The same few names come thousands of times a second."""
    return _SEPARATORS.sub("", name).lower()


def _call_id(fields: Mapping[str, Any]) -> str | None:
    raw = fields.get("call_id")
    if raw is None:
        return None
    text = str(raw).strip()
    if not text or len(text) > _LONGEST_ID or not text.isprintable():
        raise InvalidInput("payload_call_id_invalid")
    return text


def _dedupe_key(kind: str, call_id: str | None, payload: Mapping[str, Any]) -> str:
    content = msgspec.json.encode(payload, order="deterministic")
    return f"{call_id or '-'}:{kind[:64]}:{hashlib.sha256(content).hexdigest()[:32]}"


def _understand(
    frame: tuple[EnterpriseNumber, str, bool, str | None, str], fields: Mapping[str, Any]
) -> HttpEvent:
    enterprise, kind, known, call_id, dedupe_key = frame
    return HttpEvent(
        enterprise=enterprise,
        kind=kind,
        known=known,
        call_id=call_id,
        dedupe_key=dedupe_key,
        client=_text(fields.get("client"), "client"),
        direction=read_direction(fields.get("direction")),
        line=_text(fields.get("line"), "line"),
        extensions=extensions_in(fields.get("extensions")),
        result=read_result(fields.get("result")),
        started_at=read_moment(fields.get("started_at"), "started_at"),
        answered_at=read_moment(fields.get("answered_at"), "answered_at"),
        ended_at=read_moment(fields.get("ended_at"), "ended_at"),
        talk_s=read_seconds(fields.get("talk_s")),
        record_url=_url(fields.get("record_url")),
    )


def _text(value: Any, field: str) -> str | None:
    if value is None:
        return None
    text = str(value).strip()
    # Numbers too: a script may send a phone unquoted; str() of a list would be nobody's phone.
    told = isinstance(value, str | int) and not isinstance(value, bool)
    if not told or len(text) > _LONGEST_ID or not text.isprintable():
        raise InvalidInput(f"payload_{field}_invalid")
    return text or None


def _url(value: Any) -> str | None:
    if value is None:
        return None
    text = str(value).strip()
    if not re.fullmatch(r"https?://\S{1,2000}", text) or not _has_host(text):
        raise InvalidInput("payload_record_url_invalid")
    return text


def _has_host(url: str) -> bool:
    try:
        return bool(urlsplit(url).hostname)
    except ValueError:
        return False
