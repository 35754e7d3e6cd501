"""Raw AMI events → the domain's leg events.

Which events matter and why is measured on Asterisk 16 and 22; see the contract notes in this
room's README. `RELEVANT` is what the door journals, everything else is noise to calls.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from kommutator.connectors.pbx.asterisk.channels import Wiring, party_of
from kommutator.domain.calls.events import (
    BlindTransferred,
    BridgeEntered,
    BridgeLeft,
    CallsJoined,
    DialEnded,
    Hints,
    LegBorn,
    LegDialled,
    LegDied,
    LegLetGo,
    LegRang,
    OriginateRefused,
    PbxEvent,
    Snapshot,
)
from kommutator.domain.commands import Direction
from kommutator.kit.given import whole
from kommutator.kit.phones import to_e164

RECONCILE: Final = "Reconcile"
"""Our own kind: the channels that CoreShowChannels listed after a gap, in `Channels`."""

_WAITING_ROOM = "holding_bridge"
"""Parked callers, and those who hear music, share one bridge and do not hear each other."""

_UNKNOWN = frozenset({"", "<unknown>", "anonymous", "s"})

Raw = Mapping[str, Any]


def relevant(event: Raw) -> bool:
    """Whether calls can learn from this event."""
    kind = event.get("Event")
    if kind == "Newstate":
        return event.get("ChannelStateDesc") == "Ringing"
    if kind == "OriginateResponse":
        return event.get("Response") == "Failure"
    return kind in _READERS


def order_key(event: Raw) -> str | None:
    """The call that the event speaks of."""
    for field in ("Linkedid", "DestLinkedid", "TransfereeLinkedid", "OrigTransfererLinkedid"):
        if event.get(field):
            return str(event[field])
    return str(event["Uniqueid"]) if event.get("Uniqueid") else None


def translate(event: Raw, wiring: Wiring, *, heard_at: float) -> Sequence[PbxEvent]:
    """What one raw event tells about calls; empty if nothing.

    `heard_at`: epoch seconds, used where the PBX does not stamp its events
    (manager.conf `timestampevents`).
    """
    reader = _READERS.get(str(event.get("Event")))
    if reader is None or not relevant(event):
        return ()
    return reader(event, wiring, _time(event, heard_at))


def _time(event: Raw, heard_at: float) -> float:
    for stamp in (event.get("Timestamp"), event.get("HeardAt")):
        try:
            return float(str(stamp))
        except ValueError:
            continue
    return heard_at


def _hints(event: Raw, wiring: Wiring, prefix: str) -> Hints:
    said = _variables(event.get(f"{prefix}ChanVariable"))
    client = said.get("GW_CLIENT")
    return Hints(
        direction=Direction(said["GW_DIR"]) if said.get("GW_DIR") in set(Direction) else None,
        client=_phone(client, wiring),
        line=_phone(said.get("GW_LINE"), wiring),
        record=said.get("GW_RECFILE"),
    )


def _variables(raw: Any) -> dict[str, str]:
    """The non-empty `channelvars` that ride on the event; "a=b" strings, one or many."""
    pairs = [raw] if isinstance(raw, str) else raw or ()
    parted = (str(pair).partition("=") for pair in pairs)
    return {name: value for name, _, value in parted if value}


def _phone(text: str | None, wiring: Wiring) -> str | None:
    """E.164 if it can be told, else as it came; None for what is no number at all."""
    if text is None or text in _UNKNOWN:
        return None
    return to_e164(text, wiring.region) or text


def _leg(event: Raw, wiring: Wiring, at: float, prefix: str = "") -> dict[str, Any]:
    """Whom the event is about. Who is dialled belongs to the call of whoever dials."""
    name = str(event.get(f"{prefix}Channel", ""))
    call = event.get("Linkedid") or event.get(f"{prefix}Linkedid")
    return {
        "call": str(call or event.get(f"{prefix}Uniqueid") or ""),
        "leg": str(event.get(f"{prefix}Uniqueid") or ""),
        "at": at,
        "name": name,
        "party": party_of(name, wiring),
        "hints": _hints(event, wiring, prefix),
    }


def _born(event: Raw, wiring: Wiring, at: float, *, guessed: bool = False) -> Sequence[PbxEvent]:
    return (
        LegBorn(
            **_leg(event, wiring, at),
            caller=_phone(event.get("CallerIDNum"), wiring),
            dialled=_phone(event.get("Exten"), wiring),
            guessed=guessed,
        ),
    )


def _ringing(event: Raw, wiring: Wiring, at: float) -> Sequence[PbxEvent]:
    return (LegRang(**_leg(event, wiring, at)),)


def _dial_begin(event: Raw, wiring: Wiring, at: float) -> Sequence[PbxEvent]:
    return (LegDialled(**_leg(event, wiring, at, "Dest")),)


def _dial_end(event: Raw, wiring: Wiring, at: float) -> Sequence[PbxEvent]:
    return (DialEnded(**_leg(event, wiring, at, "Dest"), status=str(event.get("DialStatus"))),)


def _bridge_enter(event: Raw, wiring: Wiring, at: float) -> Sequence[PbxEvent]:
    return (BridgeEntered(**_leg(event, wiring, at), bridge=_room(event)),)


def _bridge_leave(event: Raw, wiring: Wiring, at: float) -> Sequence[PbxEvent]:
    return (BridgeLeft(**_leg(event, wiring, at), bridge=_room(event)),)


def _room(event: Raw) -> str:
    bridge = str(event.get("BridgeUniqueid"))
    alone = event.get("BridgeTechnology") == _WAITING_ROOM
    return f"{bridge}/{event.get('Uniqueid')}" if alone else bridge


def _let_go(event: Raw, wiring: Wiring, at: float) -> Sequence[PbxEvent]:
    return (LegLetGo(**_leg(event, wiring, at)),)


def _hangup(event: Raw, wiring: Wiring, at: float) -> Sequence[PbxEvent]:
    return (LegDied(**_leg(event, wiring, at), cause=_number(event.get("Cause"))),)


def _blind(event: Raw, _wiring: Wiring, at: float) -> Sequence[PbxEvent]:
    call = event.get("TransfereeLinkedid")
    return (
        (BlindTransferred(call=str(call), to=str(event.get("Extension")), at=at),) if call else ()
    )


def _attended(event: Raw, _wiring: Wiring, at: float) -> Sequence[PbxEvent]:
    call, other = event.get("OrigTransfererLinkedid"), event.get("SecondTransfererLinkedid")
    if event.get("Result", "Success") != "Success" or not call or not other:
        return ()
    return (CallsJoined(call=str(call), other=str(other), at=at),)


def _originate(event: Raw, _wiring: Wiring, at: float) -> Sequence[PbxEvent]:
    call = event.get("Uniqueid")
    if not call or call == "<null>":
        return ()
    return (OriginateRefused(call=str(call), reason=_number(event.get("Reason")), at=at),)


def _reconcile(event: Raw, wiring: Wiring, at: float) -> Sequence[PbxEvent]:
    """What is alive now: first the legs that we may not know, then who is missing."""
    told: list[PbxEvent] = []
    channels = event.get("Channels") or ()
    for channel in channels:
        born = at - _lasted(channel.get("Duration"))
        told += _born(channel, wiring, born, guessed=True)
        if channel.get("ChannelStateDesc") == "Ringing":
            told += _ringing(channel, wiring, at)
        if channel.get("BridgeId"):
            frame = {**channel, "BridgeUniqueid": channel["BridgeId"]}
            told += _bridge_enter(frame, wiring, at)
    legs = frozenset(str(channel.get("Uniqueid")) for channel in channels)
    return (*told, Snapshot(legs=legs, at=at))


def _lasted(clock: Any) -> float:
    """Seconds of a "HH:MM:SS"; 0 for anything else."""
    parts = str(clock).split(":")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() for part in parts):  # noqa: PLR2004  h, m, s
        return 0.0
    hours, minutes, seconds = map(int, parts)
    return hours * 3600.0 + minutes * 60.0 + seconds


def _number(text: Any) -> int | None:
    return whole(str(text))


_READERS: dict[str, Callable[[Raw, Wiring, float], Sequence[PbxEvent]]] = {
    "Newchannel": _born,
    "Newstate": _ringing,
    "DialBegin": _dial_begin,
    "DialEnd": _dial_end,
    "BridgeEnter": _bridge_enter,
    "BridgeLeave": _bridge_leave,
    "HangupRequest": _let_go,
    "Hangup": _hangup,
    "BlindTransfer": _blind,
    "AttendedTransfer": _attended,
    "OriginateResponse": _originate,
    RECONCILE: _reconcile,
}
