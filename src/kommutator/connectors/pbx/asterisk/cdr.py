"""Call Detail Records → coarse calls, for times of which nothing better is kept.

One record is one attempt of one caller's channel to reach one other, so a call is all records of
one `uniqueid` (of one `linkedid`, where the PBX writes it). Known to mislead, and so the last
resort: a click-to-call whose client was busy says ANSWERED with no seconds, an attended transfer
is two calls, queues and menus count as answered by nobody. Talk is what was billed while two
channels were together.

Columns: `cdr_csv` of Asterisk (docs.asterisk.org, "CDR Specification"; README.cdr): uniqueid and
userfield come last where cdr.conf asks for them; a header line, as in an export of the `cdr`
table, is obeyed instead. Times are of the PBX's zone unless cdr.conf says `usegmtime`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final
from zoneinfo import ZoneInfo

from kommutator.connectors.pbx.asterisk.channels import Wiring
from kommutator.connectors.pbx.asterisk.ledger import Line, lines_of, seconds_of
from kommutator.connectors.pbx.asterisk.translate import translate
from kommutator.domain.calls.events import PbxEvent

COLUMNS: Final = (
    "accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp",
    "lastdata", "start", "answer", "end", "duration", "billsec", "disposition", "amaflags",
    "uniqueid", "userfield",
)  # fmt: skip

_DIAL = {"BUSY": "BUSY", "NO ANSWER": "NOANSWER", "FAILED": "CHANUNAVAIL"}
_CAUSE = {"BUSY": "17", "NO ANSWER": "0", "FAILED": "20", "CONGESTION": "34"}
Raw = dict[str, Any]


def read_cdr(text: Iterable[str], wiring: Wiring, zone: ZoneInfo) -> list[PbxEvent]:
    """All that a CDR file tells, in the order of time.

    Raises:
        InvalidInput: `ledger_not_readable`.
    """
    raw = [*_all_events(lines_of(text, COLUMNS, "dcontext"), zone)]
    raw.sort(key=lambda event: float(event["Timestamp"]))
    return [told for event in raw for told in translate(event, wiring, heard_at=0.0)]


def _all_events(lines: Iterable[Line], zone: ZoneInfo) -> Iterator[Raw]:
    """The caller's channel is gone when the last of its records ends."""
    ends: dict[str, Raw] = {}
    for line in lines:
        for event in _events(line, zone):
            if event["Event"] == "Hangup" and event["Uniqueid"] == line["uniqueid"]:
                known = ends.setdefault(line["uniqueid"], event)
                if float(event["Timestamp"]) > float(known["Timestamp"]):
                    ends[line["uniqueid"]] = event
            else:
                yield event
    yield from ends.values()


def _events(line: Line, zone: ZoneInfo) -> Iterator[Raw]:
    start, end = (seconds_of(line.get(name, ""), zone) for name in ("start", "end"))
    if start is None or end is None or not line.get("uniqueid"):
        return
    call = line.get("linkedid") or line["uniqueid"]
    caller: Raw = {"Channel": line["channel"], "Uniqueid": line["uniqueid"], "Linkedid": call}
    yield caller | {
        "Event": "Newchannel",
        "Timestamp": f"{start:.6f}",
        "CallerIDNum": line.get("src", ""),
        "Exten": line.get("dst", ""),
    }
    if line.get("dstchannel"):
        yield from _attempt(line, caller, start, end, zone)
    cause = _CAUSE.get(line.get("disposition", ""), "16")
    yield caller | {"Event": "Hangup", "Timestamp": f"{end:.6f}", "Cause": cause}


def _attempt(line: Line, caller: Raw, start: float, end: float, zone: ZoneInfo) -> Iterator[Raw]:
    """The other channel: called, and talked with if seconds were billed."""
    other: Raw = {
        "Channel": line["dstchannel"],
        "Uniqueid": f"{line['uniqueid']}/{line['dstchannel']}",
        "Linkedid": caller["Linkedid"],
    }
    disposition, answer = line.get("disposition", ""), seconds_of(line.get("answer", ""), zone)
    began, ended = {"Timestamp": f"{start:.6f}"}, {"Timestamp": f"{end:.6f}"}
    yield other | began | {"Event": "Newchannel", "Exten": "s"}
    if disposition in {"ANSWERED", "NO ANSWER"}:
        yield other | began | {"Event": "Newstate", "ChannelStateDesc": "Ringing"}
    if disposition == "ANSWERED" and answer is not None and line.get("billsec", "0") != "0":
        room = {"BridgeUniqueid": other["Uniqueid"]}
        for leg in (caller, other):
            yield leg | room | {"Event": "BridgeEnter", "Timestamp": f"{answer:.6f}"}
            yield leg | room | ended | {"Event": "BridgeLeave"}
    elif disposition in _DIAL:
        dest = {f"Dest{name}": value for name, value in other.items()}
        status = _DIAL[disposition]
        yield dest | ended | {"Event": "DialEnd", "DialStatus": status}
    yield other | ended | {"Event": "Hangup", "Cause": _CAUSE.get(disposition, "16")}
