"""Channel Event Logging → what it tells about calls: as good as AMI events, but for the ringing.

Each record becomes the AMI event that told the same at the time, and is translated like it:

| CEL record | AMI event | remarks |
|---|---|---|
| CHAN_START | Newchannel | `exten`: what was dialled; "s" for a leg that the PBX itself calls |
| APP_START of Dial | Newchannel | the caller's leg by then knows where it is heading |
| BRIDGE_ENTER, BRIDGE_EXIT | BridgeEnter, BridgeLeave | `bridge_id` in `extra` |
| HANGUP | HangupRequest, Hangup | `hangupsource` is the own channel: its far end hung up |
| ATTENDEDTRANSFER | AttendedTransfer | `channel2_uniqueid` names the second call |
| BLINDTRANSFER | BlindTransfer | `extension`: where to |
| PICKUP | DialEnd ANSWER | `pickup_channel_uniqueid` joins the call |

CEL does not say that a phone rings: a leg that the PBX called, and that neither refused at once
nor had a bad number, counts as having rung. Records and their `extra`: the "CEL Specification" of
docs.asterisk.org (Configuration / Reporting / Channel Event Logging); columns: Asterisk's sample
`cel_custom.conf`; a header line, as in an export of the `cel` table, is obeyed instead. Both were
measured on Asterisk 22.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from kommutator.connectors.pbx.asterisk.channels import Wiring
from kommutator.connectors.pbx.asterisk.ledger import Line, lines_of, seconds_of
from kommutator.connectors.pbx.asterisk.translate import translate
from kommutator.domain.calls.events import PbxEvent

COLUMNS: Final = (
    "eventtype", "eventtime", "cid_name", "cid_num", "cid_ani", "cid_rdnis", "cid_dnid", "exten",
    "context", "channame", "appname", "appdata", "amaflags", "accountcode", "uniqueid",
    "linkedid", "peer", "userfield", "userdeftype", "extra",
)  # fmt: skip

_NEVER_RANG = frozenset({1, 2, 3, 17, 20, 21, 22, 28})
Raw = dict[str, Any]


def read_cel(text: Iterable[str], wiring: Wiring, zone: ZoneInfo) -> list[PbxEvent]:
    """All that a CEL file tells, in the order of time.

    `zone`: of times that are not epoch seconds (cel.conf `dateformat`).

    Raises:
        InvalidInput: `ledger_not_readable`.
    """
    called: dict[str, str] = {}
    raw = [
        event
        for line in lines_of(text, COLUMNS, "eventtype")
        for event in _events(line, zone, called)
    ]
    raw.sort(key=lambda event: float(event["Timestamp"]))
    return [told for event in raw for told in translate(event, wiring, heard_at=0.0)]


def _events(  # noqa: C901  one case a record
    line: Line, zone: ZoneInfo, called: dict[str, str]
) -> Iterator[Raw]:
    """`called`: channels that the PBX called, with the time at which it began to."""
    at = seconds_of(line.get("eventtime", ""), zone)
    if at is None or not line.get("uniqueid"):
        return
    extra = _extra(line)
    frame: Raw = {
        "Timestamp": f"{at:.6f}",
        "Channel": line.get("channame", ""),
        "Uniqueid": line["uniqueid"],
        "Linkedid": line.get("linkedid") or line["uniqueid"],
    }
    match line.get("eventtype"):
        case "CHAN_START":
            if line.get("exten") in {"s", ""}:
                called[frame["Uniqueid"]] = frame["Timestamp"]
            yield frame | _origin(line)
        case "APP_START" if line.get("appname") == "Dial":
            yield frame | _origin(line)
        case "BRIDGE_ENTER":
            yield frame | {"Event": "BridgeEnter"} | _room(extra)
        case "BRIDGE_EXIT":
            yield frame | {"Event": "BridgeLeave"} | _room(extra)
        case "HANGUP":
            yield from _hangup(line, frame, extra, called.get(frame["Uniqueid"]))
        case "PICKUP":
            yield from _pickup(frame, extra)
        case "BLINDTRANSFER":
            yield frame | {
                "Event": "BlindTransfer",
                "TransfereeLinkedid": frame["Linkedid"],
                "Extension": extra.get("extension", ""),
            }
        case "ATTENDEDTRANSFER" if extra.get("channel2_uniqueid"):
            yield frame | {
                "Event": "AttendedTransfer",
                "OrigTransfererLinkedid": frame["Linkedid"],
                "SecondTransfererLinkedid": extra["channel2_uniqueid"],
            }


def _origin(line: Line) -> Raw:
    return {
        "Event": "Newchannel",
        "CallerIDNum": line.get("cid_num", ""),
        "Exten": line.get("exten", ""),
    }


def _room(extra: Raw) -> Raw:
    return {
        "BridgeUniqueid": extra.get("bridge_id", ""),
        "BridgeTechnology": extra.get("bridge_technology", ""),
    }


def _hangup(line: Line, frame: Raw, extra: Raw, called: str | None) -> Iterator[Raw]:
    cause = extra.get("hangupcause")
    if called is not None and cause not in _NEVER_RANG:
        yield frame | {
            "Event": "Newstate", "ChannelStateDesc": "Ringing", "Timestamp": called,
        }  # fmt: skip
    if called is None and extra.get("hangupsource") == line.get("channame"):
        yield frame | {"Event": "HangupRequest"}
    yield frame | {"Event": "Hangup", "Cause": str(cause)}


def _pickup(frame: Raw, extra: Raw) -> Iterator[Raw]:
    if extra.get("pickup_channel_uniqueid"):
        yield {
            "Event": "DialEnd",
            "Timestamp": frame["Timestamp"],
            "Linkedid": frame["Linkedid"],
            "DestChannel": extra.get("pickup_channel", ""),
            "DestUniqueid": extra["pickup_channel_uniqueid"],
            "DialStatus": "ANSWER",
        }


def _extra(line: Line) -> Raw:
    try:
        found = msgspec.json.decode(line.get("extra") or line.get("eventextra") or "{}")
    except msgspec.DecodeError:
        return {}
    return found if isinstance(found, dict) else {}
