"""How a person at a phone behaves, as data."""

from dataclasses import dataclass

from kommutator.twins.pbx.sip.incoming import IncomingCall


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """What happens to an incoming call.

    Args:
        rings: say 180 at once (a phone that is off the network says nothing).
        answer_after_s: pick up after so many seconds; None: never.
        talk_s: hang up so many seconds after picking up; None: leave that to the other side.
        reject_with: refuse at once with this SIP status instead.
    """

    rings: bool = True
    answer_after_s: float | None = None
    talk_s: float | None = None
    reject_with: int | None = None

    async def play(self, call: IncomingCall) -> None:
        """Treat one call this way, to its end."""
        if self.reject_with is not None:
            call.reject(self.reject_with)
            return
        if self.rings:
            call.ring()
        if self.answer_after_s is None or await call.ends_within(self.answer_after_s):
            return
        await call.answer()
        if self.talk_s is not None and not await call.ends_within(self.talk_s):
            await call.hang_up()


RINGS_ON = Behaviour()
BUSY = Behaviour(reject_with=486)
DECLINES = Behaviour(reject_with=603)
NO_SUCH_NUMBER = Behaviour(reject_with=404)
SILENT = Behaviour(rings=False)


def answers(after_s: float = 0.0, talk_s: float | None = None) -> Behaviour:
    """Pick up after `after_s` seconds, talk for `talk_s` (None: until the other side hangs up)."""
    return Behaviour(answer_after_s=after_s, talk_s=talk_s)
