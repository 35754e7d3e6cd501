"""What a PBX answers when it is asked who is alive, reckoned from what happened until then."""

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

Raw = dict[str, Any]


def alive_after(seen: Sequence[Raw]) -> Raw:
    """The journalled answer of CoreShowChannels once these events have happened."""
    alive: dict[str, Raw] = {}
    for event in seen:
        _follow(alive, event)
    now = float(seen[-1]["Timestamp"]) if seen else 0.0
    for channel in alive.values():
        lasted = int(now - float(channel["Since"]))
        channel["Duration"] = f"00:{lasted // 60:02}:{lasted % 60:02}"
    return {
        "Event": "Reconcile",
        "Timestamp": f"{now:.6f}",
        "Channels": sorted(alive.values(), key=itemgetter("Uniqueid")),
    }


def _follow(alive: dict[str, Raw], event: Raw) -> None:
    uid = str(event.get("Uniqueid"))
    if event["Event"] == "Newchannel":
        alive[uid] = {**event, "Since": event["Timestamp"]}
    if uid not in alive or "Linkedid" not in event:
        return
    alive[uid] |= {"Linkedid": event["Linkedid"], "ChanVariable": event.get("ChanVariable", [])}
    match event["Event"]:
        case "Hangup":
            del alive[uid]
        case "BridgeEnter":
            alive[uid] |= {"BridgeId": event["BridgeUniqueid"], "ChannelStateDesc": "Up"}
        case "BridgeLeave":
            alive[uid] |= {"BridgeId": ""}
        case "Newstate":
            alive[uid] |= {"ChannelStateDesc": event["ChannelStateDesc"]}
