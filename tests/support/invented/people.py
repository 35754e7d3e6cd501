"""What people do with an invented PBX: each play is one client's call from ring to end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.support.invented.pbx import LINE, Channel, Pbx, Truth

Draw = Callable[..., int]
"""`draw(a, b)`: a number between a and b, both included; 0 is the simplest."""

BUSY, DECLINES, SILENT, OFF = "busy", "declines", "silent", "off"
_ENDS = {BUSY: ("BUSY", 17), DECLINES: ("NOANSWER", 21), SILENT: ("NOANSWER", 0)}


@dataclass
class Office:
    """The PBX and the choices of its people."""

    pbx: Pbx
    draw: Draw
    hinted: bool = True

    def wait(self, most_s: int = 8) -> None:
        # Whole seconds and a bit: rounding has nothing to dispute.
        self.pbx.after(self.draw(1, most_s) + 0.25)

    def comes(self, client: str) -> Channel:
        """A client's call reaches the company."""
        pbx = self.pbx
        leg = pbx.born("PJSIP/trunk", caller=client, exten=LINE, client=client)
        leg.call = Truth("in", client, pbx.now)
        pbx.truths.append(leg.call)
        if self.hinted:
            leg.variables |= {"GW_DIR": "in", "GW_CLIENT": client, "GW_LINE": LINE}
        return leg

    def ring(self, caller: Channel, fates: Sequence[str], *, queue: bool = False) -> Channel | None:
        """Phones 150, 151 … ring; `fates`: "answers" or why not. Returns who answers, if any."""
        asked = self._ask(caller, fates)
        self.wait()
        self._fall_silent(caller, asked, queue=queue)
        winner = next((leg for leg, fate in asked if fate == "answers"), None)
        for leg, fate in asked:
            if fate == "answers" and leg is not winner:
                self.pbx.dial_end(caller, leg, "CANCEL")
                self.pbx.dies(leg, 26)
        if winner is not None:
            self.pbx.dial_end(caller, winner, "ANSWER")
            self.pbx.meet(winner, caller)
        return winner

    def give_up(self, caller: Channel, phones: int) -> None:
        """The caller leaves while they ring."""
        asked = self._ask(caller, ["answers"] * phones)
        self.wait()
        self.pbx.lets_go(caller)
        for leg, _ in asked:
            self.pbx.dial_end(caller, leg, "CANCEL")
            self.pbx.dies(leg, 127)
        self.end(caller, cause=127)
        _miss(caller, "caller_gave_up")

    def _ask(self, caller: Channel, fates: Sequence[str]) -> list[tuple[Channel, str]]:
        asked = []
        for number, fate in enumerate(fates):
            if fate == OFF:
                continue
            extension = str(150 + number)
            leg = self.pbx.born(f"PJSIP/{extension}", linked=caller.linked, extension=extension)
            self.pbx.dial(caller, leg, rings=fate in {"answers", SILENT})
            asked.append((leg, fate))
            if fate in {BUSY, DECLINES}:
                status, cause = _ENDS[fate]
                self.pbx.dial_end(caller, leg, status)
                self.pbx.dies(leg, cause)
        return asked

    def _fall_silent(
        self, caller: Channel, asked: Sequence[tuple[Channel, str]], *, queue: bool
    ) -> None:
        anybody = any(fate == "answers" for _, fate in asked)
        for leg, fate in asked:
            if fate != SILENT:
                continue
            if anybody:
                self.pbx.dial_end(caller, leg, "CANCEL")
                self.pbx.dies(leg, 26)
                continue
            self.pbx.dial_end(caller, leg, "NOANSWER")
            if queue:
                self.pbx.dial_end(caller, leg, "CANCEL")
            self.pbx.dies(leg, 0)

    def end(self, *legs: Channel, cause: int = 16) -> None:
        """They hang up one after the other; the first of them did it himself."""
        for leg in legs:
            if leg.uid in self.pbx.alive:
                self.pbx.dies(leg, cause)
            if leg.call is not None and not leg.call.ended:
                leg.call.ended = self.pbx.now

    def part(self, client: Channel, employee: Channel) -> None:
        """The conversation ends; by whom is a matter of chance."""
        first, second = (client, employee) if self.draw(0, 1) else (employee, client)
        self.pbx.lets_go(first)
        self.end(first, second)
        if client.call is not None and client.call.answered:
            client.call.result, client.call.reason = "answered", None


def _miss(caller: Channel, reason: str, result: str = "no_answer") -> None:
    assert caller.call is not None
    caller.call.result, caller.call.reason = result, reason


def missed(caller: Channel, fates: Sequence[str]) -> None:
    """Why nobody took an incoming call: the most telling of what happened at the phones."""
    order = [(SILENT, "no_answer"), (DECLINES, "declined"), (BUSY, "busy"), (OFF, "unreachable")]
    reason = next(word for fate, word in order if fate in fates)
    _miss(caller, reason)
