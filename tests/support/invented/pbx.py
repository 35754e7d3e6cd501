"""Channels, bridges and dials of an invented Asterisk, and the raw AMI events that they cause.

The shapes are those of the recorded events in tests/fixtures/asterisk. Who talked with whom and
when is noted on the way, from the channels themselves and not from the events.
"""

from dataclasses import dataclass, field
from itertools import count
from typing import Any

Raw = dict[str, Any]
EPOCH = 1_795_000_000.0
LINE = "+375171234567"


@dataclass(eq=False)
class Channel:
    """`client`: the outer number; `extension`: of an employee; neither: one end of a tube."""

    uid: str
    name: str
    linked: str
    client: str | None = None
    extension: str | None = None
    bridge: str | None = None
    ringing: bool = False
    variables: dict[str, str] = field(default_factory=dict)
    born: float = 0.0
    call: "Truth | None" = None
    other_end: "Channel | None" = None


@dataclass(eq=False)
class Truth:
    """What a witness of one client's call would testify. Times are epoch seconds."""

    direction: str
    client: str
    started: float
    since: float | None = None
    until: float | None = None
    by: list[str] = field(default_factory=list)
    ended: float = 0.0
    result: str = ""
    reason: str | None = None
    placed: bool = True  # the client was called at all
    talking: bool = False

    @property
    def answered(self) -> bool:
        return self.since is not None


class Pbx:
    """One Asterisk. `events` holds what AMI says, in the order of happening."""

    def __init__(self, start: float = 0.0, first_id: int = 0) -> None:
        self.now = EPOCH + start
        self.events: list[Raw] = []
        self.truths: list[Truth] = []
        self.alive: dict[str, Channel] = {}
        self._ids = count(first_id)

    def after(self, seconds: float) -> None:
        """Time passes."""
        self.now += seconds

    def born(
        self,
        name: str,
        *,
        linked: str | None = None,
        caller: str = "",
        exten: str = "s",
        uid: str | None = None,
        **who: Any,
    ) -> Channel:
        """A channel appears; without `linked` it begins a call of its own."""
        number = next(self._ids)
        uid = uid or f"{int(self.now)}.{number}"
        if not name.startswith("Local/"):
            name = f"{name}-{number:08x}"
        channel = Channel(uid, name, linked or uid, born=self.now, **who)
        self.alive[uid] = channel
        self.say("Newchannel", channel, CallerIDNum=caller, Exten=exten)
        return channel

    def rings(self, channel: Channel) -> None:
        channel.ringing = True
        self.say("Newstate", channel, ChannelStateDesc="Ringing")

    def dial(self, asker: Channel | None, asked: Channel, *, rings: bool = True) -> None:
        for name, value in (asker.variables if asker else {}).items():
            asked.variables.setdefault(name, value)
        self._dial("DialBegin", asker, asked)
        if rings:
            self.rings(asked)

    def dial_end(self, asker: Channel | None, asked: Channel, status: str) -> None:
        asked.ringing = False
        self._dial("DialEnd", asker, asked, DialStatus=status)

    def lets_go(self, channel: Channel) -> None:
        """The far end hangs up."""
        self.say("HangupRequest", channel)

    def enter(self, channel: Channel, bridge: str, technology: str = "simple_bridge") -> None:
        if channel.bridge:
            self.leave(channel)
        channel.bridge = bridge
        channel.ringing = False
        self.say("BridgeEnter", channel, BridgeUniqueid=bridge, BridgeTechnology=technology)
        self._witness()

    def leave(self, channel: Channel) -> None:
        bridge, channel.bridge = channel.bridge, None
        waiting = str(bridge).startswith("waiting")
        technology = "holding_bridge" if waiting else "simple_bridge"
        self.say("BridgeLeave", channel, BridgeUniqueid=bridge, BridgeTechnology=technology)
        self._witness()

    def dies(self, channel: Channel, cause: int = 16) -> None:
        if channel.bridge:
            self.leave(channel)
        del self.alive[channel.uid]
        self.say("Hangup", channel, Cause=str(cause))

    def meet(self, *channels: Channel) -> str:
        """They talk in a room of their own; the older call's name becomes everybody's."""
        bridge = f"bridge-{next(self._ids)}"
        for channel in channels:
            self.enter(channel, bridge)
        oldest = min((c.linked for c in channels), key=self._age)
        for channel in channels:
            channel.linked = oldest
        return bridge

    def say(self, event: str, channel: Channel | None = None, **fields: Any) -> None:
        told: Raw = {"Event": event, "Timestamp": f"{self.now:.6f}", **fields}
        if channel is not None:
            told |= self._state(channel)
        self.events.append(told)

    def reconcile(self) -> Raw:
        """What the gateway asks for after a gap: everything alive now."""
        return {
            "Event": "Reconcile",
            "Timestamp": f"{self.now:.6f}",
            "Channels": [
                self._state(channel)
                | {
                    "ChannelStateDesc": "Ringing" if channel.ringing else "Up",
                    "BridgeId": channel.bridge or "",
                    "CallerIDNum": channel.client or channel.extension or "",
                    "Exten": "s",
                    "Duration": _clock(self.now - channel.born),
                }
                for channel in self.alive.values()
            ],
        }

    def _dial(self, event: str, asker: Channel | None, asked: Channel, **fields: Any) -> None:
        state = self._state(asked)
        dest = {f"Dest{name}": value for name, value in state.items()}
        mine = self._state(asker) if asker else {}
        self.say(event, None, **mine, **dest, **fields)

    def _state(self, channel: Channel) -> Raw:
        said = [f"{name}={value}" for name, value in channel.variables.items()]
        return {
            "Channel": channel.name,
            "Uniqueid": channel.uid,
            "Linkedid": channel.linked,
            "ChanVariable": said,
        }

    def _age(self, linked: str) -> float:
        return min((c.born for c in self.alive.values() if c.uid == linked), default=self.now)

    def _witness(self) -> None:
        """Note who talks with each client right now."""
        for client in [c for c in self.alive.values() if c.call is not None]:
            truth = client.call
            assert truth is not None
            room = self._room_of(client)
            voices = [c.extension for c in room if c.extension]
            forwarded = [c for c in room if c.client and c is not client and c.call is None]
            talks = bool(voices or forwarded)
            if talks and truth.since is None:
                truth.since = self.now
            if truth.talking and not talks:
                truth.until = self.now
            truth.talking = talks
            truth.by += [voice for voice in voices if voice not in truth.by]

    def _room_of(self, channel: Channel) -> list[Channel]:
        """Everybody who hears the channel, also through tubes."""
        if channel.bridge is None or channel.bridge.startswith("waiting"):
            return []
        rooms, found = [channel.bridge], []
        for bridge in rooms:
            inside = [c for c in self.alive.values() if c.bridge == bridge]
            ends = [c.other_end for c in inside if c.other_end is not None]
            rooms += [e.bridge for e in ends if e.bridge and e.bridge not in rooms]
            found += inside
        return found


def _clock(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600:02}:{whole % 3600 // 60:02}:{whole % 60:02}"
